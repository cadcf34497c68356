//! Tollgate's proxy-wasm filter: decides every request inside Envoy, with the snapshot that the feed delivered.
//!
//! [`host`] is the only part that knows proxy-wasm: it turns the proxy's callbacks into calls of the parts below, which
//! are pure and tested natively, and carries out what they answer.
//!
//! - [`request`] decides one request: what goes upstream, or which refusal goes back.
//! - [`evidence`] is what the proxy knows of who asks: verified claims, peer certificates.
//! - [`feed`] is the stream to the companion: snapshots in, acknowledgements out.
//! - [`intake`] is the way in for snapshots: what has to hold of one, signatures ([`trust`]) included, before it is in force.
//! - [`warm`] is what the VMs of one Envoy leave for each other, so that one that is started again knows where they were.
//! - [`slot`] holds the snapshot in force, [`vm`] everything else that outlives a request.
//! - [`budget`] is what a call of a model costs: reserved, followed, settled.
//! - [`config`] is the filter's configuration, [`counters`] and [`gauges`] what it counts.

pub mod budget;
pub mod config;
pub mod counters;
pub mod evidence;
pub mod feed;
pub mod gauges;
pub mod host;
pub mod intake;
mod protobuf;
pub mod random;
pub mod request;
pub mod slot;
pub mod trust;
pub mod vm;
pub mod warm;

#[cfg(test)]
mod fixture;
