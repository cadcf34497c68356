//! The feed: one gRPC stream per plugin VM, down which snapshots travel and up which VMs say what they enforce.

mod hello;
mod limits;
mod registry;
mod serve;
mod service;
mod session;
mod sessions;
mod vm;

/// The protocol's messages, server and client.
#[expect(missing_docs, clippy::allow_attributes_without_reason, reason = "generated code")]
pub mod proto {
    tonic::include_proto!("tollgate.v1");
}

pub(crate) use limits::MAX_CONNECTIONS;
pub(crate) use registry::{Registry, WorkerCounts};
pub(crate) use serve::{Feed, serve};
pub(crate) use vm::{Nacked, WorkerView};
