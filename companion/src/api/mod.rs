//! The HTTP API. The only place that knows HTTP.

mod author;
mod body;
mod budgets;
mod condition;
mod conflicts;
mod duplicates;
mod embeddings;
mod health;
mod metrics;
mod migrations;
mod policies;
mod problem;
mod query;
mod respond;
mod search;
mod serve;
mod snapshots;
mod studies;
mod tokens;
mod waiting;
mod workers;

pub(crate) use body::FILES;
pub(crate) use serve::{Api, LARGE_BODIES, MAX_CONNECTIONS, serve};
pub(crate) use studies::Studies;
pub(crate) use tokens::{Tokens, hash, hex, is_name};
