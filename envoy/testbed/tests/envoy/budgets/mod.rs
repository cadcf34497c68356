//! Calls of models: held before they go to a provider, and settled to the token that it counts.

mod admitted;
mod ended;
mod refused;
mod shared;
mod site;
mod store;
