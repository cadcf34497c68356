use std::fmt::Write as _;

use cel_interpreter::common::ast::LiteralValue;

use super::{Level, MAX_WORDS, Teller};
use crate::time::Duration;

/// Units of time in nanoseconds, longest first.
const UNITS: [(&str, u64); 5] = [
    ("day", 86_400_000_000_000),
    ("hour", 3_600_000_000_000),
    ("minute", 60_000_000_000),
    ("second", 1_000_000_000),
    ("nanosecond", 1),
];

impl Teller<'_> {
    pub(super) fn literal(&mut self, literal: &LiteralValue) -> Level {
        let said = &mut self.said;
        // Writing to a string does not fail.
        let _ = match literal {
            LiteralValue::Null => write!(said, "null"),
            LiteralValue::Boolean(value) => write!(said, "{}", value.inner()),
            LiteralValue::Int(value) => write!(said, "{}", value.inner()),
            LiteralValue::UInt(value) => write!(said, "{}", value.inner()),
            LiteralValue::Double(value) => write!(said, "{}", value.inner()),
            LiteralValue::String(value) => {
                self.quote(value.inner());
                Ok(())
            }
            LiteralValue::Bytes(value) => write!(said, "{} bytes", value.inner().len()),
        };
        Level::Atom
    }

    /// A text as it is, in quotes that it cannot end.
    pub(super) fn quote(&mut self, text: &str) {
        self.said.push('\'');
        let shown = text.chars().map(|character| match character {
            '\'' => '’',
            other if other.is_control() => ' ',
            other => other,
        });
        self.said.extend(shown.take(MAX_WORDS));
        self.said.push('\'');
    }

    /// "1 hour 30 minutes".
    pub(super) fn span(&mut self, span: Duration) {
        let mut rest = span.nanos().unsigned_abs();
        if span.nanos() < 0 {
            self.add("minus ");
        }
        let start = self.said.len();
        for (unit, nanos) in UNITS {
            let count = rest / nanos;
            rest %= nanos;
            if count > 0 {
                let space = if self.said.len() > start { " " } else { "" };
                let plural = if count == 1 { "" } else { "s" };
                let _ = write!(self.said, "{space}{count} {unit}{plural}");
            }
        }
        if self.said.len() == start {
            self.add("no time");
        }
    }
}
