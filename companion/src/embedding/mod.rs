//! From policies to what can be searched, in the background: embedded by workers, kept in the vector index of a generation, and carried
//! from one model to the next while searches go on.
//!
//! The catalogue's news goes to the `keeper`, which notes in each generation's `book` what is stale and fills the `queue`; a `worker`
//! makes texts, asks the `cache` and the embedder, and puts vectors into the index. What is noted stays noted until its vector is in,
//! so that nothing is lost by whatever fails in between. All of it runs on threads that give way to all others, and nothing outside
//! waits for any of it: when it fails, policies are found as they were, or not found, and that can be seen.

mod backoff;
mod book;
mod cache;
mod clock;
mod command;
mod config;
mod dead;
mod embedders;
mod generation;
mod guard;
mod http;
mod keeper;
mod migrations;
mod mismatch;
pub(crate) mod priority;
mod queue;
mod searches;
mod shared;
mod state;
mod store;
mod tended;
#[cfg(test)]
mod tests;
mod worker;

pub use cache::CacheLimits;
pub(crate) use command::{Command, Declined};
pub use config::{EmbedderConfig, Migrate, SearchConfig};
pub(crate) use dead::DeadLetter;
pub(crate) use generation::Generation;
pub(crate) use http::QuerySeconds;
pub(crate) use migrations::{Migration, Migrations, Ready};
pub(crate) use searches::Searches;
pub(crate) use state::{Settled, State};
