//! Everything Tollgate runs beside in production, on loopback and free ports: the real Envoy, the companion, an upstream
//! that answers with what it saw, keys and tokens, certificates, and clients from well-behaved to hostile.
//!
//! [`Testbed`] starts the whole; each part also stands alone. Calls block, so that a test or a bench reads from top to
//! bottom. Every process started here ends with its owner: on drop, on a panic, and when this process is killed.

pub mod artifacts;
mod bootstrap;
pub mod budgets;
mod certificates;
pub mod client;
mod clock;
mod companion;
mod envoy;
mod feed;
mod keys;
pub mod ports;
mod process;
mod provider;
mod redis;
mod relay;
mod signing;
mod stack;
mod upstream;
mod wait;

pub use bootstrap::{Bootstrap, ClientCertificates, Tls};
pub use certificates::{Authority, Identity, San};
pub use clock::Clock;
pub use companion::{Companion, CompanionOptions, Enforcement, Nack, SnapshotId, Source, Worker, Workers};
pub use envoy::{Envoy, EnvoyOptions};
pub use feed::{Feed, FeedCertificates, Transport};
pub use keys::{AUDIENCE, ISSUER, Keys};
pub use process::Process;
pub use provider::{Provider, SCRIPT, Served};
pub use redis::{Keeps, Redis};
pub use relay::Relay;
pub use signing::{Signing, SigningKey};
pub use stack::{Testbed, TestbedOptions};
pub use upstream::{Seen, Upstream};
pub use wait::{DEADLINE, until};
