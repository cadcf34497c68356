//! Conditions: the compact form that CEL is lowered to, and its evaluator.
//!
//! A condition is a tree of nodes in an arena, over typed inputs instead of a map of variables. Evaluation
//! borrows everything from the request and the snapshot; what an expression builds lives in a reused arena. Bounds are
//! fixed when a condition is compiled (depth, nodes) and when it runs (fuel): nothing a client sends can make one hang.

#[cfg(feature = "compiler")]
mod append;
mod arithmetic;
#[cfg(feature = "compiler")]
mod ast;
#[cfg(feature = "compiler")]
mod check;
mod code;
mod compare;
mod constant;
#[cfg(feature = "compiler")]
mod cost;
#[cfg(feature = "compiler")]
mod environment;
mod eval;
mod fault;
mod fuel;
mod functions;
#[cfg(feature = "compiler")]
mod limits;
#[cfg(feature = "compiler")]
mod lower;
#[cfg(feature = "compiler")]
mod macros;
mod node;
#[cfg(feature = "compiler")]
mod outline;
mod pattern;
#[cfg(feature = "compiler")]
mod program;
#[cfg(feature = "compiler")]
mod syntax;
mod value;
#[cfg(feature = "compiler")]
mod words;
mod workspace;

#[cfg(feature = "compiler")]
pub use check::{AttributeTypes, Checked, Decided, Use, check, decided, lower_checked};
pub(crate) use code::{Code, MAX_DEPTH, Mark};
pub(crate) use constant::Constant;
#[cfg(feature = "compiler")]
pub use cost::{Bound, Cost, Size};
#[cfg(feature = "compiler")]
pub use environment::Environment;
pub(crate) use eval::{Inputs, evaluate};
pub(crate) use fault::Fault;
pub(crate) use functions::{Function, MAX_ARGUMENTS};
#[cfg(feature = "compiler")]
pub use lower::{SourceMap, lower, lower_mapped, variables_read};
pub(crate) use node::{Binary, Fold, Input, MAX_VARIABLES, Node, NodeId, PatternId, Root, StringId, Unary};
#[cfg(feature = "compiler")]
pub use outline::{Comparison, Form, Mention, Origin, Outline, Part, Place, Term};
pub(crate) use pattern::Pattern;
#[cfg(feature = "compiler")]
pub use program::{EvaluationError, Memory, Outcome, Program, Read, Step};
pub use value::{Cidr, List, Map, Type, Value};
#[cfg(feature = "compiler")]
pub use words::{MAX_WORDS, lower_said};

/// Why a condition is refused.
#[cfg(feature = "compiler")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionProblem {
    /// Where in the source, in bytes.
    pub offset: usize,
    /// How many bytes are meant.
    pub len: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}
