//! A request that is a call of a model, to the proxy: held until its tokens are, then followed until its answer ends.

use std::rc::Rc;
use std::time::Duration;

use tollgate_llm::{Head, Passed};

use crate::budget::{Course, Departure, Failure, Intent, Outcome, Resolved, Upstream, Verdict, refuse_spent, resolve};
use crate::evidence::Properties;
use crate::request::{Reply, parse_pairs};

use super::abi::{self, BufferKind, HeaderMap, Status};
use super::asked::{self, Asked};
use super::body::HeldBody;
use super::gate::Gate;
use super::properties::HostProperties;
use super::{edits, log};

/// A reserve that has not been answered for so long never will be: the proxy ends it long before.
const GIVEN_UP: Duration = Duration::from_secs(5);

/// A request that is held until its tokens are.
pub(super) struct Reserving {
    gate: Rc<Gate>,
    intent: Box<Intent>,
    body: HeldBody,
    call: u32,
    since: Duration,
}

/// What becomes of a request whose reserve has ended.
pub(super) enum Next {
    /// It waits for the companion.
    Wait(Box<Reserving>),
    /// It goes upstream, and is followed if it counts.
    Go(Option<Box<Followed>>),
    Refuse(Reply),
    /// It can neither go upstream as it should, nor is it known why.
    Fail(String),
}

/// A request that has gone upstream and counts.
pub(super) struct Followed {
    gate: Rc<Gate>,
    course: Course,
}

/// Asks for the tokens of a request whose headers are held. Where that cannot be done, or need not be, it is resolved at once.
pub(super) fn reserve(gate: &Rc<Gate>, request: u32, intent: Box<Intent>, body: HeldBody) -> Next {
    let vm = gate.filter.vm();
    let now = vm.now();
    let Some(desk) = &gate.desk else {
        return proceed(gate, &intent, &body, Err(Failure::NoCompanion));
    };
    if let Some(standing) = desk.books().spent.refusing(&intent, now) {
        return Next::Refuse(refuse_spent(&intent, &standing, &vm.counters));
    }
    if !asked::has_room(now) {
        let why = Failure::NotAsked("too many calls wait for it".to_owned());
        return proceed(gate, &intent, &body, Err(why));
    }
    match desk.reserve(&intent) {
        Ok(call) => {
            asked::expect(call, Asked { request, gate: Rc::clone(gate), since: now });
            Next::Wait(Box::new(Reserving { gate: Rc::clone(gate), intent, body, call, since: now }))
        }
        Err(why) => proceed(gate, &intent, &body, Err(why)),
    }
}

/// The request is gone for which this was asked.
pub(super) fn answered_in_vain(gate: &Gate, verdict: Result<Verdict, Failure>) {
    if let (Some(desk), Ok(Verdict::Held(held))) = (&gate.desk, verdict)
        && !held.reservation.is_empty()
    {
        desk.settle(&held.reservation, Outcome::Released, None);
    }
}

/// Goes on with a request by what the companion says; its headers and body are held, and the host calls are about it.
fn proceed(gate: &Rc<Gate>, intent: &Intent, body: &HeldBody, verdict: Result<Verdict, Failure>) -> Next {
    let vm = gate.filter.vm();
    let now = vm.now();
    if vm.verbose.get() {
        log::debug(&note(intent, &verdict));
    }
    if let (Ok(Verdict::Exceeded { standing, .. }), Some(desk)) = (&verdict, &gate.desk) {
        desk.books().spent.remember(intent, standing, now);
    }
    let departure = match resolve(intent, body.bytes(), verdict, &vm.counters, now) {
        Resolved::Refuse(reply) => return Next::Refuse(reply),
        Resolved::Go(departure) => departure,
    };
    let changed = change(&departure, body.bytes().len());
    let followed = departure.course.map(|course| Box::new(Followed { gate: Rc::clone(gate), course: *course }));
    match changed {
        Ok(()) => Next::Go(followed),
        Err(status) => {
            if let Some(followed) = followed {
                followed.release();
            }
            Next::Fail(format!("a call of a model cannot be changed: {status}"))
        }
    }
}

fn change(departure: &Departure, size: usize) -> Result<(), Status> {
    if let Some(body) = &departure.body {
        abi::replace_body(BufferKind::RequestBody, size, body)?;
    }
    edits::apply(HeaderMap::Request, &departure.edits)
}

/// One line about a reserve. What a client chose is escaped.
fn note(intent: &Intent, verdict: &Result<Verdict, Failure>) -> String {
    let verdict = match verdict {
        Ok(verdict) => format!("{verdict:?}"),
        Err(why) => why.to_string(),
    };
    format!("decision {}: budget: {}", intent.decision(), verdict.escape_debug())
}

impl Reserving {
    /// Whether this is the call that it waits for.
    pub(super) fn waits_for(&self, call: u32) -> bool {
        self.call == call
    }

    /// Whether it has waited for so long that there is no hope.
    pub(super) fn is_given_up(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) >= GIVEN_UP
    }

    /// Goes on with the companion's answer.
    pub(super) fn answered(&self, verdict: Result<Verdict, Failure>) -> Next {
        proceed(&self.gate, &self.intent, &self.body, verdict)
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }
}

impl Followed {
    /// The answer begins.
    pub(super) fn headers(&mut self) {
        let edits = match abi::headers(HeaderMap::Response) {
            Ok(map) => self.begin(&map),
            Err(status) => Err(format!("an answer's headers cannot be read: {status}")),
        };
        if let Err(why) = edits {
            log::error(&why);
            self.course.lose();
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
        let edits = self.course.begin(&head);
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

    /// Tells the companion that the call goes on, if it is time.
    pub(super) fn renew(&mut self, now: Duration) {
        if self.course.is_renewal_due(now)
            && let Some(desk) = &self.gate.desk
        {
            let sequence = desk.settle(self.course.reservation(), self.course.so_far(), self.course.last_told());
            self.course.renewed(sequence, now);
        }
    }

    /// The answer has ended, or nothing more of it will come.
    pub(super) fn end(self) {
        let Followed { gate, course } = self;
        if let Some(desk) = &gate.desk {
            let (reservation, before) = (course.reservation().to_vec(), course.last_told());
            desk.settle(&reservation, course.end(&HostUpstream), before);
        }
    }

    /// It does not reach a provider.
    pub(super) fn release(&self) {
        self.settle(Outcome::Released);
    }

    fn settle(&self, outcome: Outcome) {
        if let Some(desk) = &self.gate.desk {
            desk.settle(self.course.reservation(), outcome, self.course.last_told());
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

    fn has_answered(&self) -> bool {
        HostProperties.text(&["response", "code_details"]) == "via_upstream"
    }
}
