use bumpalo::Bump;
use cel_interpreter::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, operators};

use super::{Checker, Data, Shape};
use crate::condition::fuel::Fuel;
use crate::condition::functions::{self, Style};
use crate::condition::lower::lower_part;
use crate::condition::workspace::Workspace;
use crate::condition::{Environment, Memory, Value};

impl<'s> Checker<'_, 's> {
    /// What a call comes to whose arguments are all written out; `shape` where it is another.
    pub(super) fn computed(&mut self, call: &CallExpr, part: &IdedExpr, shape: Shape<'s>) -> Shape<'s> {
        let lazy = matches!(
            call.func_name.as_str(),
            operators::LOGICAL_AND | operators::LOGICAL_OR | operators::CONDITIONAL | "or" | "orValue"
        );
        if lazy || !self.is_constant(part) {
            return shape;
        }
        let Ok((program, _)) = lower_part(self.parsed, part, &Environment::default()) else { return shape };
        let memory = Memory::default();
        match program.evaluate(&[], &memory) {
            // What `dyn` gives is not judged.
            Ok(_) if shape.forms().is_none() => shape,
            Ok(value) => plain(value).map_or(shape, Shape::constant),
            Err(error) => {
                let at = self.parsed.extent(part);
                self.report(at, explained(&call.func_name, &error.message))
            }
        }
    }

    /// Whether a part is written out: it has the same value for every question.
    pub(super) fn is_constant(&self, part: &IdedExpr) -> bool {
        match &part.expr {
            Expr::Literal(_) => true,
            Expr::List(list) => list.elements.iter().all(|element| self.is_constant(element)),
            Expr::Map(map) => map.entries.iter().all(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => self.is_constant(&entry.key) && self.is_constant(&entry.value),
                EntryExpr::StructField(_) => false,
            }),
            // Patterns are compiled once, where they are lowered.
            Expr::Call(call) if call.func_name == "matches" => false,
            Expr::Call(call) => {
                let is_method = call.target.as_deref().is_none_or(|target| self.is_constant(target));
                (is_method || self.qualified(call).is_some())
                    && call.args.iter().all(|argument| self.is_constant(argument))
            }
            _ => false,
        }
    }

    /// Whether a function of one string has a result for this one.
    pub(super) fn accepts(&self, function: &str, text: &str) -> bool {
        let arena = Bump::new();
        let mut fuel = Fuel::of(u32::MAX);
        let mut workspace = Workspace { arena: &arena, fuel: &mut fuel };
        functions::find(function, Style::Global, 1)
            .is_none_or(|function| function.call(&[Value::Str(text)], &mut workspace).is_ok())
    }
}

/// What is said of a call that fails whenever it is evaluated.
fn explained(name: &str, fault: &str) -> String {
    match name {
        "timestamp" | "duration" | "ip" | "cidr" => always_fails(name),
        operators::INDEX => "the list or map has no such element".to_owned(),
        _ => format!("this always fails: {fault}"),
    }
}

/// What is said of a string that a function has no result for.
pub(super) fn always_fails(function: &str) -> String {
    match function {
        "timestamp" => "this is no timestamp; write it as in `timestamp('2026-01-31T08:00:00Z')`",
        "duration" => {
            "this is no duration; write hours, minutes and seconds, as in `duration('1h30m')` or `duration('90s')`"
        }
        "ip" => "this is no IP address; write it as in `'10.0.0.1'` or `'2001:db8::1'`",
        _ => "this is no CIDR range; write an address and a number of bits, as in `'10.0.0.0/8'`",
    }
    .to_owned()
}

/// A value without parts.
fn plain(value: Value<'_>) -> Option<Data> {
    Some(match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(value),
        Value::Int(number) => Data::Int(number),
        Value::UInt(number) => Data::UInt(number),
        Value::Double(number) => Data::Double(number),
        Value::Str(text) => Data::from(text),
        _ => return None,
    })
}
