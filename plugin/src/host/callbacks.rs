//! The proxy's callbacks, each handed to the context that it is for.
//!
//! The SDK's dispatcher is not used: it panics on contexts that it does not know, and exports every callback there is.
//! What a module does not export the proxy does not call, which spares each request the way into the VM for its
//! response, its log line and its end.
#![expect(unsafe_code, reason = "callbacks are exported by name")]

use std::cell::RefCell;
use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::feed::StreamId;

use super::http::{Action, Request};
use super::log;
use super::root::Root;

/// The contexts that the proxy has made in this VM, by their ids.
struct Contexts {
    roots: RefCell<Vec<(u32, Root)>>,
    requests: RefCell<HashMap<u32, Request, FxBuildHasher>>,
}

thread_local! {
    static CONTEXTS: Contexts =
        const { Contexts { roots: RefCell::new(Vec::new()), requests: RefCell::new(HashMap::with_hasher(FxBuildHasher)) } };
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
        work(requests.entry(id).or_insert_with(|| Request::new(None))) as u32
    })
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
            let request = Request::new(with_root(root, |root| root.filter()));
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
    with_root(root, |root| root.receive(StreamId(stream), size));
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_grpc_close(root: u32, stream: u32, status: u32) {
    with_root(root, |root| root.closed(StreamId(stream), status));
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

/// A context has ended: the proxy calls nothing of it any more.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(id: u32) {
    CONTEXTS.with(|contexts| {
        if contexts.requests.borrow_mut().remove(&id).is_some() {
            return;
        }
        let mut roots = contexts.roots.borrow_mut();
        if let Some(position) = roots.iter().position(|(own, _)| *own == id) {
            roots.swap_remove(position).1.stop();
        }
    });
}
