use std::borrow::Cow;

use tollgate_policy::http::{Headers, HttpOutcome};
use tollgate_policy::snapshot::Snapshot;

use crate::config::{Fact, Forward};
use crate::vm::DecisionId;

use super::escape;

/// A change to the request before it goes upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderEdit<'f> {
    /// Every header of this name goes.
    Remove(Cow<'f, [u8]>),
    /// There is one header of this name, with this value.
    Set(&'f str, String),
}

/// The edits that make what the upstream sees what was decided: a client's own copies of the configured headers go, and
/// of the identity headers unless its peer is trusted to set them; then the facts are set.
pub(super) fn edits<'f>(
    forward: &'f Forward,
    headers: Headers<'_>,
    snapshot: &Snapshot,
    outcome: &HttpOutcome<'_>,
    id: DecisionId,
) -> Vec<HeaderEdit<'f>> {
    let mut edits = Vec::new();
    if !outcome.identity_headers_trusted {
        for name in snapshot.identity_header_names() {
            remove_copies(&mut edits, headers, name);
        }
    }
    for (name, fact) in forward.iter() {
        remove_copies(&mut edits, headers, name.as_str());
        if let Some(value) = value(fact, snapshot, outcome, id) {
            edits.push(HeaderEdit::Set(name.as_str(), value));
        }
    }
    edits
}

fn value(fact: Fact, snapshot: &Snapshot, outcome: &HttpOutcome<'_>, id: DecisionId) -> Option<String> {
    let principal = outcome.principal.as_ref();
    match fact {
        Fact::PrincipalId => principal.map(|who| escape::header_value(who.id())),
        Fact::PrincipalRoles => principal.map(|who| escape::header_list(who.roles().iter().map(|role| &**role))),
        Fact::DecisionPolicy => outcome.policy.map(escape::header_value),
        Fact::DecisionId => Some(id.to_string()),
        Fact::DecisionSnapshot => Some(snapshot.id().to_string()),
    }
}

fn remove_copies(edits: &mut Vec<HeaderEdit<'_>>, headers: Headers<'_>, name: &str) {
    for (copy, _) in headers.0.iter().filter(|(present, _)| reads_as(present, name)) {
        let edit = HeaderEdit::Remove(Cow::Owned(copy.to_vec()));
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
}

/// Whether an upstream may take a header of this name for `name`: many turn hyphens and underscores into the same.
fn reads_as(present: &[u8], name: &str) -> bool {
    let plain = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    present.len() == name.len() && present.iter().zip(name.bytes()).all(|(a, b)| plain(*a) == plain(b))
}
