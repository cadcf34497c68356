//! The proxy: the only part of the filter that knows proxy-wasm.
//!
//! `callbacks` receives the proxy's calls for the contexts in `root` and `http`, `feed` carries out what the feed's session
//! asks for, and `abi` makes the host calls. A host call that fails is answered by the caller, closed: no panic, no pass.

mod abi;
mod body;
mod callbacks;
mod clock;
mod feed;
mod http;
mod log;
mod metrics;
mod properties;
mod root;
mod shared;
mod standalone;
