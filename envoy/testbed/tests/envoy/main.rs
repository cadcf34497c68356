//! The whole path, for real: the real Envoy with several workers, the real companion, the real plugin, and an upstream that
//! says what it saw.

mod budgets;
mod chaos;
mod decided;
mod gate;
mod hostile;
mod inputs;
mod life;
mod samples;
mod sdks;
mod spending;
mod standalone;
