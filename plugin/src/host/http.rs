use std::mem;
use std::rc::Rc;
use std::time::Duration;

use tollgate_llm::Api;
use tollgate_policy::http::Headers;

use crate::budget::{Failure, Verdict};
use crate::evidence::RequestEvidence;
use crate::request::{Answer, Disposition, Filter, Progress, Reply, parse_pairs, serialise_pairs};

use super::abi::{self, HeaderMap};
use super::body::{HeldBody, Incoming};
use super::clock::HostClock;
use super::followed::Followed;
use super::gate::Gate;
use super::properties::HostProperties;
use super::reserving::{Next, Reserving};
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
    /// Its headers are held until its body is there, in which it speaks this API of models, if any.
    AwaitingBody(Rc<Gate>, HeldBody, Option<Api>),
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
            Stage::AwaitingBody(gate, mut body, api) => match body.grow(size) {
                Incoming::Kept if end_of_stream => self.decide(&gate, Some(body)),
                Incoming::Kept => Stage::AwaitingBody(gate, body, api),
                Incoming::TooLarge => self.carry_out(&gate, gate.filter.body_too_large(api), None),
                Incoming::Unreadable(why) => self.carry_out(&gate, undecidable(&gate.filter, &why), None),
            },
            decided => decided,
        };
        self.action()
    }

    pub(super) fn trailers(&mut self) -> Action {
        self.stage = match mem::replace(&mut self.stage, Stage::Refused) {
            Stage::AwaitingBody(gate, body, _) => self.decide(&gate, Some(body)),
            decided => decided,
        };
        self.action()
    }

    pub(super) fn response_headers(&mut self, end_of_stream: bool) {
        if let Stage::Followed(followed) = &mut self.stage {
            followed.headers();
            if end_of_stream {
                self.response_end();
            }
        }
    }

    pub(super) fn response_body(&mut self, size: usize, end_of_stream: bool) {
        if let Stage::Followed(followed) = &mut self.stage {
            followed.body(size, end_of_stream);
            if end_of_stream {
                self.response_end();
            }
        }
    }

    /// Its answer has ended.
    pub(super) fn response_end(&mut self) {
        self.settle(false);
    }

    /// It has ended, whatever came of it.
    pub(super) fn end(&mut self) {
        self.settle(true);
    }

    fn settle(&mut self, is_cut: bool) {
        if let Stage::Followed(_) = &self.stage
            && let Stage::Followed(followed) = mem::replace(&mut self.stage, Stage::Allowed)
        {
            followed.end(is_cut);
        }
    }

    /// Whether it waits for the answer to this call.
    pub(super) fn waits_for(&self, call: u32) -> bool {
        matches!(&self.stage, Stage::Reserving(reserving) if reserving.waits_for(call))
    }

    /// Its reserve has been answered; the host calls are about it.
    pub(super) fn answered(&mut self, verdict: Result<Verdict, Failure>) {
        self.go_on(|reserving| reserving.answered(verdict));
    }

    fn go_on(&mut self, with: impl FnOnce(Box<Reserving>) -> Next) {
        self.stage = match mem::replace(&mut self.stage, Stage::Refused) {
            Stage::Reserving(reserving) => {
                let gate = Rc::clone(reserving.gate());
                match stage_of(with(reserving), &gate.filter) {
                    stage @ (Stage::Allowed | Stage::Followed(_)) => match abi::continue_request() {
                        Ok(()) => stage,
                        Err(status) => {
                            if let Stage::Followed(followed) = stage {
                                followed.release();
                            }
                            stage_of(Next::Fail(format!("a request cannot go on: {status}")), &gate.filter)
                        }
                    },
                    stage => stage,
                }
            }
            decided => decided,
        };
    }

    /// Time goes by. The root whose tick this is need not be that of the request, on whose behalf the host calls are to be.
    pub(super) fn tick(&mut self, now: Duration) {
        match &mut self.stage {
            Stage::Followed(followed)
                if followed.is_renewal_due(now) && abi::set_effective_context(self.id).is_ok() =>
            {
                followed.renew(now);
            }
            // Should an answer come after all, it is given back.
            Stage::Reserving(reserving)
                if reserving.is_given_up(now) && abi::set_effective_context(self.id).is_ok() =>
            {
                self.go_on(Reserving::give_up);
            }
            _ => {}
        }
    }

    /// Decides the request by its headers, if they suffice.
    fn decide_head(&self, gate: Rc<Gate>) -> Stage {
        let progress = with_headers(|headers, evidence| gate.filter.answer_head(headers, evidence));
        match progress {
            Ok(Progress::NeedsBody { max_bytes, api }) => {
                Stage::AwaitingBody(Rc::clone(&gate), HeldBody::new(max_bytes), api)
            }
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
        // As they came: with another model it would have to be decided once more.
        let headers = match &intent {
            Some(intent) if intent.may_be_downgraded() => abi::headers(HeaderMap::Request).unwrap_or_default(),
            _ => Vec::new(),
        };
        if let Err(status) = edits::apply(HeaderMap::Request, &edits) {
            let why = format!("the request's headers cannot be changed: {status}");
            return stage_of(Next::Fail(why), &gate.filter);
        }
        match intent {
            None => Stage::Allowed,
            Some(intent) => {
                let body = body.unwrap_or_else(|| HeldBody::new(0));
                let reserving = Reserving::new(Rc::clone(gate), self.id, intent, body, headers);
                stage_of(reserving.begin(), &gate.filter)
            }
        }
    }
}

/// How far a call has come that goes on like this.
fn stage_of(next: Next, filter: &Filter) -> Stage {
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
