//! The proxy's callbacks, each handed to the context that it is for.
//!
//! The SDK's dispatcher is not used: it panics on contexts that it does not know, and exports every callback there is.
//! What a module does not export the proxy does not call, which spares each request the way into the VM for its log line
//! and its end.
#![expect(unsafe_code, reason = "callbacks are exported by name")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use rustc_hash::FxBuildHasher;

use crate::budget::{Failure, Verdict};
use crate::feed::StreamId;
use crate::vm::Vm;

use super::abi::{self, BufferKind};
use super::asked::{self, Asked};
use super::http::{Action, Request};
use super::log;
use super::reserving::answered_in_vain;
use super::root::Root;

/// How often requests are looked after that wait or go on for long.
const ROUND: Duration = Duration::from_secs(1);

/// The contexts that the proxy has made in this VM, by their ids.
struct Contexts {
    roots: RefCell<Vec<(u32, Root)>>,
    requests: RefCell<HashMap<u32, Request, FxBuildHasher>>,
    last_round: Cell<Duration>,
}

thread_local! {
    static CONTEXTS: Contexts =
        const {
            Contexts {
                roots: RefCell::new(Vec::new()),
                requests: RefCell::new(HashMap::with_hasher(FxBuildHasher)),
                last_round: Cell::new(Duration::ZERO),
            }
        };
}

/// Has a root do something; nothing where there is no such root.
fn with_root<R: Default>(id: u32, work: impl FnOnce(&mut Root) -> R) -> R {
    CONTEXTS.with(|contexts| {
        let mut roots = contexts.roots.borrow_mut();
        roots.iter_mut().find(|(own, _)| *own == id).map(|(_, root)| work(root)).unwrap_or_default()
    })
}

/// Has a request do something. One that the proxy never made belongs to no root, and is refused as such.
fn with_request(id: u32, work: impl FnOnce(&mut Request) -> Action) -> u32 {
    CONTEXTS.with(|contexts| {
        let mut requests = contexts.requests.borrow_mut();
        work(requests.entry(id).or_insert_with(|| Request::new(id, None))) as u32
    })
}

/// Has a request do something with its response, which goes on whatever that is.
fn with_response(id: u32, work: impl FnOnce(&mut Request)) -> u32 {
    CONTEXTS.with(|contexts| contexts.requests.borrow_mut().get_mut(&id).map(work));
    Action::Continue as u32
}

/// A reserve has been answered.
fn answered(call: u32, Asked { request: id, gate, .. }: Asked, verdict: Result<Verdict, Failure>) {
    CONTEXTS.with(|contexts| {
        let mut requests = contexts.requests.borrow_mut();
        let request = requests.get_mut(&id).filter(|request| request.waits_for(call));
        match request {
            Some(request) if abi::set_effective_context(id).is_ok() => request.answered(verdict),
            _ => answered_in_vain(&gate, &verdict),
        }
    });
}

/// Looks after requests that wait or go on for long.
fn look_after_requests() {
    CONTEXTS.with(|contexts| {
        let now = Vm::this().now();
        if now.saturating_sub(contexts.last_round.get()) >= ROUND {
            contexts.last_round.set(now);
            contexts.requests.borrow_mut().values_mut().for_each(|request| request.tick(now));
        }
    });
}

unsafe extern "C" {
    /// Runs the C library's constructors.
    fn __wasm_call_ctors();
}

#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    // SAFETY: the linker provides it, and the proxy calls this once, before anything else.
    unsafe { __wasm_call_ctors() };
}

/// Says which version of the ABI this is.
#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

/// Makes room for what the proxy hands over: a boxed slice, which whoever receives it frees.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    Box::into_raw(Box::<[u8]>::new_uninit_slice(size)).cast()
}

/// A context without a root is a root.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(id: u32, root: u32) {
    CONTEXTS.with(|contexts| match root {
        0 => {
            let mut roots = contexts.roots.borrow_mut();
            // The proxy makes a root again whose configuration has failed.
            roots.retain(|(own, _)| *own != id);
            roots.push((id, Root::default()));
        }
        root => {
            let request = Request::new(id, with_root(root, |root| root.gate()));
            contexts.requests.borrow_mut().insert(id, request);
        }
    });
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(root: u32, size: usize) -> bool {
    with_root(root, |root| root.configure(size))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_tick(root: u32) {
    with_root(root, Root::tick);
    look_after_requests();
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive_initial_metadata(root: u32, stream: u32, count: u32) {
    // A stream that fails at once brings empty metadata before its end.
    if count > 0 {
        with_root(root, |root| root.answered(StreamId(stream)));
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_receive(root: u32, stream: u32, size: usize) {
    match asked::take(stream) {
        Some(asked) => {
            // A longer one the proxy has not let through.
            let reply = abi::buffer(BufferKind::GrpcMessage, 0, size);
            let verdict = reply.ok().and_then(|reply| Verdict::read(&reply).ok());
            answered(stream, asked, verdict.ok_or(Failure::Unreadable));
        }
        None => with_root(root, |root| root.receive(StreamId(stream), size)),
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_close(root: u32, stream: u32, status: u32) {
    match asked::take(stream) {
        Some(asked) => answered(stream, asked, Err(Failure::NoAnswer(status))),
        None => with_root(root, |root| root.closed(StreamId(stream), status)),
    }
}

/// A connection, where the filter has been put among a listener's network filters: it decides requests, and lets no
/// connection pass undecided.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_new_connection(_: u32) -> u32 {
    log::error("the plugin is an HTTP filter: as a network filter it refuses every connection");
    Action::Pause as u32
}

/// Data of such a connection: the proxy would go on to the next filter with it.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_downstream_data(_: u32, _: usize, _: bool) -> u32 {
    Action::Pause as u32
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(request: u32, _: usize, end_of_stream: bool) -> u32 {
    with_request(request, |request| request.headers(end_of_stream))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_body(request: u32, size: usize, end_of_stream: bool) -> u32 {
    with_request(request, |request| request.body(size, end_of_stream))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_trailers(request: u32, _: usize) -> u32 {
    with_request(request, Request::trailers)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_headers(request: u32, _: usize, end_of_stream: bool) -> u32 {
    with_response(request, |request| request.response_headers(end_of_stream))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_body(request: u32, size: usize, end_of_stream: bool) -> u32 {
    with_response(request, |request| request.response_body(size, end_of_stream))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_trailers(request: u32, _: usize) -> u32 {
    with_response(request, Request::response_end)
}

/// A context has ended: the proxy calls nothing of it any more.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(id: u32) {
    CONTEXTS.with(|contexts| {
        if let Some(mut request) = contexts.requests.borrow_mut().remove(&id) {
            request.end();
            return;
        }
        let mut roots = contexts.roots.borrow_mut();
        if let Some(position) = roots.iter().position(|(own, _)| *own == id) {
            roots.swap_remove(position).1.stop();
        }
    });
}
