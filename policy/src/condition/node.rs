/// A place in [`super::Code`]'s nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(pub(crate) u32);

/// A run of bytes in [`super::Code`]'s text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// A string of [`super::Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StringId(pub(crate) u32);

/// A 64-bit constant of [`super::Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WordId(pub(crate) u32);

/// Variables that macros can have in scope at once.
pub(crate) const MAX_VARIABLES: usize = 8;

/// One operation, in 8 bytes. Trees are laid out in prefix order: an operation's first operand is the node after it, so
/// that most conditions lie in one cache line; further operands are named.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    /// A small integer.
    Int(i32),
    /// An integer that is not small, as its bits.
    Int64(WordId),
    /// An unsigned integer.
    UInt(WordId),
    /// A double, as its bits.
    Double(WordId),
    Str(StringId),
    /// This many elements, from this place in the element list, built into a list.
    List(u16, u32),
    /// A fixed property of principal, resource or request.
    Input(Input),
    /// `has()` of one.
    HasInput(Input),
    /// An attribute of principal or resource, or a request header.
    Attribute(Root, StringId),
    HasAttribute(Root, StringId),
    /// A macro's variable, numbered by nesting depth.
    Variable(u8),
    /// A field of the next node.
    Select(StringId),
    /// `has()` of one.
    Has(StringId),
    /// The next node, indexed.
    Index(NodeId),
    /// Of the next node.
    Unary(Unary),
    /// Of the next node and another.
    Binary(Binary, NodeId),
    /// Conjunction of the next node and another, errors absorbed by a false one.
    And(NodeId),
    /// Disjunction, errors absorbed by a true one.
    Or(NodeId),
    /// `?:` over the next node; where the second alternative stands, and how far before it the first.
    Conditional(u16, NodeId),
    /// A macro over the elements of a list or the keys of a map (the next node): its variable and its body.
    Fold(Fold, u8, NodeId),
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

const _: () = assert!(size_of::<Node>() == 8);
