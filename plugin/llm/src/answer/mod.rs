//! What a provider answers: read as it passes, a chunk at a time, for what it says of usage.

mod counts;
mod curtain;
mod document;
mod ended;
mod events;
mod frames;
mod place;
mod usage;

pub use ended::{Ended, Ending, Spent};
pub use usage::Usage;

use crate::Api;
use counts::Count;
use curtain::Curtain;
use document::Document;
use events::Events;
use frames::Frames;

#[cfg(test)]
mod tests;

/// What the head of an answer says of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The status.
    pub status: u16,
    /// The value of `content-type`, if there is one.
    pub content_type: Option<&'a [u8]>,
    /// The value of `content-encoding`, if there is one.
    pub content_encoding: Option<&'a [u8]>,
}

/// An answer that is on its way.
#[derive(Clone, Debug)]
pub struct Answer {
    api: Api,
    framing: Framing,
    document: Document,
    /// Whether the JSON of a body that is nothing else is no JSON.
    is_garbled: bool,
    curtain: Option<Curtain>,
}

/// How a body holds its JSON.
#[derive(Clone, Debug)]
enum Framing {
    /// It is not read.
    Unread(Ending),
    Json,
    Events(Events),
    Frames(Frames),
}

/// What goes on to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed<'a> {
    /// The bytes, as they are.
    Unchanged,
    /// These in their place.
    Instead(&'a [u8]),
}

impl Answer {
    /// An answer with this head. `hide_usage_chunk` takes the chunk from a stream of [`Api::OpenAiChat`] that has no choices
    /// and says what was used: for clients who did not ask for it. Their `content-length` must be removed.
    #[must_use]
    pub fn new(api: Api, head: &Head<'_>, hide_usage_chunk: bool) -> Answer {
        let framing = framing(head);
        let is_events = matches!(framing, Framing::Events(_));
        Answer {
            api,
            document: Document::new(api, is_events),
            framing,
            is_garbled: false,
            curtain: (hide_usage_chunk && is_events && api == Api::OpenAiChat).then(Curtain::default),
        }
    }

    /// Reads the next bytes of the body and says what goes on to the client instead of them. Where a chunk is hidden, up to
    /// 16 KiB of an event are held back until it is known which one it is; with `is_last`, nothing is any more. A body that
    /// ends otherwise, by trailers, may lose an event without an empty line behind it, which is none by the standard.
    pub fn chunk(&mut self, bytes: &[u8], is_last: bool) -> Passed<'_> {
        match &mut self.framing {
            Framing::Unread(_) => {}
            Framing::Json => {
                self.is_garbled = self.is_garbled || self.document.read(bytes, &mut 0).is_err();
            }
            Framing::Frames(frames) => frames.read(&mut self.document, bytes),
            Framing::Events(events) => match &mut self.curtain {
                None => {
                    let mut at = 0;
                    while events.read(&mut self.document, bytes, &mut at) {
                        events.next(&mut self.document);
                    }
                }
                Some(curtain) => {
                    if curtain.read(events, &mut self.document, bytes, is_last) {
                        return Passed::Instead(&curtain.instead);
                    }
                }
            },
        }
        Passed::Unchanged
    }

    /// How many tokens the text has that came so far, by estimate: to renew what is held for a stream.
    #[must_use]
    pub fn streamed_tokens(&self) -> u64 {
        self.document.text.tokens()
    }

    /// The body has ended, or nothing more of it will come. Whether that was its end is seen from what came.
    #[must_use]
    pub fn end(mut self) -> Ended {
        let is_readable = match &mut self.framing {
            Framing::Unread(_) => false,
            Framing::Json => !self.is_garbled,
            Framing::Events(events) => {
                events.end(&self.document);
                !events.is_garbled
            }
            Framing::Frames(frames) => !frames.is_garbled && !frames.is_broken,
        };
        let ending = match &self.framing {
            Framing::Unread(ending) => *ending,
            _ if self.is_foreign() => Ending::Unreadable,
            _ if self.is_complete() => Ending::Complete,
            _ if is_readable => Ending::CutShort,
            _ => Ending::Unreadable,
        };
        let counts = &self.document.counts;
        Ended {
            ending,
            usage: counts.usage(self.api),
            is_input_reported: counts.get(Count::Input).is_some(),
            streamed_tokens: self.streamed_tokens(),
        }
    }

    /// Whether values came to their ends, and none had anything that the API knows: it speaks another one.
    fn is_foreign(&self) -> bool {
        !self.document.is_known && self.document.has_ended()
    }

    /// Whether all came that says what was used.
    fn is_complete(&self) -> bool {
        let document = &self.document;
        match (&self.framing, self.api) {
            (Framing::Unread(_), _) => false,
            (Framing::Json, _) => !self.is_garbled && document.is_done(),
            (Framing::Events(events), Api::OpenAiChat | Api::OpenAiEmbeddings) => events.is_done,
            // Usage is in the event that ends the stream and in no other.
            (_, Api::OpenAiResponses | Api::BedrockConverse) => document.has_usage(),
            (_, Api::AnthropicMessages | Api::Gemini) => document.has_stopped(),
            (Framing::Frames(_), Api::OpenAiChat | Api::OpenAiEmbeddings) => false,
        }
    }
}

fn framing(head: &Head<'_>) -> Framing {
    let is_plain = |encoding: &[u8]| encoding.trim_ascii().is_empty() || encoding.eq_ignore_ascii_case(b"identity");
    if !(200..300).contains(&head.status) {
        return Framing::Unread(Ending::Refused);
    }
    if !head.content_encoding.is_none_or(is_plain) {
        return Framing::Unread(Ending::Unreadable);
    }
    let Some(content_type) = head.content_type else { return Framing::Json };
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case(b"text/event-stream") {
        Framing::Events(Events::new())
    } else if essence.eq_ignore_ascii_case(b"application/vnd.amazon.eventstream") {
        Framing::Frames(Frames::new())
    } else if essence.eq_ignore_ascii_case(b"application/json") || essence.to_ascii_lowercase().ends_with(b"+json") {
        Framing::Json
    } else {
        Framing::Unread(Ending::Unreadable)
    }
}
