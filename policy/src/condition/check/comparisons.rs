use cel_interpreter::common::ast::IdedExpr;

use super::shape::is_number;
use super::{Checker, Data, Shape, Type};
use crate::source::tree::closest;

/// Most values of an `enum` that a message lists.
const MAX_LISTED: usize = 8;

impl<'s> Checker<'_, 's> {
    /// `==` and `!=`. That something is not null is not questioned: it is what a careful author writes.
    pub(super) fn equality(&mut self, holds: bool, a: &IdedExpr, b: &IdedExpr, part: &IdedExpr) -> Shape<'s> {
        let (left, right) = (self.shape(a), self.shape(b));
        let is_null = |shape: &Shape<'_>| shape.is_only(Type::Null);
        // What is written out on both sides is decided on purpose: to switch a policy off.
        let is_written = self.is_constant(a) && self.is_constant(b);
        if is_written || left.may_equal(&right) || !holds && (is_null(&left) || is_null(&right)) {
            return Shape::one(Type::Bool);
        }
        let why = self.never_equal((&left, a), (&right, b));
        let at = self.parsed.extent(part);
        self.report(at, format!("this {} holds: {why}", if holds { "never" } else { "always" }));
        Shape::one(Type::Bool)
    }

    /// Why two are never equal, and what may have been meant.
    pub(super) fn never_equal(&self, a: (&Shape<'s>, &IdedExpr), b: (&Shape<'s>, &IdedExpr)) -> String {
        if !a.0.is_of_type_with(b.0) {
            let advice = self.conversion_advice(a, b).unwrap_or_default();
            return format!("{} is never equal to {}{advice}", a.0, b.0);
        }
        let (of, other) = if b.0.value().is_some() { (a, b) } else { (b, a) };
        let subject = self.parsed.text(of.1);
        let values = of.0.values().unwrap_or_default();
        let meant = other.0.value().and_then(Data::as_str).and_then(|text| {
            let known = values.iter().filter_map(Data::as_str);
            closest(text, known).map(|meant| format!("; did you mean `'{meant}'`?"))
        });
        match values {
            [value] => format!("`{subject}` is {}", shown(value)),
            values => {
                let listed: Vec<String> = values.iter().take(MAX_LISTED).map(shown).collect();
                let others = if values.len() > MAX_LISTED { " and others" } else { "" };
                format!("`{subject}` is one of {}{others}{}", listed.join(", "), meant.unwrap_or_default())
            }
        }
    }

    /// How one of two that do not compare may be written so that they do.
    pub(super) fn conversion_advice(&self, a: (&Shape<'s>, &IdedExpr), b: (&Shape<'s>, &IdedExpr)) -> Option<String> {
        self.advice(a, b).or_else(|| self.advice(b, a)).map(|advice| format!("; {advice}"))
    }

    fn advice(&self, a: (&Shape<'s>, &IdedExpr), b: (&Shape<'s>, &IdedExpr)) -> Option<String> {
        let (shape, part) = a;
        let (other, other_part) = b;
        let (text, other_text) = (self.parsed.text(part), self.parsed.text(other_part));
        if shape.is_only(Type::Null) {
            let names = self.place(other_part).is_some();
            return names.then(|| format!("to ask whether it is there, write `has({other_text})`"));
        }
        if shape.is_only(Type::List) && other.forms().is_some() && shape.elements().is_of_type_with(other) {
            return Some(format!("write `{other_text} in {text}`"));
        }
        if !shape.may_be(Type::String) {
            return None;
        }
        let literal = shape.value().and_then(Data::as_str);
        let types = other.types()?;
        if shape.is_only(Type::String) && !types.is_empty() && types.iter().all(|of| is_number(*of)) {
            return Some(match (literal, other.value()) {
                (Some(number), _) if number.parse::<f64>().is_ok() => {
                    format!("write the number without quotes: `{number}`")
                }
                (None, Some(_)) => format!("write it as a string: `'{other_text}'`"),
                _ => format!("convert one of them, as in `string({other_text})`"),
            });
        }
        match (types.as_slice(), literal) {
            ([Type::Bool], Some(word @ ("true" | "false"))) => Some(format!("write `{word}` without quotes")),
            ([Type::Type], Some(name)) => Some(format!("write the type without quotes: `{name}`")),
            ([of], literal) => {
                let function = match of {
                    Type::Timestamp => "timestamp",
                    Type::Duration => "duration",
                    Type::Ip => "ip",
                    Type::Cidr => "cidr",
                    Type::Bytes => "bytes",
                    _ => return None,
                };
                Some(match literal {
                    Some(literal) => format!("write `{function}('{literal}')`"),
                    None => format!("write `{function}({text})`"),
                })
            }
            _ => None,
        }
    }
}

fn shown(value: &Data) -> String {
    match value {
        Data::Null => "null".to_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Int(number) => number.to_string(),
        Data::UInt(number) => number.to_string(),
        Data::Double(number) => number.to_string(),
        Data::String(text) => format!("'{text}'"),
        Data::List(_) => "a list".to_owned(),
        Data::Map(_) => "an object".to_owned(),
    }
}
