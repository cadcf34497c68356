//! Calls of models: held before they go to a provider, and settled to the token that it counts.

mod admitted;
mod ended;
mod refused;
mod shared;
pub(crate) mod site;
mod store;
