use std::borrow::Cow;
use std::time::Duration;

use tollgate_llm::{Rewrite, with_model};

use crate::request::HeaderEdit;

use super::{Course, Held, Intent};

/// What goes upstream instead of what the client sent.
#[derive(Debug)]
pub struct Departure {
    /// Changes to the headers.
    pub edits: Vec<HeaderEdit<'static>>,
    /// The body, if it is another.
    pub body: Option<Vec<u8>>,
    /// The path with which another model is asked than the client asked for, if one is: whether that is allowed has to be
    /// decided.
    pub other: Option<String>,
    /// What follows the call; absent if it does not count.
    pub course: Option<Box<Course>>,
}

impl Departure {
    /// Of a call that does not count: it goes as it came.
    pub(super) fn uncounted() -> Self {
        Departure { edits: Vec::new(), body: None, other: None, course: None }
    }

    /// Of a call for which this is held; its body is this.
    pub(super) fn counted(intent: &Intent, body: &[u8], held: Held, now: Duration) -> Self {
        let call = intent.call();
        let other = Some(&*held.model).filter(|model| !model.is_empty() && call.model.as_deref() != Some(model));
        let includes_usage = intent.includes_usage();
        // More than is held must not be used because it was asked for. Zero bounds nothing at some providers.
        let output_cap = Some(held.output_cap).filter(|cap| *cap > 0 && call.output_cap > Some(*cap));
        let rewrite = Rewrite { model: other, include_usage: includes_usage, output_cap };
        let changed = (includes_usage || other.is_some() || output_cap.is_some())
            .then(|| call.rewritten(body, rewrite))
            .filter(|changed| changed != body);
        let mut edits = vec![HeaderEdit::Remove(Cow::Borrowed(b"accept-encoding"))];
        if let Some(changed) = &changed {
            edits.extend(intent.body_headers().iter().map(|name| match *name {
                "content-length" => HeaderEdit::Set("content-length", changed.len().to_string()),
                digest => HeaderEdit::Remove(Cow::Borrowed(digest.as_bytes())),
            }));
        }
        let path = other.and_then(|model| with_model(intent.path(), model));
        let asked = other.map(|_| path.clone().unwrap_or_else(|| intent.path().to_owned()));
        edits.extend(path.map(|path| HeaderEdit::Set(":path", path)));
        let course = Course::new(intent, held, now);
        Departure { edits, body: changed, other: asked, course: Some(Box::new(course)) }
    }
}
