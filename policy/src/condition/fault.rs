use super::Code;
use super::fuel::Spent;
use super::node::{Binary, Input, Node, NodeId, Root, Unary};

/// Why a condition has no value, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) at: NodeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// An attribute, header, key or input that is not there.
    Missing,
    /// Operands of types that the operation has no meaning for.
    Types,
    /// An index past the end of a list.
    OutOfRange,
    Overflow,
    DivisionByZero,
    /// The condition's value is not a boolean.
    NotBoolean,
    /// More steps than a condition may take.
    OutOfFuel,
    /// A header that is not UTF-8.
    NotUtf8,
    /// An operand of the right type whose value has no result: why, to follow its name.
    Invalid(&'static str),
}

impl From<Spent> for FaultKind {
    fn from(_: Spent) -> Self {
        FaultKind::OutOfFuel
    }
}

impl Fault {
    /// A sentence for the operator; `code` is the arena that the condition was evaluated in.
    pub(crate) fn describe(self, code: &Code) -> String {
        let what = subject(code, self.at);
        match self.kind {
            FaultKind::Missing => format!("{what} is missing"),
            FaultKind::Types => format!("{what} has no meaning for these types"),
            FaultKind::OutOfRange => "a list index is out of range".to_owned(),
            FaultKind::Overflow => format!("{what} overflows"),
            FaultKind::DivisionByZero => "division by zero".to_owned(),
            FaultKind::NotBoolean => format!("{what} is not a boolean"),
            FaultKind::OutOfFuel => "it takes more steps than a condition may".to_owned(),
            FaultKind::NotUtf8 => format!("{what} is not UTF-8"),
            FaultKind::Invalid(why) => format!("{what} {why}"),
        }
    }
}

fn subject(code: &Code, at: NodeId) -> String {
    match code.node(at) {
        Some(Node::Attribute(root, name) | Node::HasAttribute(root, name)) => {
            let name = code.string(name);
            match root {
                Root::Principal => format!("`principal.{name}`"),
                Root::Resource => format!("`resource.{name}`"),
                Root::Header => format!("header `{name}`"),
                Root::Query => format!("query parameter `{name}`"),
            }
        }
        Some(Node::Select(field) | Node::Has(field) | Node::OptionalSelect(field)) => {
            format!("key `{}`", code.string(field))
        }
        Some(Node::Input(input)) => format!("`{}`", input_name(input)),
        Some(Node::Index(..) | Node::OptionalIndex(..)) => "an index".to_owned(),
        Some(Node::Unary(operator)) => match operator {
            Unary::Not => "`!`".to_owned(),
            Unary::Negate => "`-`".to_owned(),
            Unary::Size => "`size`".to_owned(),
        },
        Some(Node::Binary(operator, ..)) => format!("`{}`", binary_name(operator)),
        Some(Node::And(_)) => "an operand of `&&`".to_owned(),
        Some(Node::Or(_)) => "an operand of `||`".to_owned(),
        Some(Node::Conditional(..)) => "the condition of `?:`".to_owned(),
        Some(Node::Fold(..) | Node::FoldPairs(..)) => "a macro's range or body".to_owned(),
        Some(Node::Map(..)) => "a map".to_owned(),
        Some(Node::List(..)) => "a list".to_owned(),
        Some(Node::OptionalMap(..) | Node::OptionalOr(_) | Node::OptionalOrValue(_)) => "an optional".to_owned(),
        Some(Node::Call(function, ..)) => format!("`{}`", function.name()),
        Some(Node::Matches(_)) => "`matches`".to_owned(),
        Some(Node::Parameter(_)) => "a parameter".to_owned(),
        _ => "the condition".to_owned(),
    }
}

pub(super) fn input_name(input: Input) -> &'static str {
    match input {
        Input::PrincipalId => "principal.id",
        Input::PrincipalRoles => "principal.roles",
        Input::PrincipalAttributes => "principal.attr",
        Input::ResourceKind => "resource.kind",
        Input::ResourceId => "resource.id",
        Input::ResourceAttributes => "resource.attr",
        Input::Method => "request.method",
        Input::Path => "request.path",
        Input::Host => "request.host",
        Input::Body => "request.body",
        Input::Time => "request.time",
        Input::SourceIp => "request.source.ip",
        Input::SourcePort => "request.source.port",
    }
}

fn binary_name(operator: Binary) -> &'static str {
    match operator {
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterEqual => ">=",
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Modulo => "%",
        Binary::In => "in",
        Binary::StartsWith => "startsWith",
        Binary::EndsWith => "endsWith",
        Binary::Contains => "contains",
    }
}
