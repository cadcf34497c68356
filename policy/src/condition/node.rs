/// A place in [`super::Code`]'s nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(pub(crate) u32);

/// A run of bytes in [`super::Code`]'s text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// A run of operands in [`super::Code`]'s operand list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// Variables that macros can have in scope at once.
pub(crate) const MAX_VARIABLES: usize = 8;

/// One operation. 16 bytes; children are found through the arena.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Str(Span),
    /// The operands, built into a list.
    List(Range),
    /// A fixed property of principal, resource or request.
    Input(Input),
    /// `has()` of one.
    HasInput(Input),
    /// An attribute of principal or resource, or a request header.
    Attribute(Root, Span),
    HasAttribute(Root, Span),
    /// A macro's variable, numbered by nesting depth.
    Variable(u8),
    Select(NodeId, Span),
    Has(NodeId, Span),
    Index(NodeId, NodeId),
    Unary(Unary, NodeId),
    Binary(Binary, NodeId, NodeId),
    /// Conjunction of two or more operands, errors absorbed by a false one.
    And(Range),
    /// Disjunction, errors absorbed by a true one.
    Or(Range),
    Conditional(NodeId, NodeId, NodeId),
    /// A macro over the elements of a list or the keys of a map: its variable, the range, the body.
    Fold(Fold, u8, NodeId, NodeId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    PrincipalId,
    PrincipalRoles,
    PrincipalAttributes,
    ResourceKind,
    ResourceId,
    ResourceAttributes,
    Method,
    Path,
    Host,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    Principal,
    Resource,
    Header,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Negate,
    Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    In,
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    All,
    Exists,
}
