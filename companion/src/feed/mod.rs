//! The feed: one gRPC stream per plugin VM, down which snapshots travel and up which VMs say what they enforce.

mod admission;
mod config;
mod down;
mod frame;
mod hello;
mod known;
mod limits;
mod offers;
mod parts;
mod publications;
mod registry;
mod related;
mod reserves;
mod serve;
mod service;
mod session;
mod sessions;
mod settlements;
mod supply;
mod vm;

pub use crate::proto;
pub use admission::NodePattern;
pub use config::{FeedConfig, Signing};
pub(crate) use limits::MAX_CONNECTIONS;
pub(crate) use registry::{Enforcement, Registry, WorkerCounts};
pub use serve::AccessError;
pub(crate) use serve::{Access, Feed, serve};
pub(crate) use vm::{Behind, Nacked, State, WorkerView};
