use cel_interpreter::common::ast::{Expr, IdedExpr, operators};

use super::shape::{Form, is_number};
use super::signatures::{self, Overload};
use super::{Checker, Data, Shape, Type};
use crate::condition::lower::place::Place;

impl<'s> Checker<'_, 's> {
    /// `&&` and `||` over a chain of operands.
    pub(super) fn junction(&mut self, operator: &str, operands: &[&IdedExpr]) -> Shape<'s> {
        for operand in operands {
            let what = if operator == operators::LOGICAL_AND { "`&&`" } else { "`||`" };
            self.boolean(operand, what);
        }
        Shape::one(Type::Bool)
    }

    pub(super) fn not(&mut self, operand: &IdedExpr) -> Shape<'s> {
        self.boolean(operand, "`!`");
        Shape::one(Type::Bool)
    }

    pub(super) fn conditional(&mut self, condition: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Shape<'s> {
        self.boolean(condition, "`?:`");
        let yes = self.shape(yes);
        yes.or(self.shape(no))
    }

    /// A part that `what` takes as a boolean.
    pub(super) fn boolean(&mut self, part: &IdedExpr, what: &str) {
        let shape = self.shape(part);
        if shape.may_be(Type::Bool) {
            return;
        }
        let text = self.parsed.text(part);
        let presence = matches!(self.place(part), Some(Place::Attribute(..)));
        let advice = match shape.types().as_deref() {
            Some([Type::String]) if presence => {
                format!("; write `{text} == '…'`, or `has({text})` to ask whether it is there")
            }
            Some([Type::List]) if presence => format!("; write `… in {text}`, or `size({text}) > 0`"),
            _ if shape.types().is_some_and(|types| types.iter().all(|of| is_number(*of))) => {
                "; compare it, as in `… > 0`".to_owned()
            }
            _ => "; compare it with something".to_owned(),
        };
        let at = self.parsed.extent(part);
        self.report(at, format!("{what} takes a boolean, and this is {shape}{advice}"));
    }

    pub(super) fn negate(&mut self, operand: &IdedExpr) -> Shape<'s> {
        let shape = self.shape(operand);
        match signatures::apply(signatures::NEGATE, std::slice::from_ref(&shape)) {
            Ok(result) => result,
            Err(_) => {
                let at = self.parsed.extent(operand);
                self.report(at, format!("`-` takes an int or a double, and this is {shape}"))
            }
        }
    }

    pub(super) fn arithmetic(&mut self, name: &str, a: &IdedExpr, b: &IdedExpr, part: &IdedExpr) -> Shape<'s> {
        let (sign, ways): (_, &[Overload]) = match name {
            operators::ADD => ("+", signatures::ADD),
            operators::SUBSTRACT => ("-", signatures::SUBTRACT),
            operators::MULTIPLY => ("*", signatures::MULTIPLY),
            operators::DIVIDE => ("/", signatures::MULTIPLY),
            _ => ("%", signatures::MODULO),
        };
        let shapes = [self.shape(a), self.shape(b)];
        let [left, right] = &shapes;
        match signatures::apply(ways, &shapes) {
            Ok(_) if matches!(sign, "/" | "%") && matches!(right.value(), Some(Data::Int(0) | Data::UInt(0))) => {
                let at = self.parsed.extent(b);
                self.report(at, "division by zero")
            }
            Ok(result) => result,
            Err(_) => {
                let advice = self.arithmetic_advice(sign, (left, a), (right, b));
                let at = self.parsed.extent(part);
                self.report(at, format!("`{sign}` has no meaning for {left} and {right}{advice}"))
            }
        }
    }

    fn arithmetic_advice(&self, sign: &str, a: (&Shape<'s>, &IdedExpr), b: (&Shape<'s>, &IdedExpr)) -> String {
        let text = |part: &IdedExpr| self.parsed.text(part).to_owned();
        let convert = |to: &str, part: &IdedExpr| format!("; convert with `{to}({})`", text(part));
        let scalar = |shape: &Shape<'_>| !shape.may_be_any_of(&[Type::List, Type::Map, Type::Null]);
        for ((shape, _), (other, other_part)) in [(a, b), (b, a)] {
            if sign == "+" && shape.is_only(Type::String) && scalar(other) {
                return convert("string", other_part);
            }
            if shape.is_only(Type::Double) && all_whole(other) {
                return match other.value() {
                    Some(Data::Int(number)) => format!("; write `{number}.0`"),
                    _ => convert("double", other_part),
                };
            }
            if shape.is_only(Type::Int) && other.is_only(Type::UInt) {
                return convert("int", other_part);
            }
            if shape.is_only(Type::Timestamp) && other.is_only(Type::String) {
                return match other.value().and_then(Data::as_str) {
                    Some(text) => format!("; write `duration('{text}')`"),
                    None => convert("duration", other_part),
                };
            }
            if shape.is_only(Type::Timestamp) && shape_is_number(other) {
                return "; write a span of time, as in `duration('24h')`".to_owned();
            }
            if shape.is_only(Type::List) && scalar(other) && sign == "+" {
                return format!("; write `[{}]` to add an element", text(other_part));
            }
            if shape_is_number(shape) && other.is_only(Type::String) {
                return convert("int", other_part);
            }
        }
        String::new()
    }

    /// `<`, `<=`, `>` and `>=`.
    pub(super) fn order(&mut self, sign: &str, a: &IdedExpr, b: &IdedExpr, part: &IdedExpr) -> Shape<'s> {
        let shapes = [self.shape(a), self.shape(b)];
        let [left, right] = &shapes;
        match signatures::apply(signatures::ORDER, &shapes) {
            Ok(result) => result,
            Err(_) => {
                let advice = match chained(a) {
                    Some(middle) => {
                        let [a, middle, b] = [a, middle, b].map(|part| self.parsed.text(part));
                        format!("; write `{a} && {middle} {sign} {b}`")
                    }
                    None => self.conversion_advice((left, a), (right, b)).unwrap_or_default(),
                };
                let at = self.parsed.extent(part);
                self.report(at, format!("`{sign}` cannot compare {left} with {right}{advice}"))
            }
        }
    }

    pub(super) fn contained(&mut self, element: &IdedExpr, container: &IdedExpr, part: &IdedExpr) -> Shape<'s> {
        let item = self.shape(element);
        if let Expr::List(list) = &container.expr
            && list.optional_indices.is_empty()
        {
            self.contained_in_written(&item, element, &list.elements, container, part);
            return Shape::one(Type::Bool);
        }
        let of = self.shape(container);
        if !of.may_be_any_of(&[Type::List, Type::Map]) {
            let (inner, outer) = (self.parsed.text(element).to_owned(), self.parsed.text(container).to_owned());
            let advice = if item.is_only(Type::List) {
                format!("; write `{outer} in {inner}`")
            } else if of.is_only(Type::String) && item.may_be(Type::String) {
                format!("; write `{outer}.contains({inner})`, or a list: `{inner} in [{outer}]`")
            } else {
                "; write a list, as in `… in ['a', 'b']`".to_owned()
            };
            let at = self.parsed.extent(container);
            return self.report(at, format!("`in` takes a list or a map, and this is {of}{advice}"));
        }
        if let Some(forms) = of.forms() {
            let may_hold = |form: &Form<'s>| match form {
                Form::List(elements) => elements.may_equal(&item),
                Form::Map(keys, _) => keys.may_equal(&item),
                Form::Object(_) => item.may_be(Type::String),
                _ => false,
            };
            if !forms.iter().any(may_hold) {
                let advice = match item.is_only(Type::List) {
                    true => self.any_advice(element, container),
                    false => String::new(),
                };
                let at = self.parsed.extent(part);
                self.report(at, format!("this never holds: {item} is never among the elements of {of}{advice}"));
            }
        }
        Shape::one(Type::Bool)
    }

    /// In a list that is written out, each element is judged on its own.
    fn contained_in_written(
        &mut self,
        item: &Shape<'s>,
        element: &IdedExpr,
        options: &[IdedExpr],
        container: &IdedExpr,
        part: &IdedExpr,
    ) {
        let shapes: Vec<Shape<'s>> = options.iter().map(|option| self.shape(option)).collect();
        let never: Vec<(&IdedExpr, Shape<'s>)> =
            options.iter().zip(shapes).filter(|(_, shape)| !shape.may_equal(item)).collect();
        if never.is_empty() || self.is_constant(part) {
            return;
        }
        if never.len() == options.len() && item.is_only(Type::List) {
            let advice = self.any_advice(element, container);
            let at = self.parsed.extent(part);
            self.report(at, format!("this never holds: {item} is never equal to an element of this list{advice}"));
            return;
        }
        // A value that is known and among them: the others say what it could have been.
        if item.value().is_some() && never.len() < options.len() {
            return;
        }
        for (option, shape) in never {
            let why = self.never_equal((item, element), (&shape, option));
            let at = self.parsed.extent(option);
            self.report(at, why);
        }
    }

    fn any_advice(&self, list: &IdedExpr, container: &IdedExpr) -> String {
        let (list, container) = (self.parsed.text(list), self.parsed.text(container));
        format!("; write `{list}.exists(x, x in {container})`")
    }
}

/// What stands on the right of a comparison: in `1 < x < 5` it was meant to be compared twice.
fn chained(part: &IdedExpr) -> Option<&IdedExpr> {
    let orders = [operators::LESS, operators::LESS_EQUALS, operators::GREATER, operators::GREATER_EQUALS];
    match &part.expr {
        Expr::Call(call) if orders.contains(&call.func_name.as_str()) => call.args.get(1),
        _ => None,
    }
}

fn shape_is_number(shape: &Shape<'_>) -> bool {
    shape.types().is_some_and(|types| !types.is_empty() && types.iter().all(|of| is_number(*of)))
}

fn all_whole(shape: &Shape<'_>) -> bool {
    shape.types().is_some_and(|types| !types.is_empty() && types.iter().all(|of| matches!(of, Type::Int | Type::UInt)))
}
