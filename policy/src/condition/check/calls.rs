use cel_interpreter::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

use super::shape::{Form, alternatives, is_number};
use super::signatures::{self, Mismatch};
use super::{Checker, Data, Shape, Type, environment};
use crate::condition::functions::{self, Style};
use crate::condition::lower::chain;
use crate::condition::macros::recognise;

impl<'s> Checker<'_, 's> {
    pub(super) fn call(&mut self, call: &CallExpr, part: &IdedExpr) -> Shape<'s> {
        match recognise(call, self.parsed) {
            Ok(Some(found)) => return self.macro_call(found, part),
            Ok(None) => {}
            Err(_) => return Shape::any(),
        }
        let before = self.problems.len();
        let shape = self.applied(call, part);
        // What is wrong with its parts is said already.
        if self.problems.len() > before {
            return shape;
        }
        self.computed(call, part, shape)
    }

    fn applied(&mut self, call: &CallExpr, part: &IdedExpr) -> Shape<'s> {
        let operands: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let name = call.func_name.as_str();
        match (name, operands.as_slice(), call.target.is_some()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [_, _], false) => self.junction(name, &chain(part, name)),
            (operators::LOGICAL_NOT, [operand], false) => self.not(operand),
            (operators::NEGATE, [operand], false) => self.negate(operand),
            (operators::CONDITIONAL, [condition, yes, no], false) => self.conditional(condition, yes, no),
            (operators::EQUALS, [a, b], false) => self.equality(true, a, b, part),
            (operators::NOT_EQUALS, [a, b], false) => self.equality(false, a, b, part),
            (operators::LESS, [a, b], false) => self.order("<", a, b, part),
            (operators::LESS_EQUALS, [a, b], false) => self.order("<=", a, b, part),
            (operators::GREATER, [a, b], false) => self.order(">", a, b, part),
            (operators::GREATER_EQUALS, [a, b], false) => self.order(">=", a, b, part),
            (operators::IN, [element, container], false) => self.contained(element, container, part),
            (
                operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE | operators::MODULO,
                [a, b],
                false,
            ) => self.arithmetic(name, a, b, part),
            (operators::INDEX, [of, index], false) => {
                let (of, index) = (self.shape(of), self.shape(index));
                self.index(&of, &index, part)
            }
            (operators::OPT_INDEX, [of, index], false) => {
                let (of, index) = (self.shape(of), self.shape(index));
                let found = self.index(&of, &index, part);
                Shape::optional(if of.is_only(Type::Optional) { found.held() } else { found })
            }
            (operators::OPT_SELECT, [of, field], false) => self.optional_selection(of, field, part),
            ("or" | "orValue", [optional, other], true) => self.or_else(name, optional, other),
            _ => self.function(call),
        }
    }

    fn optional_selection(&mut self, of: &IdedExpr, field: &IdedExpr, part: &IdedExpr) -> Shape<'s> {
        let Expr::Literal(LiteralValue::String(name)) = &field.expr else { return Shape::any() };
        let member = self
            .place(of)
            .and_then(|of| crate::condition::lower::place::member(of, name.inner(), part, self.parsed).ok().flatten());
        match member {
            Some(place) => Shape::optional(self.at_place(place, part)),
            None => {
                let of = self.shape(of);
                self.optional_select(&of, name.inner(), part)
            }
        }
    }

    fn or_else(&mut self, name: &str, optional: &IdedExpr, other: &IdedExpr) -> Shape<'s> {
        let (of, otherwise) = (self.shape(optional), self.shape(other));
        if !of.may_be(Type::Optional) {
            let at = self.parsed.extent(optional);
            let advice = match self.place(optional) {
                Some(_) => "; write `?.` where it is read, as in `resource.?name.orValue('x')`",
                None => "",
            };
            return self.report(at, format!("`{name}` takes an optional, and this is {of}{advice}"));
        }
        if name == "orValue" {
            return of.held().or(otherwise);
        }
        if !otherwise.may_be(Type::Optional) {
            let at = self.parsed.extent(other);
            return self.report(at, format!("`or` takes another optional, and this is {otherwise}; write `orValue`"));
        }
        of.or(otherwise)
    }

    fn function(&mut self, call: &CallExpr) -> Shape<'s> {
        if let Some(qualified) = self.qualified(call) {
            let arguments: Vec<&IdedExpr> = call.args.iter().collect();
            if is_extreme(&qualified) && arguments.len() > 1 {
                return self.extreme(&qualified, &arguments);
            }
            return self.apply(&qualified, Style::Global, &arguments);
        }
        let arguments: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let style = if call.target.is_some() { Style::Method } else { Style::Global };
        let shape = self.apply(&call.func_name, style, &arguments);
        self.literal_arguments(call);
        shape
    }

    /// The name of a function in a namespace, such as `math.abs`.
    pub(super) fn qualified(&self, call: &CallExpr) -> Option<String> {
        let segments = environment::segments(call.target.as_deref()?)?;
        let first = segments.first()?;
        if self.local(first).is_some() || self.environment.parameter(&segments).is_some() {
            return None;
        }
        let name = format!("{}.{}", segments.join("."), call.func_name);
        let name = name.trim_start_matches('.');
        let arguments = if is_extreme(name) { 1 } else { call.args.len() };
        functions::find(name, Style::Global, arguments).map(|_| name.to_owned())
    }

    /// `math.greatest` and `math.least` of several numbers.
    fn extreme(&mut self, name: &str, arguments: &[&IdedExpr]) -> Shape<'s> {
        for argument in arguments {
            let shape = self.shape(argument);
            if !shape.may_be_any_of(&[Type::Int, Type::UInt, Type::Double]) {
                let at = self.parsed.extent(argument);
                self.report(at, format!("`{name}` takes numbers, and this is {shape}"));
            }
        }
        Shape::of([Type::Int, Type::UInt, Type::Double].map(Form::Scalar).to_vec())
    }

    fn apply(&mut self, name: &str, style: Style, arguments: &[&IdedExpr]) -> Shape<'s> {
        let shapes: Vec<Shape<'s>> = arguments.iter().map(|argument| self.shape(argument)).collect();
        // Lowering tells of functions that there are not.
        let Some(ways) = signatures::of_function(name, style) else { return Shape::any() };
        let Mismatch { argument, expected } = match signatures::apply(ways, &shapes) {
            Ok(result) => return result,
            Err(mismatch) => mismatch,
        };
        let (Some(part), Some(shape)) = (arguments.get(argument), shapes.get(argument)) else { return Shape::any() };
        let advice = self.argument_advice(name, &expected, shape, part, arguments);
        let at = self.parsed.extent(part);
        let wanted = alternatives(&expected);
        let message = match (style, argument) {
            (Style::Method, 0) => format!("`{name}` is called on {wanted}, and this is {shape}{advice}"),
            _ => format!("`{name}` takes {wanted} here, and this is {shape}{advice}"),
        };
        self.report(at, message)
    }

    fn argument_advice(
        &self,
        name: &str,
        wanted: &[Type],
        shape: &Shape<'s>,
        part: &IdedExpr,
        arguments: &[&IdedExpr],
    ) -> String {
        let text = self.parsed.text(part);
        if let ("contains", [list, item]) = (name, arguments)
            && shape.is_only(Type::List)
        {
            return format!("; write `{} in {}`", self.parsed.text(item), self.parsed.text(list));
        }
        if matches!(name, "startsWith" | "endsWith" | "matches") && shape.is_only(Type::List) {
            return format!("; write `{text}.exists(x, x.{name}(…))`");
        }
        let is = |of: Type| shape.is_only(of);
        let numbers = shape.types().is_some_and(|types| !types.is_empty() && types.iter().all(|of| is_number(*of)));
        let conversion = match wanted.first() {
            Some(Type::String) if wanted.len() == 1 && numbers => "string",
            Some(Type::Timestamp) if is(Type::String) => "timestamp",
            Some(Type::Ip) if is(Type::String) => "ip",
            Some(Type::Cidr) if is(Type::String) => "cidr",
            Some(Type::Bytes) if is(Type::String) => "bytes",
            Some(Type::Double) if numbers => {
                return match shape.value() {
                    Some(Data::Int(number)) => format!("; write `{number}.0`"),
                    _ => format!("; write `double({text})`"),
                };
            }
            Some(Type::Int) if is(Type::String) || numbers => "int",
            _ => return String::new(),
        };
        format!("; write `{conversion}({text})`")
    }

    /// Arguments that are written out and that a function has no result for, whatever it is called on.
    fn literal_arguments(&mut self, call: &CallExpr) {
        let [argument] = call.args.as_slice() else { return };
        let Expr::Literal(LiteralValue::String(text)) = &argument.expr else { return };
        let text = text.inner();
        let name = call.func_name.as_str();
        let at = self.parsed.extent(argument);
        if call.target.is_none() {
            return;
        }
        if let Some(function) = match name {
            "containsIP" => Some("ip"),
            "containsCIDR" => Some("cidr"),
            _ => None,
        } && !self.accepts(function, text)
        {
            self.report(at, super::constants::always_fails(function));
        }
    }
}

fn is_extreme(name: &str) -> bool {
    matches!(name, "math.greatest" | "math.least")
}
