//! Hides the chunk that was asked for on a client's behalf from this client.

use super::document::Document;
use super::events::Events;

/// The longest beginning of an event that is held back until it is known what the event is. The chunk that is hidden is
/// some hundred bytes.
const MAX_HELD: usize = 16 << 10;

/// Room for this many bytes is kept from one chunk to the next.
const MAX_KEPT: usize = 1 << 10;

/// What is to be sent on where events are hidden.
#[derive(Clone, Debug, Default)]
pub(super) struct Curtain {
    /// The beginning of an event that may have to be hidden.
    held: Vec<u8>,
    /// What goes on instead of the last bytes that came.
    pub(super) instead: Vec<u8>,
    /// Whether an LF that comes next belongs to an event that was hidden.
    eats_lf: bool,
}

impl Curtain {
    /// Reads on: whether what goes on is `instead` and not the bytes.
    pub(super) fn read(&mut self, events: &mut Events, document: &mut Document, bytes: &[u8], is_last: bool) -> bool {
        self.forget_shown();
        // The event that is read began at `begin`. Of the bytes before it, those from `shown` on have yet to be shown.
        let (mut at, mut shown, mut begin) = (0, 0, 0);
        let mut is_changed = false;
        if !bytes.is_empty() && !events.has_fields() {
            begin = events.rest_of_line_end(bytes.first());
            is_changed = std::mem::take(&mut self.eats_lf) && begin > 0;
            shown = if is_changed { begin } else { 0 };
        }
        while events.read(document, bytes, &mut at) {
            let end = at + events.rest_of_line_end(bytes.get(at));
            if events.is_usage_chunk(document) {
                is_changed = true;
                self.held.clear();
                self.instead.extend_from_slice(bytes.get(shown..begin).unwrap_or_default());
                shown = end;
                self.eats_lf = events.is_after_cr() && end == at;
            } else {
                is_changed |= self.show_held();
            }
            events.next(document);
            begin = end;
        }
        let tail = bytes.get(begin..).unwrap_or_default();
        if !is_last
            && !tail.is_empty()
            && events.may_be_usage_chunk(document)
            && self.held.len() + tail.len() <= MAX_HELD
        {
            self.instead.extend_from_slice(bytes.get(shown..begin).unwrap_or_default());
            self.held.extend_from_slice(tail);
            return true;
        }
        is_changed |= self.show_held();
        if is_changed {
            self.instead.extend_from_slice(bytes.get(shown..).unwrap_or_default());
        }
        is_changed
    }

    /// What was shown is no longer needed, nor is room for much: streams are many, and last.
    fn forget_shown(&mut self) {
        self.instead.clear();
        for bytes in [&mut self.instead, &mut self.held] {
            if bytes.capacity() > MAX_KEPT && bytes.is_empty() {
                *bytes = Vec::new();
            }
        }
    }

    /// Lets go what was held. It came before all that has not been shown yet.
    fn show_held(&mut self) -> bool {
        let any = !self.held.is_empty();
        self.instead.append(&mut self.held);
        any
    }
}
