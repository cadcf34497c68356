//! The real plugin in the offline host: what it asks of the proxy, and what becomes of requests, whatever the proxy, the
//! companion and the client do.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at their own mistakes"
)]

mod arbitrary;
mod bodies;
mod budget;
mod callbacks;
mod claims;
mod configuration;
mod deltas;
mod faults;
mod feed;
mod forward;
mod host_calls;
mod hostile;
mod identity;
mod identity_cache;
mod inputs;
mod lies;
mod life;
mod metadata;
mod metrics;
mod plugin;
mod policies;
mod random;
mod refused_snapshots;
mod related;
mod request;
mod signatures;
mod staleness;
mod standalone;
mod warm;
mod wire;
