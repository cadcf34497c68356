//! Deciding: candidates from the index, conditions over the request, deny overrides.

mod decide;
mod decision;
mod index;
mod query;
mod symbol;

pub use decide::Scratch;
pub use decision::{Applies, Candidate, Decision, Effect, PolicyError, PolicyRef, Reason};
pub(crate) use index::{CandidateRef, Index, IndexBuilder};
pub use query::{Query, Question, RequestFacts, Resource};
pub use symbol::Symbol;
pub(crate) use symbol::SymbolTable;
