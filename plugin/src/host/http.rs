use std::mem;
use std::rc::Rc;

use tollgate_policy::http::Headers;

use crate::evidence::RequestEvidence;
use crate::request::{Answer, Disposition, Filter, HeaderEdit, Progress, Reply, parse_pairs, serialise_pairs};

use super::abi::{self, Status};
use super::body::{HeldBody, Incoming};
use super::clock::HostClock;
use super::log;
use super::properties::HostProperties;

/// One request. Nothing of it goes on before it has been allowed.
pub(super) struct Request(Stage);

/// What becomes of the part of a request that the proxy has just brought; as the proxy numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Continue = 0,
    Pause = 1,
}

/// How far a request has come.
enum Stage {
    /// Its headers are still to come. The filter is missing if the proxy sends requests to a root that it never
    /// configured: these are refused.
    New(Option<Rc<Filter>>),
    /// Its headers are held until its body is there.
    AwaitingBody(Rc<Filter>, HeldBody),
    Allowed,
    /// Answered or reset, and held if neither could be done.
    Refused,
}

impl Request {
    pub(super) fn new(filter: Option<Rc<Filter>>) -> Self {
        Request(Stage::New(filter))
    }

    /// Only what has been allowed goes on: to let a body or trailers through would release the headers that are held.
    fn action(&self) -> Action {
        match self.0 {
            Stage::Allowed => Action::Continue,
            Stage::New(_) | Stage::AwaitingBody(..) | Stage::Refused => Action::Pause,
        }
    }

    pub(super) fn headers(&mut self, end_of_stream: bool) -> Action {
        self.0 = match mem::replace(&mut self.0, Stage::Refused) {
            Stage::New(Some(filter)) if end_of_stream => decide(&filter, None),
            Stage::New(Some(filter)) => decide_head(filter),
            _ => refuse_unanswered("the filter is not configured"),
        };
        self.action()
    }

    pub(super) fn body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.0 = match mem::replace(&mut self.0, Stage::Refused) {
            Stage::AwaitingBody(filter, mut body) => match body.grow(size) {
                Incoming::Kept if end_of_stream => decide(&filter, Some(body.bytes())),
                Incoming::Kept => Stage::AwaitingBody(filter, body),
                Incoming::TooLarge => carry_out(&filter, filter.body_too_large()),
                Incoming::Unreadable(why) => carry_out(&filter, undecidable(&filter, &why)),
            },
            decided => decided,
        };
        self.action()
    }

    pub(super) fn trailers(&mut self) -> Action {
        self.0 = match mem::replace(&mut self.0, Stage::Refused) {
            Stage::AwaitingBody(filter, body) => decide(&filter, Some(body.bytes())),
            decided => decided,
        };
        self.action()
    }
}

/// Decides the request by its headers, if they suffice.
fn decide_head(filter: Rc<Filter>) -> Stage {
    let progress = with_headers(|headers, evidence| filter.answer_head(headers, evidence));
    match progress {
        Ok(Progress::NeedsBody { max_bytes }) => Stage::AwaitingBody(Rc::clone(&filter), HeldBody::new(max_bytes)),
        Ok(Progress::Answered(answer)) => carry_out(&filter, answer),
        Err(why) => carry_out(&filter, undecidable(&filter, &why)),
    }
}

/// Decides the request, which is there as a whole.
fn decide(filter: &Filter, body: Option<&[u8]>) -> Stage {
    let answer = with_headers(|headers, evidence| filter.answer(headers, body, evidence));
    carry_out(filter, answer.unwrap_or_else(|why| undecidable(filter, &why)))
}

fn with_headers<R>(work: impl FnOnce(Headers<'_>, &RequestEvidence<'_>) -> R) -> Result<R, String> {
    let map = abi::request_headers().map_err(|status| format!("the request's headers cannot be read: {status}"))?;
    let headers = parse_pairs(&map).map_err(|why| why.to_string())?;
    #[cfg(feature = "trap")]
    if headers.iter().any(|(name, _)| *name == b"x-tollgate-trap") {
        std::process::abort();
    }
    Ok(work(Headers(&headers), &RequestEvidence::new(&HostProperties, &HostClock)))
}

fn carry_out(filter: &Filter, answer: Answer<'_>) -> Stage {
    if let Some(note) = answer.note {
        log::debug(&note);
    }
    match answer.disposition {
        Disposition::Refuse(reply) => refuse(&reply),
        Disposition::Forward(edits) => match edits.iter().try_for_each(apply) {
            Ok(()) => Stage::Allowed,
            Err(status) => {
                let why = format!("the request's headers cannot be changed: {status}");
                carry_out(filter, undecidable(filter, &why))
            }
        },
    }
}

fn undecidable<'f>(filter: &'f Filter, why: &str) -> Answer<'f> {
    log::error(why);
    filter.undecidable(why)
}

fn apply(edit: &HeaderEdit<'_>) -> Result<(), Status> {
    match edit {
        HeaderEdit::Remove(name) => match abi::remove_request_header(name) {
            Ok(()) | Err(abi::NOT_FOUND) => Ok(()),
            Err(status) => Err(status),
        },
        HeaderEdit::Set(name, value) => abi::set_request_header(name.as_bytes(), value.as_bytes()),
    }
}

fn refuse(reply: &Reply) -> Stage {
    match abi::respond(reply.status, &reply.details, &reply.body, &serialise_pairs(reply.headers)) {
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
