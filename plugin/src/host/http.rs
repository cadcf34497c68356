use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;
use tollgate_policy::http::Headers;

use crate::evidence::RequestEvidence;
use crate::request::{Answer, Disposition, Filter, HeaderEdit, Reply, parse_pairs, serialise_pairs};

use super::abi::{self, Status};
use super::log;
use super::properties::HostProperties;

/// One request. Nothing of it goes on before it has been allowed.
pub(super) struct Request {
    /// Taken by the decision, since nothing of a request outlives it. Missing if the proxy sends requests to a root that
    /// it never configured: these are refused.
    filter: Option<Rc<Filter>>,
    allowed: bool,
}

impl Request {
    pub(super) fn new(filter: Option<Rc<Filter>>) -> Self {
        Request { filter, allowed: false }
    }

    fn action(&self) -> Action {
        if self.allowed { Action::Continue } else { Action::Pause }
    }
}

impl Context for Request {}

impl HttpContext for Request {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        self.allowed = match self.filter.take() {
            Some(filter) => decide(&filter),
            None => refuse_unanswered("the filter is not configured"),
        };
        self.action()
    }

    // To let a body or trailers through would release the headers that are held.
    fn on_http_request_body(&mut self, _: usize, _: bool) -> Action {
        self.action()
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        self.action()
    }
}

/// Whether the request may go on. If not, it has been answered.
fn decide(filter: &Filter) -> bool {
    let answer = match abi::request_headers() {
        Ok(map) => match parse_pairs(&map) {
            Ok(headers) => filter.answer(Headers(&headers), &RequestEvidence::new(&HostProperties)),
            Err(why) => undecidable(filter, &why.to_string()),
        },
        Err(status) => undecidable(filter, &format!("the request's headers cannot be read: {status}")),
    };
    carry_out(filter, answer)
}

fn carry_out(filter: &Filter, answer: Answer<'_>) -> bool {
    if let Some(note) = answer.note {
        log::debug(&note);
    }
    match answer.disposition {
        Disposition::Refuse(reply) => refuse(&reply),
        Disposition::Forward(edits) => match edits.iter().try_for_each(apply) {
            Ok(()) => true,
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

fn refuse(reply: &Reply) -> bool {
    match abi::respond(reply.status, &reply.details, &reply.body, &serialise_pairs(reply.headers)) {
        Ok(()) => false,
        Err(status) => refuse_unanswered(&format!("a refusal cannot be sent: {status}")),
    }
}

/// The last resort: the client sees its request end without an answer.
fn refuse_unanswered(why: &str) -> bool {
    log::error(why);
    if let Err(status) = abi::reset_request() {
        log::error(&format!("a request cannot be reset: {status}"));
    }
    false
}
