use super::functions::Function;

/// A place in [`super::Code`]'s nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(crate) u32);

/// A string of [`super::Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StringId(pub(crate) u32);

/// A 64-bit constant of [`super::Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WordId(pub(crate) u32);

/// A byte string of [`super::Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BlobId(pub(crate) u32);

/// A [`super::Constant`] of [`super::Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ConstantId(pub(crate) u32);

/// A pattern of [`super::Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PatternId(pub(crate) u32);

/// Variables that macros can have in scope at once.
pub(crate) const MAX_VARIABLES: usize = 8;

/// One operation, in 8 bytes. Trees are laid out in prefix order: an operation's first operand is the node after it, so
/// that most conditions lie in one cache line; further operands are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    Bytes(BlobId),
    /// A point or span of time, a type, an address or a range of them.
    Constant(ConstantId),
    /// This many elements, from this place in the element list, built into a list.
    List(u16, u32),
    /// This many entries, each a key and a value in the element list, built into a map.
    Map(u16, u32),
    /// An element or value, of a list or map written out, that is left out where the optional after it is empty.
    IfPresent,
    /// A fixed property of principal, resource or request.
    Input(Input),
    /// `has()` of one.
    HasInput(Input),
    /// An attribute of principal or resource, a request header or query parameter.
    Attribute(Root, StringId),
    HasAttribute(Root, StringId),
    /// A value from outside, by position.
    Parameter(u16),
    /// A macro's variable, numbered by nesting depth.
    Variable(u8),
    /// A field of the next node.
    Select(StringId),
    /// `has()` of one.
    Has(StringId),
    /// A field of the next node, as an optional.
    OptionalSelect(StringId),
    /// The next node, indexed.
    Index(NodeId),
    /// The next node, indexed, as an optional.
    OptionalIndex(NodeId),
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
    /// As `Fold`, with two variables: index or key, and the value in the variable after.
    FoldPairs(Fold, u8, NodeId),
    /// The body of a mapping macro that takes only elements for which the next node holds.
    Filtered(NodeId),
    /// The other node, with the value of the next in a variable.
    Let(u8, NodeId),
    /// The optional that is the next node, if it is empty; else the other node over its value, itself an optional if flat.
    OptionalMap(bool, u8, NodeId),
    /// The optional that is the next node, or the other if it is empty.
    OptionalOr(NodeId),
    /// The value of the optional that is the next node, or the other node if it is empty.
    OptionalOrValue(NodeId),
    /// A function of this many arguments, from this place in the element list.
    Call(Function, u8, u32),
    /// Whether a pattern occurs in the next node.
    Matches(PatternId),
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
    Body,
    Time,
    SourceIp,
    SourcePort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    Principal,
    Resource,
    Header,
    Query,
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

impl Binary {
    /// Whether it computes a value, rather than a boolean.
    pub(crate) fn is_arithmetic(self) -> bool {
        matches!(self, Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo)
    }
}

impl Node {
    /// The same operation with another last operand, made from the one it has; itself if it has none of its own.
    pub(crate) fn with_other(self, to: impl FnOnce(NodeId) -> NodeId) -> Node {
        match self {
            Node::Index(other) => Node::Index(to(other)),
            Node::OptionalIndex(other) => Node::OptionalIndex(to(other)),
            Node::Binary(operator, other) => Node::Binary(operator, to(other)),
            Node::And(other) => Node::And(to(other)),
            Node::Or(other) => Node::Or(to(other)),
            Node::Conditional(before, other) => Node::Conditional(before, to(other)),
            Node::Fold(fold, variable, other) => Node::Fold(fold, variable, to(other)),
            Node::FoldPairs(fold, variable, other) => Node::FoldPairs(fold, variable, to(other)),
            Node::Filtered(other) => Node::Filtered(to(other)),
            Node::Let(variable, other) => Node::Let(variable, to(other)),
            Node::OptionalMap(flat, variable, other) => Node::OptionalMap(flat, variable, to(other)),
            Node::OptionalOr(other) => Node::OptionalOr(to(other)),
            Node::OptionalOrValue(other) => Node::OptionalOrValue(to(other)),
            other => other,
        }
    }

    /// Its last operand, if it has one of its own.
    #[cfg(feature = "compiler")]
    pub(crate) fn other(self) -> Option<NodeId> {
        let mut found = None;
        self.with_other(|other| *found.insert(other));
        found
    }

    /// The same wherever its tree stands: its operand is told by its distance from `own`, the node's place.
    pub(crate) fn relative_to(self, own: NodeId) -> Node {
        self.with_other(|other| NodeId(other.0.wrapping_sub(own.0)))
    }

    pub(crate) fn is_arithmetic(self) -> bool {
        matches!(self, Node::Binary(operator, _) if operator.is_arithmetic())
    }
}

/// What a macro makes of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    All,
    Exists,
    ExistsOne,
    /// The elements for which the body holds, or the keys.
    Filter,
    /// A list of the body's values.
    Map,
    /// A map from each key, or index, to the body's value.
    TransformMap,
    /// A map of the entries of the maps that the body gives.
    TransformMapEntry,
    /// The elements in the order of the body's values.
    SortBy,
}

const _: () = assert!(size_of::<Node>() == 8);
