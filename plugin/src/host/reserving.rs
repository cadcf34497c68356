//! A request that is a call of a model: held until its tokens are.

use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::http::Headers;

use crate::budget::{
    Departure, Failure, Intent, MIN_PATIENCE, Outcome, PATIENCE, Resolved, Verdict, other_model, refuse_spent, resolve,
    trouble,
};
use crate::counters::Counter;
use crate::evidence::RequestEvidence;
use crate::request::{Reply, parse_pairs};

use super::abi::{self, BufferKind, HeaderMap, Status};
use super::asked::{self, Asked};
use super::body::HeldBody;
use super::clock::HostClock;
use super::followed::Followed;
use super::gate::Gate;
use super::properties::HostProperties;
use super::{edits, log};

/// A reserve that has not been answered for so long never will be: the proxy ends it long before.
const GIVEN_UP: Duration = Duration::from_secs(5);

/// gRPC's `DEADLINE_EXCEEDED`.
const TOO_LATE: u32 = 4;

/// A request that is held until its tokens are.
pub(super) struct Reserving {
    gate: Rc<Gate>,
    request: u32,
    intent: Box<Intent>,
    body: HeldBody,
    /// Its headers as they came, serialised; empty where no other model may serve it.
    headers: Vec<u8>,
    since: Duration,
    /// The latest call to the companion.
    call: Option<u32>,
    is_asked_again: bool,
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

/// The request is gone for which this was asked.
pub(super) fn answered_in_vain(gate: &Gate, verdict: &Result<Verdict, Failure>) {
    note_silence(gate, verdict, gate.filter.vm().now());
    if let (Some(desk), Ok(Verdict::Held(held))) = (&gate.desk, verdict)
        && !held.reservation.is_empty()
    {
        desk.settle(&held.reservation, Outcome::Released, None);
    }
}

/// Whether the companion answers decides how long others wait for it.
fn note_silence(gate: &Gate, verdict: &Result<Verdict, Failure>, now: Duration) {
    let Some(desk) = &gate.desk else { return };
    match verdict {
        Ok(_) => desk.books().breaker.answered(),
        Err(why) if why.is_silence() => desk.books().breaker.failed(now),
        Err(_) => {}
    }
}

impl Reserving {
    /// A request whose headers and body are held. `headers` are those with which it came, if another model may serve it.
    pub(super) fn new(
        gate: Rc<Gate>,
        request: u32,
        intent: Box<Intent>,
        body: HeldBody,
        headers: Vec<u8>,
    ) -> Box<Self> {
        let since = gate.filter.vm().now();
        Box::new(Reserving { gate, request, intent, body, headers, since, call: None, is_asked_again: false })
    }

    /// Asks for its tokens. Where that cannot be done, or need not be, it is resolved at once.
    pub(super) fn begin(self: Box<Self>) -> Next {
        let now = self.since;
        let Some(desk) = &self.gate.desk else { return self.proceed(Err(Failure::NoCompanion), now) };
        if let Some(standing) = desk.books().spent.refusing(&self.intent, now) {
            return Next::Refuse(refuse_spent(&self.intent, &standing, &self.gate.filter.vm().counters));
        }
        if !asked::has_room(now) {
            return self.proceed(Err(Failure::Crowded), now);
        }
        if !desk.books().breaker.lets_ask(now) {
            return self.proceed(Err(Failure::Suspended), now);
        }
        self.ask(PATIENCE, now)
    }

    /// Asks the companion, which is to answer within `patience`. Asked again, it knows by the decision that it is the same.
    fn ask(mut self: Box<Self>, patience: Duration, now: Duration) -> Next {
        let Some(desk) = &self.gate.desk else { return self.proceed(Err(Failure::NoCompanion), now) };
        match desk.reserve(&self.intent, patience) {
            Ok(call) => {
                asked::expect(call, Asked { request: self.request, gate: Rc::clone(&self.gate), since: now });
                self.call = Some(call);
                Next::Wait(self)
            }
            Err(why) => {
                let verdict = Err(why);
                note_silence(&self.gate, &verdict, now);
                self.proceed(verdict, now)
            }
        }
    }

    /// Whether this is the call that it waits for.
    pub(super) fn waits_for(&self, call: u32) -> bool {
        self.call == Some(call)
    }

    /// Whether it has waited for so long that there is no hope.
    pub(super) fn is_given_up(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) >= GIVEN_UP
    }

    /// Goes on without an answer.
    pub(super) fn give_up(self: Box<Self>) -> Next {
        self.answered(Err(Failure::NoAnswer(TOO_LATE)))
    }

    /// Goes on with the companion's answer.
    pub(super) fn answered(mut self: Box<Self>, verdict: Result<Verdict, Failure>) -> Next {
        let now = self.gate.filter.vm().now();
        let left = PATIENCE.saturating_sub(now.saturating_sub(self.since));
        let is_lost = verdict.as_ref().is_err_and(Failure::is_of_transport);
        if is_lost && left >= MIN_PATIENCE && !std::mem::replace(&mut self.is_asked_again, true) {
            return self.ask(left, now);
        }
        note_silence(&self.gate, &verdict, now);
        let verdict = match verdict {
            // What was asked first came to be held, and was given back when its connection broke.
            Ok(verdict) if self.is_asked_again && verdict.is_over() => Err(Failure::NoAnswer(TOO_LATE)),
            verdict => verdict,
        };
        self.proceed(verdict, now)
    }

    pub(super) fn gate(&self) -> &Rc<Gate> {
        &self.gate
    }

    /// Goes on by what the companion says; the host calls are about this request.
    fn proceed(&self, verdict: Result<Verdict, Failure>, now: Duration) -> Next {
        let Reserving { gate, intent, body, .. } = self;
        let vm = gate.filter.vm();
        if let Some((trouble, why)) = trouble(intent, &verdict)
            && let Some(notice) = vm.notices.of(trouble, &why, now)
        {
            log::warn(&notice);
        }
        if vm.verbose.get() {
            log::debug(&note(intent, &verdict));
        }
        if let (Ok(Verdict::Exceeded { standing, .. }), Some(desk)) = (&verdict, &gate.desk) {
            desk.books().spent.remember(intent, standing, now);
        }
        let served = match &verdict {
            Ok(Verdict::Held(held)) if intent.may_be_downgraded() => held.model.clone(),
            _ => String::new(),
        };
        let departure = match resolve(intent, body.bytes(), verdict, &vm.counters, now) {
            Resolved::Refuse(reply) => return Next::Refuse(reply),
            Resolved::Go(departure) => departure,
        };
        let is_allowed = self.is_allowed(&departure);
        let changed = if is_allowed { change(&departure, body.bytes().len()) } else { Ok(()) };
        let followed = departure.course.map(|course| Box::new(Followed::new(Rc::clone(gate), *course)));
        if is_allowed && changed.is_ok() {
            return Next::Go(followed);
        }
        if let Some(followed) = followed {
            followed.release();
        }
        match changed {
            Err(status) => Next::Fail(format!("a call of a model cannot be changed: {status}")),
            Ok(()) => {
                vm.counters.add(Counter::Denied, 1);
                Next::Refuse(other_model(intent, &served))
            }
        }
    }

    /// Whether the request may go upstream like this: policies may allow one model and not another.
    fn is_allowed(&self, departure: &Departure) -> bool {
        let Some(path) = &departure.other else { return true };
        let Ok(mut headers) = parse_pairs(&self.headers) else { return false };
        for (name, value) in &mut headers {
            if *name == b":path" {
                *value = path.as_bytes();
            }
        }
        let body = departure.body.as_deref().unwrap_or(self.body.bytes());
        let evidence = RequestEvidence::new(&HostProperties, &HostClock);
        self.gate.filter.allows(Headers(&headers), body, &evidence)
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
        Ok(verdict) => verdict.to_string(),
        Err(why) => why.to_string(),
    };
    format!("decision {}: budget: {}", intent.decision(), verdict.escape_debug())
}
