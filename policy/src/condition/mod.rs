//! Conditions: the compact form that CEL is lowered to, and its evaluator.
//!
//! A condition is a tree of nodes in an arena, over typed inputs instead of a map of variables. Evaluation
//! borrows everything from the request and the snapshot; what an expression builds lives in a reused arena. Bounds are
//! fixed when a condition is compiled (depth, nodes) and when it runs (fuel): nothing a client sends can make one hang.

mod arithmetic;
mod code;
mod compare;
mod eval;
mod fault;
#[cfg(feature = "compiler")]
mod limits;
#[cfg(feature = "compiler")]
mod lower;
mod node;
mod value;

pub use code::Program;
pub(crate) use code::{Code, MAX_DEPTH};
pub(crate) use eval::{Inputs, evaluate};
pub(crate) use fault::Fault;
#[cfg(feature = "compiler")]
pub use lower::{ConditionProblem, lower};
pub(crate) use node::{Binary, Fold, Input, MAX_VARIABLES, Node, NodeId, Root, Span, StringId, Unary};
pub use value::{List, Map, Value};
