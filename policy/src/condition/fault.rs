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
        let why = match self.kind {
            FaultKind::Missing => "is missing",
            FaultKind::Types => "has no meaning for these types",
            FaultKind::OutOfRange => return "a list index is out of range".to_owned(),
            FaultKind::Overflow => "overflows",
            FaultKind::DivisionByZero => return "division by zero".to_owned(),
            FaultKind::NotBoolean => "is not a boolean",
            FaultKind::OutOfFuel => return "it takes more steps than a condition may".to_owned(),
            FaultKind::NotUtf8 => "is not UTF-8",
            FaultKind::Invalid(why) => why,
        };
        let [before, name, after] = subject(code, self.at);
        [before, name, after, " ", why].concat()
    }
}

/// What stands at a place of a condition: something with a name between two texts, or just what it is.
fn subject(code: &Code, at: NodeId) -> [&str; 3] {
    let what = match code.node(at) {
        Some(Node::Attribute(root, name) | Node::HasAttribute(root, name)) => {
            let root = match root {
                Root::Principal => "`principal.",
                Root::Resource => "`resource.",
                Root::Header => "header `",
                Root::Query => "query parameter `",
            };
            return [root, code.string(name), "`"];
        }
        Some(Node::Select(field) | Node::Has(field) | Node::OptionalSelect(field)) => {
            return ["key `", code.string(field), "`"];
        }
        Some(Node::Input(input)) => return ["`", input_name(input), "`"],
        Some(Node::Binary(operator, ..)) => return ["`", binary_name(operator), "`"],
        Some(Node::Call(function, ..)) => return ["`", function.name(), "`"],
        Some(Node::Unary(Unary::Not)) => "`!`",
        Some(Node::Unary(Unary::Negate)) => "`-`",
        Some(Node::Unary(Unary::Size)) => "`size`",
        Some(Node::Index(..) | Node::OptionalIndex(..)) => "an index",
        Some(Node::And(_)) => "an operand of `&&`",
        Some(Node::Or(_)) => "an operand of `||`",
        Some(Node::Conditional(..)) => "the condition of `?:`",
        Some(Node::Fold(..) | Node::FoldPairs(..)) => "a macro's range or body",
        Some(Node::Map(..)) => "a map",
        Some(Node::List(..)) => "a list",
        Some(Node::OptionalMap(..) | Node::OptionalOr(_) | Node::OptionalOrValue(_)) => "an optional",
        Some(Node::Matches(_)) => "`matches`",
        Some(Node::Parameter(_)) => "a parameter",
        _ => "the condition",
    };
    [what, "", ""]
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
