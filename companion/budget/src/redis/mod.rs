//! The store of companions that count together, in Redis or Valkey.

mod address;
mod adjust;
mod answer;
mod connect;
mod expire;
mod hello;
mod keeper;
mod link;
mod look;
mod mirror;
mod names;
mod record;
mod renew;
mod reserve;
mod script;
mod seed;
mod session;
mod settings;
mod settle;
mod store;
#[cfg(test)]
mod tests;

pub use address::{InvalidAddress, RedisAddress};
pub use hello::Member;
pub use settings::{InvalidPrefix, Prefix, RedisSettings};
pub use store::RedisStore;
