use cel_interpreter::common::ast::{
    CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo, operators,
};
use cel_interpreter::parser::Parser;

use super::code::{MAX_DEPTH, Program};
use super::node::{Binary, Fold, Input, MAX_VARIABLES, Node, NodeId, Root, StringId, Unary};
use super::{Code, limits};

/// Why a condition is refused.
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

/// Parses a CEL expression and lowers it.
///
/// # Errors
/// If it is not CEL, reads something that conditions cannot read, uses what is not supported, or exceeds a limit.
pub fn lower(source: &str) -> Result<Program, ConditionProblem> {
    limits::check(source)?;
    let (expression, info) = Parser::new().parse_with_source_info(source).map_err(|errors| syntax(source, &errors))?;
    let mut lowering = Lowering { code: Code::default(), info: &info, variables: Vec::new(), depth: 0 };
    let root = lowering.node(&expression)?;
    let mut code = lowering.code;
    code.shrink();
    Ok(Program { code, root })
}

fn syntax(source: &str, errors: &cel_interpreter::parser::ParseErrors) -> ConditionProblem {
    let Some(first) = errors.errors.first() else {
        return ConditionProblem { offset: 0, len: 1, message: "not a CEL expression".to_owned() };
    };
    // The parser counts lines and columns from 1, columns in characters.
    let line = usize::try_from(first.pos.0).unwrap_or_default().max(1);
    let column = usize::try_from(first.pos.1).unwrap_or_default().max(1);
    let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = source.get(start..).unwrap_or_default();
    let within = rest.char_indices().nth(column - 1).map_or(rest.len(), |(offset, _)| offset);
    // The parser lists every token that it would have taken instead.
    let what = match first.msg.split_once(" expecting ") {
        Some((what, _)) if what.contains("<EOF>") => "it ends too early",
        Some((what, _)) => what,
        // The parser's own inner errors, in no words for people.
        None if first.msg.contains('{') => "it cannot be read",
        None => &first.msg,
    };
    ConditionProblem { offset: start + within, len: 1, message: format!("not a CEL expression: {what}") }
}

struct Lowering<'a> {
    code: Code,
    info: &'a SourceInfo,
    /// Variables of the macros around the current node, outermost first.
    variables: Vec<String>,
    depth: usize,
}

type Lowered<T> = Result<T, ConditionProblem>;

/// What a name or a selection on one stands for.
enum Place<'e> {
    Principal,
    PrincipalAttributes,
    Resource,
    ResourceAttributes,
    Request,
    Headers,
    Input(Input),
    Attribute(Root, &'e str),
}

impl Lowering<'_> {
    fn node(&mut self, expression: &IdedExpr) -> Lowered<NodeId> {
        self.deeper(expression, |lowering| {
            let id = lowering.code.reserve();
            let node = lowering.operation(expression)?;
            lowering.code.set(id, node);
            Ok(id)
        })
    }

    /// One level further down the tree.
    fn deeper<T>(&mut self, at: &IdedExpr, work: impl FnOnce(&mut Self) -> Lowered<T>) -> Lowered<T> {
        if self.depth >= MAX_DEPTH {
            return Err(
                self.problem(at, format!("the condition nests deeper than {MAX_DEPTH} operations; simplify it"))
            );
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    fn operation(&mut self, expression: &IdedExpr) -> Lowered<Node> {
        if let Some(place) = self.place(expression)? {
            return self.read(place, expression);
        }
        match &expression.expr {
            Expr::Literal(literal) => self.literal(literal, expression),
            Expr::Ident(name) => self.variable(name, expression),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call, expression),
            Expr::List(list) => {
                let elements = list.elements.iter().map(|element| self.node(element)).collect::<Lowered<Vec<_>>>()?;
                Ok(self.code.list(&elements))
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, expression),
            Expr::Map(_) => Err(self.unsupported(expression, "a map literal")),
            Expr::Struct(_) => Err(self.unsupported(expression, "a message literal")),
            Expr::Unspecified => Err(self.problem(expression, "an empty expression".to_owned())),
        }
    }

    fn literal(&mut self, literal: &LiteralValue, at: &IdedExpr) -> Lowered<Node> {
        Ok(match literal {
            LiteralValue::Null => Node::Null,
            LiteralValue::Boolean(value) => Node::Bool(*value.inner()),
            LiteralValue::Int(value) => self.code.int(*value.inner()),
            LiteralValue::UInt(value) => Node::UInt(self.code.push_word(*value.inner())),
            LiteralValue::Double(value) => Node::Double(self.code.push_word(value.inner().to_bits())),
            LiteralValue::String(value) => Node::Str(self.code.push_string(value.inner())),
            LiteralValue::Bytes(_) => return Err(self.unsupported(at, "a bytes literal")),
        })
    }

    fn variable(&mut self, name: &str, at: &IdedExpr) -> Lowered<Node> {
        let depth = self.variables.iter().rposition(|variable| variable == name);
        match depth.and_then(|depth| u8::try_from(depth).ok()) {
            Some(depth) => Ok(Node::Variable(depth)),
            None => Err(self
                .problem(at, format!("unknown name `{name}`; conditions read `principal`, `resource` and `request`"))),
        }
    }

    fn select(&mut self, select: &SelectExpr) -> Lowered<Node> {
        self.node(&select.operand)?;
        let field = self.code.push_string(&select.field);
        Ok(if select.test { Node::Has(field) } else { Node::Select(field) })
    }

    fn call(&mut self, call: &CallExpr, at: &IdedExpr) -> Lowered<Node> {
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
                // The source's cap keeps a condition far below 2^16 nodes.
                Ok(Node::Conditional(u16::try_from(no.0 - yes.0).unwrap_or(u16::MAX), no))
            }
            (operators::INDEX, [of, index], false) => {
                self.node(of)?;
                self.node(index).map(Node::Index)
            }
            (operators::IN, [element, container], false) => self.contained(element, container),
            (_, [operand], target) if unary(name, target).is_some() => {
                let operator = unary(name, target).unwrap_or(Unary::Not);
                self.node(operand).map(|_| Node::Unary(operator))
            }
            (_, [a, b], target) if binary(name, target).is_some() => {
                let operator = binary(name, target).unwrap_or(Binary::Equal);
                self.node(a)?;
                self.node(b).map(|b| Node::Binary(operator, b))
            }
            _ => Err(self.unsupported(at, &format!("`{name}` with {} operands", operands.len()))),
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

    fn contained(&mut self, element: &IdedExpr, container: &IdedExpr) -> Lowered<Node> {
        match self.place(container)? {
            Some(Place::Headers) => {
                let Expr::Literal(LiteralValue::String(name)) = &element.expr else {
                    return Err(self.problem(element, "header names must be string literals".to_owned()));
                };
                let name = self.header_name(name.inner(), element)?;
                Ok(Node::HasAttribute(Root::Header, name))
            }
            _ => {
                self.node(element)?;
                self.node(container).map(|container| Node::Binary(Binary::In, container))
            }
        }
    }

    fn comprehension(&mut self, comprehension: &ComprehensionExpr, at: &IdedExpr) -> Lowered<Node> {
        let (fold, body) = match fold(comprehension) {
            Some(found) if comprehension.iter_var2.is_none() => found,
            _ => return Err(self.unsupported(at, "a macro other than `has`, `all` and `exists`")),
        };
        self.node(&comprehension.iter_range)?;
        let variable = self.variables.len();
        if variable >= MAX_VARIABLES {
            return Err(self.problem(at, format!("macros nest deeper than {MAX_VARIABLES}; simplify the condition")));
        }
        self.variables.push(comprehension.iter_var.clone());
        let body = self.node(body)?;
        self.variables.pop();
        Ok(Node::Fold(fold, u8::try_from(variable).unwrap_or(u8::MAX), body))
    }

    /// What an expression names, if it is a root, or a selection by name on one. `x['name']` is `x.name`.
    fn place<'e>(&self, expression: &'e IdedExpr) -> Lowered<Option<Place<'e>>> {
        let (operand, name) = match &expression.expr {
            Expr::Ident(name) if !self.variables.contains(name) => {
                return Ok(match name.as_str() {
                    "principal" => Some(Place::Principal),
                    "resource" => Some(Place::Resource),
                    "request" => Some(Place::Request),
                    _ => None,
                });
            }
            Expr::Select(SelectExpr { operand, field, .. }) => (&**operand, field.as_str()),
            Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
                [operand, IdedExpr { expr: Expr::Literal(LiteralValue::String(name)), .. }] => (operand, name.inner()),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        // `has(principal.attr).x` selects on a boolean.
        if matches!(&operand.expr, Expr::Select(select) if select.test) {
            return Ok(None);
        }
        Ok(Some(match (self.place(operand)?, name) {
            (Some(Place::Principal), "id") => Place::Input(Input::PrincipalId),
            (Some(Place::Principal), "roles") => Place::Input(Input::PrincipalRoles),
            (Some(Place::Principal), "attr") => Place::PrincipalAttributes,
            (Some(Place::Principal | Place::PrincipalAttributes), name) => Place::Attribute(Root::Principal, name),
            (Some(Place::Resource), "kind") => Place::Input(Input::ResourceKind),
            (Some(Place::Resource), "id") => Place::Input(Input::ResourceId),
            (Some(Place::Resource), "attr") => Place::ResourceAttributes,
            (Some(Place::Resource | Place::ResourceAttributes), name) => Place::Attribute(Root::Resource, name),
            (Some(Place::Request), "method") => Place::Input(Input::Method),
            (Some(Place::Request), "path") => Place::Input(Input::Path),
            (Some(Place::Request), "host") => Place::Input(Input::Host),
            (Some(Place::Request), "headers") => Place::Headers,
            (Some(Place::Request), name) => {
                let known = "`method`, `path`, `host` and `headers`";
                return Err(self.problem(expression, format!("`request.{name}` is not known; `request` has {known}")));
            }
            (Some(Place::Headers), name) => Place::Attribute(Root::Header, name),
            (Some(Place::Input(_) | Place::Attribute(..)) | None, _) => return Ok(None),
        }))
    }

    fn read(&mut self, place: Place<'_>, at: &IdedExpr) -> Lowered<Node> {
        let test = matches!(&at.expr, Expr::Select(select) if select.test);
        let whole = |root, instead| format!("`{root}` as a whole is not a value; {instead}");
        match (place, test) {
            (Place::Input(input), false) => Ok(Node::Input(input)),
            (Place::Input(input), true) => Ok(Node::HasInput(input)),
            (Place::PrincipalAttributes, false) => Ok(Node::Input(Input::PrincipalAttributes)),
            (Place::PrincipalAttributes, true) => Ok(Node::HasInput(Input::PrincipalAttributes)),
            (Place::ResourceAttributes, false) => Ok(Node::Input(Input::ResourceAttributes)),
            (Place::ResourceAttributes, true) => Ok(Node::HasInput(Input::ResourceAttributes)),
            (Place::Attribute(root, name), test) => {
                let name = match root {
                    Root::Header => self.header_name(name, at)?,
                    Root::Principal | Root::Resource => self.code.push_string(name),
                };
                Ok(if test { Node::HasAttribute(root, name) } else { Node::Attribute(root, name) })
            }
            (Place::Principal, _) => {
                Err(self.problem(at, whole("principal", "write `principal.attr` for its attributes")))
            }
            (Place::Resource, _) => {
                Err(self.problem(at, whole("resource", "write `resource.attr` for its attributes")))
            }
            (Place::Request, _) => Err(self.problem(at, whole("request", "write `request.path` or the like"))),
            (Place::Headers, _) => {
                Err(self.problem(at, whole("request.headers", "write `request.headers['name']` with a literal name")))
            }
        }
    }

    /// Header names reach conditions in lower case; one written otherwise would never be found.
    fn header_name(&mut self, name: &str, at: &IdedExpr) -> Lowered<StringId> {
        let lower = name.to_ascii_lowercase();
        if name != lower {
            return Err(self.problem(at, format!("header names are lower-case here; write `{lower}`")));
        }
        Ok(self.code.push_string(name))
    }

    fn unsupported(&self, at: &IdedExpr, what: &str) -> ConditionProblem {
        self.problem(at, format!("{what} is not supported in conditions"))
    }

    fn problem(&self, at: &IdedExpr, message: String) -> ConditionProblem {
        // The parser's offsets are of bytes.
        let (start, end) = self.info.offset_for(at.id).unwrap_or_default();
        let (start, end) = (start as usize, end as usize);
        ConditionProblem { offset: start, len: end.saturating_sub(start).max(1), message }
    }
}

/// The operands of a chain of one logical operator, in order.
fn chain<'e>(at: &'e IdedExpr, operator: &str) -> Vec<&'e IdedExpr> {
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

/// Recognises what the parser expands `all` and `exists` to, and finds the predicate in it.
fn fold(comprehension: &ComprehensionExpr) -> Option<(Fold, &IdedExpr)> {
    let Expr::Literal(LiteralValue::Boolean(start)) = &comprehension.accu_init.expr else { return None };
    let Expr::Call(step) = &comprehension.loop_step.expr else { return None };
    let [accumulator, body] = step.args.as_slice() else { return None };
    let is_accumulator =
        |expression: &IdedExpr| matches!(&expression.expr, Expr::Ident(name) if *name == comprehension.accu_var);
    if !is_accumulator(accumulator) || !is_accumulator(&comprehension.result) {
        return None;
    }
    match (*start.inner(), step.func_name.as_str()) {
        (true, operators::LOGICAL_AND) => Some((Fold::All, body)),
        (false, operators::LOGICAL_OR) => Some((Fold::Exists, body)),
        _ => None,
    }
}
