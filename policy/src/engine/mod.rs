//! Deciding: candidates from the index, conditions over the request, deny overrides.
//!
//! A question in a scope is decided over the levels from the root down to it, any other over the root's alone. Shadow
//! policies are looked at last, and only for what they would have changed.

mod candidate;
mod decide;
mod decision;
mod gather;
mod glob;
mod held;
mod index;
mod query;
mod reason;
mod run;
mod scope;
mod shadow;
mod symbol;
mod trace;

pub(crate) use candidate::{CandidateRef, Class, Slot};
pub use decide::Scratch;
pub use decision::{Decision, Effect, PolicyError, PolicyRef};
pub(crate) use gather::Candidates;
pub(crate) use glob::{Glob, Globs};
pub(crate) use held::HeldRoles;
pub(crate) use index::{Index, Lists, Rules};
pub(crate) use query::Action;
pub use query::{Query, Question, RequestFacts, Resource};
pub use reason::Reason;
#[cfg(feature = "compiler")]
pub(crate) use scope::parent as parent_scope;
pub(crate) use scope::{InvalidScope, MAX_LEVELS, ScopeId, Scopes};
pub use shadow::ShadowOutcome;
pub use symbol::Symbol;
pub(crate) use symbol::{SymbolMark, SymbolTable, Symbols};
pub use trace::{Applies, Candidate};
