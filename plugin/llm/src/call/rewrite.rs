//! Bodies with other words in a few places, and every other byte as it was.

use std::ops::Range;

use super::{Call, StreamOptions};
use crate::json::quoted;

/// What is to be changed in a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrite<'a> {
    /// The model that is to be asked instead. Where a path names the model, see [`crate::with_model`].
    pub model: Option<&'a str>,
    /// Whether to ask for the chunk that says what was used, where [`Call::needs_include_usage`].
    pub include_usage: bool,
    /// The most tokens that an answer may have: where the body bounds it to more, it is bounded to these.
    pub output_cap: Option<u64>,
}

impl Call {
    /// The body that was read, rewritten.
    #[must_use]
    pub fn rewritten(&self, body: &[u8], rewrite: Rewrite<'_>) -> Vec<u8> {
        let model = rewrite.model.zip(self.spans.model.clone()).map(|(model, span)| (span, quoted(model)));
        let usage = (rewrite.include_usage && self.needs_include_usage()).then(|| self.include_usage(body));
        let mut edits: Vec<(Range<usize>, String)> = model.into_iter().chain(usage).collect();
        if let Some(most) = rewrite.output_cap {
            let above = self.spans.caps.iter().filter(|(cap, _)| *cap > most);
            edits.extend(above.map(|(_, span)| (span.clone(), most.to_string())));
        }
        let added: usize = edits.iter().map(|(_, text)| text.len()).sum();
        let mut changed = Vec::with_capacity(body.len() + added);
        let mut kept = 0;
        // There are four at most, and sorting them would take more of a module than looking for the first.
        while let Some((place, _)) = edits.iter().enumerate().min_by_key(|(_, (span, _))| span.start) {
            let (span, text) = edits.swap_remove(place);
            changed.extend_from_slice(body.get(kept..span.start).unwrap_or_default());
            changed.extend_from_slice(text.as_bytes());
            kept = span.end;
        }
        changed.extend_from_slice(body.get(kept..).unwrap_or_default());
        changed
    }

    /// What asks for the chunk, and what it takes the place of.
    fn include_usage(&self, body: &[u8]) -> (Range<usize>, String) {
        const OPTION: &str = "\"include_usage\":true";
        if let Some(span) = &self.spans.include_usage {
            return (span.clone(), "true".to_owned());
        }
        match &self.spans.stream_options {
            Some(StreamOptions::Null(span)) => (span.clone(), format!("{{{OPTION}}}")),
            Some(StreamOptions::Object(at)) => {
                let rest = body.get(*at..).unwrap_or_default().trim_ascii_start();
                let comma = if rest.first() == Some(&b'}') { "" } else { "," };
                (*at..*at, format!("{OPTION}{comma}"))
            }
            // There are other members, or the call would not stream.
            None => (self.spans.root..self.spans.root, format!("\"stream_options\":{{{OPTION}}},")),
        }
    }
}
