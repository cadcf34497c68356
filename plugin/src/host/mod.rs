//! The proxy: the only part of the filter that knows proxy-wasm.
//!
//! `root` and `http` receive the proxy's callbacks, `feed` carries out what the feed's session asks for, and
//! `abi` makes the host calls. A host call that fails is answered by the caller, closed: no panic, no pass.

mod abi;
mod body;
mod clock;
mod feed;
mod http;
mod log;
mod metrics;
mod properties;
mod root;

/// Tells the SDK which contexts to create.
pub fn start() {
    proxy_wasm::set_root_context(|_| Box::new(root::Root::default()));
}
