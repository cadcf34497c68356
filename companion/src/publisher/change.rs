use tollgate_policy::source::SourceFile;

use crate::policies::CompileError;
use crate::store::{Edit, Origin};

use super::apart::take_apart;
use super::desk::{Desk, Stamp};
use super::documents::{self, are_apart, name_of};
use super::etag::{Condition, Etag};
use super::published::Published;
use super::refused::Refused;
use super::request::{Change, Done};

/// Who decides what the policies are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    /// The policy folder; this is the fingerprint of what it was seen to hold last.
    Files([u8; 32]),
    Api,
}

/// Makes a change. Gives what is to be published, unless all is as it should be already.
pub(super) fn make(
    desk: &mut Desk,
    change: Change,
    author: String,
    authority: Authority,
) -> Result<(Option<Published>, Done), Refused> {
    let stamp = Stamp { author, origin: Origin::Api, of: None, held_against: None };
    match (change, authority) {
        (Change::Rollback { to }, authority) => {
            let files = desk.kept(to)?;
            desk.remember();
            let held_against = match authority {
                Authority::Files(fingerprint) => Some(fingerprint),
                Authority::Api => None,
            };
            let stamp = Stamp { origin: Origin::Rollback, of: Some(to), held_against, ..stamp };
            let (documents, set) = match authority {
                Authority::Api if !are_apart(&files) => take_apart(&files, desk)?,
                _ => {
                    let set = desk.loader.load(&files).map_err(CompileError::Policies)?;
                    (files, set)
                }
            };
            let published = desk.publish_all(documents, set, stamp)?;
            Ok(done(published, None, false))
        }
        (_, Authority::Files(_)) => Err(Refused::FilesSource),
        // One policy beside files that nobody could list, read or remove.
        (Change::Put { .. } | Change::Delete { .. }, Authority::Api) if !are_apart(desk.documents()) => {
            Err(Refused::NotApart)
        }
        (Change::Put { policy, text, condition }, Authority::Api) => put(desk, policy, text, &condition, stamp),
        (Change::Delete { policy, condition }, Authority::Api) => {
            let name = name_of(&policy);
            let kept = documents::find(desk.documents(), &name).map(|kept| Etag::of_text(&kept.text));
            if kept.is_none() && condition == Condition::Unsaid {
                return Err(Refused::NoPolicy(policy));
            }
            condition.check(kept)?;
            let published = desk.publish_edit(Edit::Remove(name), stamp)?;
            Ok(done(published, None, false))
        }
        (Change::Replace { files, condition }, Authority::Api) => {
            if condition != Condition::Unsaid {
                condition.check(desk.id().map(Etag::of_set))?;
            }
            desk.remember();
            let (documents, set) = take_apart(&files, desk)?;
            let is_same = desk.documents() == documents;
            if is_same && let Some(current) = desk.in_force() {
                return Ok((None, describe(&current, Some(Etag::of_set(current.id)), false)));
            }
            let is_new = desk.id().is_none();
            let published = desk.publish_all(documents, set, stamp)?;
            let etag = Etag::of_set(published.id);
            Ok(done(published, Some(etag), is_new))
        }
    }
}

fn put(
    desk: &mut Desk,
    policy: String,
    text: String,
    condition: &Condition,
    stamp: Stamp,
) -> Result<(Option<Published>, Done), Refused> {
    let document: SourceFile = documents::of_policy(policy, text);
    let etag = Etag::of_text(&document.text);
    let kept = documents::find(desk.documents(), &document.name);
    // Whoever sends again what did arrive, but whose answer was lost, has an old ETag and means no second change.
    if kept == Some(&document)
        && let Some(current) = desk.in_force()
    {
        return Ok((None, describe(&current, Some(etag), false)));
    }
    let is_new = kept.is_none();
    condition.check(kept.map(|kept| Etag::of_text(&kept.text)))?;
    let published = desk.publish_edit(Edit::Write(document), stamp)?;
    Ok(done(published, Some(etag), is_new))
}

fn done(published: Published, etag: Option<Etag>, is_new: bool) -> (Option<Published>, Done) {
    let done = describe(&published, etag, is_new);
    (Some(published), done)
}

fn describe(published: &Published, etag: Option<Etag>, is_new: bool) -> Done {
    Done { id: published.id, digest: published.digest, etag, is_new }
}
