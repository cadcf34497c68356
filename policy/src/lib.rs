//! Tollgate's policy engine: pure, deterministic, without I/O.
//!
//! A policy set goes through four shapes, each a different type:
//!
//! 1. [`source`]: YAML or JSON text, decoded with the place of every value (feature `compiler`).
//! 2. [`set::PolicySet`]: validated; conditions are parsed and lowered (feature `compiler`).
//! 3. [`snapshot::Snapshot`]: compiled, immutable, encoded to bytes and decoded with every check.
//! 4. [`engine::Decision`]: the answer for one request.
//!
//! [`http`] is how an HTTP request becomes a question (one reading of a path, routes), [`identity`] who asks it, and
//! [`condition`] the lowered form of CEL and its evaluator. [`related`] tells an operator which policies are like one, and
//! decides nothing. Time, limits and bytes come in as arguments; nothing here reads a clock, a file, a socket or a global.

pub mod condition;
pub mod data;
pub mod digest;
pub mod engine;
pub mod http;
#[cfg(feature = "compiler")]
pub mod identifier;
pub mod identity;
#[cfg(feature = "compiler")]
pub mod lint;
pub mod related;
#[cfg(feature = "compiler")]
pub mod set;
pub mod snapshot;
mod sort;
#[cfg(feature = "compiler")]
pub mod source;
mod texts;
pub mod time;
