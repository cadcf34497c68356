//! Tollgate's companion: the daemon that feeds Envoy's workers with policies, and the command line.
//!
//! The way of a policy: `policies` reads the folder and compiles it, `publisher` numbers what came out and makes it
//! durable in the `store`, [`feed`] brings it to every plugin VM and hears from them, `api` tells operators about it.
//! [`daemon`] starts all of these and ends the process when one of them ends. [`cli`] is the way in.

mod api;
mod ask;
pub mod budget;
mod catalogue;
pub mod cli;
mod client;
mod conflicts;
pub mod daemon;
mod duplicates;
pub mod embedding;
mod explain;
pub mod feed;
mod find;
mod format;
mod metrics;
pub mod net;
mod policies;
pub mod proto;
mod publisher;
mod related;
pub mod signing;
mod sparingly;
mod store;
mod suite;
