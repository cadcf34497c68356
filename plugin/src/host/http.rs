use std::mem;
use std::rc::Rc;
use std::time::Duration;

use tollgate_policy::http::Headers;

use crate::budget::{Failure, Verdict};
use crate::evidence::RequestEvidence;
use crate::request::{Answer, Disposition, Filter, Progress, Reply, parse_pairs, serialise_pairs};

use super::abi::{self, HeaderMap};
use super::body::{HeldBody, Incoming};
use super::call::{self, Followed, Next, Reserving};
use super::clock::HostClock;
use super::gate::Gate;
use super::properties::HostProperties;
use super::{edits, log};

/// One request. Nothing of it goes on before it has been allowed.
pub(super) struct Request {
    id: u32,
    stage: Stage,
}

/// What becomes of the part of a request that the proxy has just brought; as the proxy numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Continue = 0,
    Pause = 1,
}

/// How far a request has come.
enum Stage {
    /// Its headers are still to come. The gate is missing if the proxy sends requests to a root that it never
    /// configured: these are refused.
    New(Option<Rc<Gate>>),
    /// Its headers are held until its body is there.
    AwaitingBody(Rc<Gate>, HeldBody),
    /// All of it is held until its tokens are.
    Reserving(Box<Reserving>),
    Allowed,
    /// It is allowed, and counts.
    Followed(Box<Followed>),
    /// Answered or reset, and held if neither could be done.
    Refused,
}

impl Request {
    pub(super) fn new(id: u32, gate: Option<Rc<Gate>>) -> Self {
        Request { id, stage: Stage::New(gate) }
    }

    /// Only what has been allowed goes on: to let a body or trailers through would release the headers that are held.
    fn action(&self) -> Action {
        match self.stage {
            Stage::Allowed | Stage::Followed(_) => Action::Continue,
            Stage::New(_) | Stage::AwaitingBody(..) | Stage::Reserving(_) | Stage::Refused => Action::Pause,
        }
    }

    pub(super) fn headers(&mut self, end_of_stream: bool) -> Action {
        self.stage = match mem::replace(&mut self.stage, Stage::Refused) {
            Stage::New(Some(gate)) if end_of_stream => self.decide(&gate, None),
            Stage::New(Some(gate)) => self.decide_head(gate),
            // Nothing that a call depends on is lost by headers that the proxy should not bring.
            followed @ Stage::Followed(_) => followed,
            _ => refuse_unanswered("the filter is not configured"),
        };
        self.action()
    }

    pub(super) fn body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.stage = match mem::replace(&mut self.stage, Stage::Refused) {
            Stage::AwaitingBody(gate, mut body) => match body.grow(size) {
                Incoming::Kept if end_of_stream => self.decide(&gate, Some(body)),
                Incoming::Kept => Stage::AwaitingBody(gate, body),
                Incoming::TooLarge => self.carry_out(&gate, gate.filter.body_too_large(), None),
                Incoming::Unreadable(why) => self.carry_out(&gate, undecidable(&gate.filter, &why), None),
            },
            decided => decided,
        };
        self.action()
    }

    pub(super) fn trailers(&mut self) -> Action {
        self.stage = match mem::replace(&mut self.stage, Stage::Refused) {
            Stage::AwaitingBody(gate, body) => self.decide(&gate, Some(body)),
            decided => decided,
        };
        self.action()
    }

    pub(super) fn response_headers(&mut self, end_of_stream: bool) {
        if let Stage::Followed(followed) = &mut self.stage {
            followed.headers();
            if end_of_stream {
                self.end();
            }
        }
    }

    pub(super) fn response_body(&mut self, size: usize, end_of_stream: bool) {
        if let Stage::Followed(followed) = &mut self.stage {
            followed.body(size, end_of_stream);
            if end_of_stream {
                self.end();
            }
        }
    }

    /// Its answer has ended, or the request has, whatever came of it.
    pub(super) fn end(&mut self) {
        if let Stage::Followed(_) = &self.stage
            && let Stage::Followed(followed) = mem::replace(&mut self.stage, Stage::Allowed)
        {
            followed.end();
        }
    }

    /// Whether it waits for the answer to this call.
    pub(super) fn waits_for(&self, call: u32) -> bool {
        matches!(&self.stage, Stage::Reserving(reserving) if reserving.waits_for(call))
    }

    /// Its reserve has been answered; the host calls are about it.
    pub(super) fn answered(&mut self, verdict: Result<Verdict, Failure>) {
        self.stage = match mem::replace(&mut self.stage, Stage::Refused) {
            Stage::Reserving(reserving) => match after(&reserving.gate().filter, reserving.answered(verdict)) {
                stage @ (Stage::Allowed | Stage::Followed(_)) => match abi::continue_request() {
                    Ok(()) => stage,
                    Err(status) => {
                        let why = format!("a request cannot go on: {status}");
                        if let Stage::Followed(followed) = stage {
                            followed.release();
                        }
                        after(&reserving.gate().filter, Next::Fail(why))
                    }
                },
                stage => stage,
            },
            decided => decided,
        };
    }

    /// Time goes by.
    pub(super) fn tick(&mut self, now: Duration) {
        match &mut self.stage {
            Stage::Followed(followed) => followed.renew(now),
            // Should an answer come after all, it is given back.
            Stage::Reserving(reserving)
                if reserving.is_given_up(now) && abi::set_effective_context(self.id).is_ok() =>
            {
                self.answered(Err(Failure::NotAsked("the proxy did not say what came of it".to_owned())));
            }
            _ => {}
        }
    }

    /// Decides the request by its headers, if they suffice.
    fn decide_head(&self, gate: Rc<Gate>) -> Stage {
        let progress = with_headers(|headers, evidence| gate.filter.answer_head(headers, evidence));
        match progress {
            Ok(Progress::NeedsBody { max_bytes }) => Stage::AwaitingBody(Rc::clone(&gate), HeldBody::new(max_bytes)),
            Ok(Progress::Answered(answer)) => self.carry_out(&gate, answer, None),
            Err(why) => self.carry_out(&gate, undecidable(&gate.filter, &why), None),
        }
    }

    /// Decides the request, which is there as a whole.
    fn decide(&self, gate: &Rc<Gate>, body: Option<HeldBody>) -> Stage {
        let bytes = body.as_ref().map(HeldBody::bytes);
        let answer = with_headers(|headers, evidence| gate.filter.answer(headers, bytes, evidence));
        self.carry_out(gate, answer.unwrap_or_else(|why| undecidable(&gate.filter, &why)), body)
    }

    fn carry_out(&self, gate: &Rc<Gate>, answer: Answer<'_>, body: Option<HeldBody>) -> Stage {
        if let Some(note) = answer.note {
            log::debug(&note);
        }
        let (edits, intent) = match answer.disposition {
            Disposition::Refuse(reply) => return refuse(&reply),
            Disposition::Forward(edits) => (edits, None),
            Disposition::Reserve(edits, intent) => (edits, Some(intent)),
        };
        if let Err(status) = edits::apply(HeaderMap::Request, &edits) {
            let why = format!("the request's headers cannot be changed: {status}");
            return after(&gate.filter, Next::Fail(why));
        }
        match intent {
            None => Stage::Allowed,
            Some(intent) => {
                let body = body.unwrap_or_else(|| HeldBody::new(0));
                after(&gate.filter, call::reserve(gate, self.id, intent, body))
            }
        }
    }
}

/// How far a call has come that goes on like this.
fn after(filter: &Filter, next: Next) -> Stage {
    match next {
        Next::Wait(reserving) => Stage::Reserving(reserving),
        Next::Go(None) => Stage::Allowed,
        Next::Go(Some(followed)) => Stage::Followed(followed),
        Next::Refuse(reply) => refuse(&reply),
        Next::Fail(why) => match undecidable(filter, &why).disposition {
            Disposition::Refuse(reply) => refuse(&reply),
            // INVARIANT: what is undecidable is refused.
            Disposition::Forward(_) | Disposition::Reserve(..) => refuse_unanswered(&why),
        },
    }
}

fn with_headers<R>(work: impl FnOnce(Headers<'_>, &RequestEvidence<'_>) -> R) -> Result<R, String> {
    let map =
        abi::headers(HeaderMap::Request).map_err(|status| format!("the request's headers cannot be read: {status}"))?;
    let headers = parse_pairs(&map).map_err(|why| why.to_string())?;
    #[cfg(feature = "trap")]
    if headers.iter().any(|(name, _)| *name == b"x-tollgate-trap") {
        std::process::abort();
    }
    Ok(work(Headers(&headers), &RequestEvidence::new(&HostProperties, &HostClock)))
}

fn undecidable<'f>(filter: &'f Filter, why: &str) -> Answer<'f> {
    log::error(why);
    filter.undecidable(why)
}

fn refuse(reply: &Reply) -> Stage {
    match abi::respond(reply.status, &reply.details, &reply.body, &serialise_pairs(&reply.headers)) {
        Ok(()) => Stage::Refused,
        Err(status) => refuse_unanswered(&format!("a refusal cannot be sent: {status}")),
    }
}

/// The last resort: the client sees its request end without an answer.
fn refuse_unanswered(why: &str) -> Stage {
    log::error(why);
    if let Err(status) = abi::reset_request() {
        log::error(&format!("a request cannot be reset: {status}"));
    }
    Stage::Refused
}
