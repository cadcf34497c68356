//! The feed: one stream per VM, on which the companion pushes snapshots and the VM says what it enforces.
//!
//! [`Session`] decides what happens on the stream and owns no stream itself: the host feeds it what occurs, and carries
//! out what it answers.

mod backoff;
mod frame;
mod message;
mod session;

pub use backoff::{Backoff, Patience};
pub use frame::{Frame, MAX_FRAME, MAX_MESSAGE};
pub use session::{Identity, Input, Output, Refusal, Session, StreamId, Subscriber};

/// The gRPC service that the companion serves.
pub const SERVICE: &str = "tollgate.v1.Feed";
/// Its only method.
pub const METHOD: &str = "Connect";

/// The messages of the feed and of budgets as the companion has them.
#[cfg(test)]
pub(crate) mod proto {
    #![expect(unreachable_pub, reason = "generated")]

    include!(concat!(env!("OUT_DIR"), "/tollgate.v1.rs"));
}
