//! The proxy: the only part of the filter that knows proxy-wasm.
//!
//! `callbacks` receives the proxy's calls for the contexts in `root` and `http`, `reserving` and `followed` are what a request
//! is besides whose tokens are counted, before it goes upstream and afterwards, `feed` carries out what the feed's session asks for, `desk` what budgets need of the companion, and
//! `abi` makes the host calls. A host call that fails is answered by the caller, closed: no panic, no pass.

mod abi;
mod asked;
mod body;
mod callbacks;
mod clock;
mod desk;
mod edits;
mod feed;
mod followed;
mod gate;
mod http;
mod log;
mod metrics;
mod properties;
mod reserving;
mod root;
mod shared;
mod standalone;
