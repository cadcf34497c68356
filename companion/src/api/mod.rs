//! The HTTP API. The only place that knows HTTP.

mod health;
mod metrics;
mod respond;
mod serve;
mod workers;

pub(crate) use serve::{Api, MAX_CONNECTIONS, serve};
