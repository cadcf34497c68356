use cel_interpreter::common::ast::{CallExpr, Expr, IdedExpr, operators};

use super::{Lowered, Lowering};
use crate::condition::environment;
use crate::condition::functions::{self, Function, Style};
use crate::condition::macros::recognise;
use crate::condition::node::{Binary, Node, NodeId, Unary};
use crate::condition::pattern::Pattern;
use crate::time::Offset;

impl Lowering<'_> {
    pub(super) fn call(&mut self, call: &CallExpr, at: &IdedExpr, id: NodeId) -> Lowered<Node> {
        if let Some(found) = recognise(call, self.parsed)? {
            return self.macro_call(found, at);
        }
        let operands: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let name = call.func_name.as_str();
        match (name, operands.as_slice(), call.target.is_some()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [_, _], false) => {
                let operands = chain(at, name);
                let (left, right) = operands.split_at(operands.len() / 2);
                self.junction(left, name)?;
                self.junction(right, name).map(|right| joined(name, right))
            }
            (operators::CONDITIONAL, [condition, yes, no], false) => {
                self.node(condition)?;
                let (yes, no) = (self.node(yes)?, self.node(no)?);
                // A condition has far fewer than 2^16 nodes.
                Ok(Node::Conditional(u16::try_from(no.0 - yes.0).unwrap_or(u16::MAX), no))
            }
            (operators::INDEX, [of, index], false) => {
                self.node(of)?;
                self.node(index).map(Node::Index)
            }
            (operators::OPT_INDEX, [of, index], false) => match self.optional_member(of, index, at)? {
                Some(node) => Ok(node),
                None => {
                    self.node(of)?;
                    self.node(index).map(Node::OptionalIndex)
                }
            },
            (operators::OPT_SELECT, [of, field], false) => match (self.optional_member(of, field, at)?, literal(field))
            {
                (Some(node), _) => Ok(node),
                (None, Some(field)) => {
                    self.node(of)?;
                    Ok(Node::OptionalSelect(self.code.push_string(field)))
                }
                (None, None) => Err(self.unsupported(at, "an optional selection of no literal name")),
            },
            (operators::IN, [element, container], false) => match self.named_in(element, container)? {
                Some(node) => Ok(node),
                None => self.with(element, container).map(|container| Node::Binary(Binary::In, container)),
            },
            ("or", [optional, other], true) => self.with(optional, other).map(Node::OptionalOr),
            ("orValue", [optional, other], true) => self.with(optional, other).map(Node::OptionalOrValue),
            ("matches", [text, pattern], _) => self.matches(text, pattern),
            (_, [operand], target) if unary(name, target).is_some() => {
                let operator = unary(name, target).unwrap_or(Unary::Not);
                self.node(operand).map(|_| Node::Unary(operator))
            }
            (_, [a, b], target) if binary(name, target).is_some() => {
                let operator = binary(name, target).unwrap_or(Binary::Equal);
                self.with(a, b).map(|b| Node::Binary(operator, b))
            }
            _ => self.function_call(call, at, id),
        }
    }

    /// Two operands, the first next; gives the place of the second.
    fn with(&mut self, first: &IdedExpr, second: &IdedExpr) -> Lowered<NodeId> {
        self.node(first)?;
        self.node(second)
    }

    fn function_call(&mut self, call: &CallExpr, at: &IdedExpr, id: NodeId) -> Lowered<Node> {
        let (name, style) =
            (call.func_name.as_str(), if call.target.is_some() { Style::Method } else { Style::Global });
        // `math.abs(x)` is written like a method of something called `math`.
        if let Some(qualified) = self.qualified(call) {
            return match extreme(&qualified) && call.args.len() > 1 {
                true => self.extreme(&qualified, call, at, id),
                false => {
                    let arguments =
                        call.args.iter().map(|argument| self.node(argument)).collect::<Lowered<Vec<_>>>()?;
                    self.folded(&qualified, &arguments, at, id)
                }
            };
        }
        let operands: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let Some(function) = functions::find(name, style, operands.len()) else {
            return self.unresolved(self.unknown_function(call, at));
        };
        let arguments = operands.iter().map(|operand| self.node(operand)).collect::<Lowered<Vec<_>>>()?;
        if let (Function::Moment(_), [_, zone], [_, at]) = (function, arguments.as_slice(), operands.as_slice()) {
            self.zone(*zone, at)?;
        }
        let node = self.code.call(function, &arguments);
        Ok(self.fold_constant(node, id))
    }

    /// A time zone that is written out by name becomes its table.
    fn zone(&mut self, zone: NodeId, at: &IdedExpr) -> Lowered<()> {
        let Some(Node::Str(name)) = self.code.node(zone) else { return Ok(()) };
        let name = self.code.string(name);
        if Offset::parse(name).is_some() {
            return Ok(());
        }
        let Some(table) = self.environment.zone(name) else {
            let instead = "write a name such as `Europe/Paris`, `UTC`, or an offset such as `+02:00`";
            return Err(self.problem(at, format!("there is no time zone `{name}`; {instead}")));
        };
        let table = self.code.push_blob(&table);
        self.code.set(zone, Node::Bytes(table));
        Ok(())
    }

    /// The qualified name of a namespaced function, if the call is to one.
    fn qualified(&self, call: &CallExpr) -> Option<String> {
        let segments = environment::segments(call.target.as_deref()?)?;
        let first = segments.first()?;
        if self.local(first).is_some() || self.environment.parameter(&segments).is_some() {
            return None;
        }
        let name = format!("{}.{}", segments.join("."), call.func_name);
        let name = name.trim_start_matches('.');
        let arguments = if extreme(name) { 1 } else { call.args.len() };
        functions::find(name, Style::Global, arguments).map(|_| name.to_owned())
    }

    /// `math.greatest` and `math.least` take any number of arguments: a list of them.
    fn extreme(&mut self, name: &str, call: &CallExpr, at: &IdedExpr, id: NodeId) -> Lowered<Node> {
        let list = self.code.reserve();
        let elements = call.args.iter().map(|argument| self.node(argument)).collect::<Lowered<Vec<_>>>()?;
        let node = self.code.list(&elements);
        self.code.set(list, node);
        self.folded(name, &[list], at, id)
    }

    fn folded(&mut self, name: &str, arguments: &[NodeId], at: &IdedExpr, id: NodeId) -> Lowered<Node> {
        let node = self.function(name, arguments, at)?;
        Ok(self.fold_constant(node, id))
    }

    /// A call of a function that is known to be there.
    pub(super) fn function(&mut self, name: &str, arguments: &[NodeId], at: &IdedExpr) -> Lowered<Node> {
        match functions::find(name, Style::Global, arguments.len()) {
            Some(function) => Ok(self.code.call(function, arguments)),
            None => Err(self.unsupported(at, &format!("`{name}`"))),
        }
    }

    /// A balanced tree over the operands of a chain of one logical operator, whose semantics do not depend on how it nests:
    /// long chains stay shallow.
    fn junction(&mut self, operands: &[&IdedExpr], operator: &str) -> Lowered<NodeId> {
        let (left, right) = operands.split_at(operands.len() / 2);
        match operands {
            [single] => self.node(single),
            [first, ..] => self.deeper(first, |lowering| {
                let id = lowering.code.reserve();
                lowering.junction(left, operator)?;
                let right = lowering.junction(right, operator)?;
                lowering.code.set(id, joined(operator, right));
                Ok(id)
            }),
            // Chains have two operands or more, and so their halves one or more.
            [] => Ok(self.code.next()),
        }
    }

    fn matches(&mut self, text: &IdedExpr, pattern: &IdedExpr) -> Lowered<Node> {
        let text_id = self.node(text)?;
        let before = self.code.next();
        let source = self.node(pattern)?;
        let Some(Node::Str(source)) = self.code.node(source) else {
            let message = "patterns must be string literals: they are compiled with the policy".to_owned();
            return Err(self.problem(pattern, message));
        };
        let compiled = Pattern::compile(self.code.string(source))
            .map_err(|problem| self.problem(pattern, format!("the pattern {}", problem.message)))?;
        self.budget.patterns = self.budget.patterns.checked_sub(compiled.as_bytes().len()).ok_or_else(|| {
            let message = "the condition's patterns are too large together; split it into several policies".to_owned();
            self.problem(pattern, message)
        })?;
        self.truncate(before);
        debug_assert!(text_id < before, "the text stands before the pattern");
        Ok(Node::Matches(self.code.push_pattern(compiled)))
    }
}

fn literal(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(cel_interpreter::common::ast::LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn extreme(name: &str) -> bool {
    matches!(name, "math.greatest" | "math.least")
}

/// The operands of a chain of one logical operator, in order.
pub(in crate::condition) fn chain<'e>(at: &'e IdedExpr, operator: &str) -> Vec<&'e IdedExpr> {
    let mut operands = Vec::new();
    let mut pending = vec![at];
    while let Some(next) = pending.pop() {
        match &next.expr {
            Expr::Call(call) if call.func_name == operator && call.args.len() == 2 => {
                pending.extend(call.args.iter().rev());
            }
            _ => operands.push(next),
        }
    }
    operands
}

fn joined(operator: &str, other: NodeId) -> Node {
    if operator == operators::LOGICAL_AND { Node::And(other) } else { Node::Or(other) }
}

fn unary(name: &str, target: bool) -> Option<Unary> {
    match (name, target) {
        (operators::LOGICAL_NOT, false) => Some(Unary::Not),
        (operators::NEGATE, false) => Some(Unary::Negate),
        ("size", _) => Some(Unary::Size),
        _ => None,
    }
}

fn binary(name: &str, target: bool) -> Option<Binary> {
    Some(match (name, target) {
        (operators::EQUALS, false) => Binary::Equal,
        (operators::NOT_EQUALS, false) => Binary::NotEqual,
        (operators::LESS, false) => Binary::Less,
        (operators::LESS_EQUALS, false) => Binary::LessEqual,
        (operators::GREATER, false) => Binary::Greater,
        (operators::GREATER_EQUALS, false) => Binary::GreaterEqual,
        (operators::ADD, false) => Binary::Add,
        (operators::SUBSTRACT, false) => Binary::Subtract,
        (operators::MULTIPLY, false) => Binary::Multiply,
        (operators::DIVIDE, false) => Binary::Divide,
        (operators::MODULO, false) => Binary::Modulo,
        ("startsWith", true) => Binary::StartsWith,
        ("endsWith", true) => Binary::EndsWith,
        ("contains", true) => Binary::Contains,
        _ => return None,
    })
}
