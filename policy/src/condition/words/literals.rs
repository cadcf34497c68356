use std::fmt::Write as _;

use cel_interpreter::common::ast::LiteralValue;

use super::{Level, MAX_WORDS, Teller};
use crate::source::tree::is_printable;
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
            LiteralValue::UInt(value) => write!(said, "{}u", value.inner()),
            // With a point: numbers with one divide otherwise.
            LiteralValue::Double(value) => write!(said, "{:?}", value.inner()),
            LiteralValue::String(value) => {
                self.quote('\'', value.inner());
                Ok(())
            }
            LiteralValue::Bytes(value) => {
                let shown = value.inner().get(..MAX_WORDS).unwrap_or(value.inner());
                write!(said, "bytes '{}'", shown.escape_ascii())
            }
        };
        Level::Atom
    }

    /// A text as it is, in quotes of its own, which it cannot end; what cannot be shown is written out.
    pub(super) fn quote(&mut self, quote: char, text: &str) {
        self.said.push(quote);
        for character in text.chars().take(MAX_WORDS) {
            match character {
                '\\' => self.add("\\\\"),
                _ if character == quote => self.said.extend(['\\', quote]),
                _ if is_printable(character) => self.said.push(character),
                _ => self.said.extend(character.escape_unicode()),
            }
        }
        self.said.push(quote);
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
