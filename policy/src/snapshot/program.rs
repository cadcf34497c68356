//! Conditions in snapshots: nodes in prefix order.

mod constant;
mod read;
mod share;
#[cfg(feature = "compiler")]
mod write;

use crate::condition::{Binary, Fold, Input, Root, Unary};

use super::counts::Counts;

pub(super) use read::{Interner, ProgramReader};
#[cfg(feature = "compiler")]
pub(super) use write::write;

mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const INT: u8 = 3;
    pub(super) const UINT: u8 = 4;
    pub(super) const DOUBLE: u8 = 5;
    pub(super) const STR: u8 = 6;
    pub(super) const LIST: u8 = 7;
    pub(super) const INPUT: u8 = 8;
    pub(super) const HAS_INPUT: u8 = 9;
    pub(super) const ATTRIBUTE: u8 = 10;
    pub(super) const HAS_ATTRIBUTE: u8 = 11;
    pub(super) const VARIABLE: u8 = 12;
    pub(super) const SELECT: u8 = 13;
    pub(super) const HAS: u8 = 14;
    pub(super) const INDEX: u8 = 15;
    pub(super) const UNARY: u8 = 16;
    pub(super) const BINARY: u8 = 17;
    pub(super) const AND: u8 = 18;
    pub(super) const OR: u8 = 19;
    pub(super) const CONDITIONAL: u8 = 20;
    pub(super) const FOLD: u8 = 21;
    pub(super) const BYTES: u8 = 22;
    pub(super) const CONSTANT: u8 = 23;
    pub(super) const MAP: u8 = 24;
    pub(super) const IF_PRESENT: u8 = 25;
    pub(super) const PARAMETER: u8 = 26;
    pub(super) const OPTIONAL_SELECT: u8 = 27;
    pub(super) const OPTIONAL_INDEX: u8 = 28;
    pub(super) const FOLD_PAIRS: u8 = 29;
    pub(super) const FILTERED: u8 = 30;
    pub(super) const LET: u8 = 31;
    pub(super) const OPTIONAL_MAP: u8 = 32;
    pub(super) const OPTIONAL_FLAT_MAP: u8 = 33;
    pub(super) const OPTIONAL_OR: u8 = 34;
    pub(super) const OPTIONAL_OR_VALUE: u8 = 35;
    pub(super) const CALL: u8 = 36;
    pub(super) const MATCHES: u8 = 37;
}

/// Codes are positions in these tables: append only.
const INPUTS: [Input; 13] = [
    Input::PrincipalId,
    Input::PrincipalRoles,
    Input::PrincipalAttributes,
    Input::ResourceKind,
    Input::ResourceId,
    Input::ResourceAttributes,
    Input::Method,
    Input::Path,
    Input::Host,
    Input::Body,
    Input::Time,
    Input::SourceIp,
    Input::SourcePort,
];
const ROOTS: [Root; 4] = [Root::Principal, Root::Resource, Root::Header, Root::Query];
const UNARIES: [Unary; 3] = [Unary::Not, Unary::Negate, Unary::Size];
const BINARIES: [Binary; 15] = [
    Binary::Equal,
    Binary::NotEqual,
    Binary::Less,
    Binary::LessEqual,
    Binary::Greater,
    Binary::GreaterEqual,
    Binary::Add,
    Binary::Subtract,
    Binary::Multiply,
    Binary::Divide,
    Binary::Modulo,
    Binary::In,
    Binary::StartsWith,
    Binary::EndsWith,
    Binary::Contains,
];
const FOLDS: [Fold; 8] = [
    Fold::All,
    Fold::Exists,
    Fold::ExistsOne,
    Fold::Filter,
    Fold::Map,
    Fold::TransformMap,
    Fold::TransformMapEntry,
    Fold::SortBy,
];

/// What of a request conditions read, and how often they name it.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    /// Header names, by their place among the arena's strings.
    pub(super) headers: Counts,
    /// Names of query parameters, likewise.
    pub(super) query: Counts,
    pub(super) time: usize,
    pub(super) source: usize,
    pub(super) body: usize,
}
