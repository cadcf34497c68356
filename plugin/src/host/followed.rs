//! A call of a model that has gone upstream and counts: followed until its answer ends.

use std::rc::Rc;
use std::time::Duration;

use tollgate_llm::{Head, Passed};

use crate::budget::{Course, Outcome, Upstream};
use crate::evidence::Properties;
use crate::request::parse_pairs;

use super::abi::{self, BufferKind, HeaderMap};
use super::gate::Gate;
use super::properties::HostProperties;
use super::{edits, log};

/// A request that has gone upstream and counts.
pub(super) struct Followed {
    gate: Rc<Gate>,
    course: Course,
}

impl Followed {
    pub(super) fn new(gate: Rc<Gate>, course: Course) -> Self {
        Followed { gate, course }
    }

    /// The answer begins.
    pub(super) fn headers(&mut self) {
        let edits = match abi::headers(HeaderMap::Response) {
            Ok(map) => self.begin(&map),
            Err(status) => Err(format!("an answer's headers cannot be read: {status}")),
        };
        if let Err(why) = edits {
            self.lose(&why);
        }
    }

    fn begin(&mut self, map: &[u8]) -> Result<(), String> {
        let pairs = parse_pairs(map).map_err(|why| why.to_string())?;
        let value = |name: &str| pairs.iter().find(|(other, _)| *other == name.as_bytes()).map(|(_, value)| *value);
        let status = value(":status").and_then(|status| str::from_utf8(status).ok()?.parse().ok());
        let head = Head {
            status: status.ok_or("an answer has no status")?,
            content_type: value("content-type"),
            content_encoding: value("content-encoding"),
        };
        let edits = self.course.begin(&head, &HostUpstream);
        edits::apply(HeaderMap::Response, &edits)
            .map_err(|status| format!("an answer's headers cannot be changed: {status}"))
    }

    /// More of the answer: this many bytes.
    pub(super) fn body(&mut self, size: usize, is_last: bool) {
        if !self.course.is_read() {
            return;
        }
        let chunk = match size {
            0 => Ok(Vec::new()),
            size => abi::buffer(BufferKind::ResponseBody, 0, size),
        };
        let chunk = match chunk {
            Ok(chunk) if chunk.len() == size => chunk,
            Ok(_) => return self.lose("an answer's body is not as long as announced"),
            Err(status) => return self.lose(&format!("an answer's body cannot be read: {status}")),
        };
        let passed = match self.course.chunk(&chunk, is_last) {
            Passed::Unchanged => Ok(()),
            Passed::Instead(bytes) => abi::replace_body(BufferKind::ResponseBody, size, bytes),
        };
        if let Err(status) = passed {
            log::error(&format!("an answer's body cannot be changed: {status}"));
            // It would go on with bytes that were to be taken from it, or without others.
            let _ = abi::reset_request();
        }
    }

    fn lose(&mut self, why: &str) {
        log::error(why);
        self.course.lose();
    }

    /// Whether it is time to tell the companion that the call goes on.
    pub(super) fn is_renewal_due(&self, now: Duration) -> bool {
        self.course.is_renewal_due(now)
    }

    /// Tells it. The host calls must be about this request: its root's feed can be written on behalf of that root alone.
    pub(super) fn renew(&mut self, now: Duration) {
        if let Some(desk) = &self.gate.desk {
            let sequence = desk.settle(self.course.reservation(), self.course.so_far(), self.course.last_told());
            self.course.renewed(sequence, now);
        }
    }

    /// The answer has ended, or, if it `is_cut`, has not, and nothing more of it will come.
    pub(super) fn end(self, is_cut: bool) {
        let Followed { gate, course } = self;
        if let Some(desk) = &gate.desk {
            let (reservation, before) = (course.reservation().to_vec(), course.last_told());
            desk.settle(&reservation, course.end(&HostUpstream, is_cut), before);
        }
    }

    /// It does not reach a provider.
    pub(super) fn release(&self) {
        if let Some(desk) = &self.gate.desk {
            desk.settle(self.course.reservation(), Outcome::Released, self.course.last_told());
        }
    }
}

/// What the proxy says of the connection to a provider.
struct HostUpstream;

impl Upstream for HostUpstream {
    fn was_reached(&self) -> bool {
        // There is one only of a connection on which the request has been sent.
        !matches!(HostProperties.property(&["upstream", "local_address"]), Ok(None))
    }

    fn answers(&self) -> Option<bool> {
        match &*HostProperties.text(&["response", "code_details"]) {
            "" => None,
            details => Some(details == "via_upstream"),
        }
    }
}
