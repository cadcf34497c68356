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
    /// What follows the call; absent if it does not count.
    pub course: Option<Box<Course>>,
}

impl Departure {
    /// Of a call that does not count: it goes as it came.
    pub(super) fn uncounted() -> Self {
        Departure { edits: Vec::new(), body: None, course: None }
    }

    /// Of a call for which this is held; its body is this.
    pub(super) fn counted(intent: &Intent, body: &[u8], held: Held, now: Duration) -> Self {
        let call = intent.call();
        let other = Some(&*held.model).filter(|model| !model.is_empty() && call.model.as_deref() != Some(model));
        let includes_usage = intent.includes_usage();
        let changed = (includes_usage || other.is_some())
            .then(|| call.rewritten(body, Rewrite { model: other, include_usage: includes_usage }))
            .filter(|changed| changed != body);
        let mut edits = vec![HeaderEdit::Remove(Cow::Borrowed(b"accept-encoding"))];
        if let Some(changed) = &changed {
            edits.extend(intent.body_headers().iter().map(|name| match *name {
                "content-length" => HeaderEdit::Set("content-length", changed.len().to_string()),
                digest => HeaderEdit::Remove(Cow::Borrowed(digest.as_bytes())),
            }));
        }
        if let Some(path) = other.and_then(|model| with_model(intent.path(), model)) {
            edits.push(HeaderEdit::Set(":path", path));
        }
        let course = Course::new(intent, held, now);
        Departure { edits, body: changed, course: Some(Box::new(course)) }
    }
}
