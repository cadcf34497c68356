use redis::Value;

use crate::amounts::Amounts;
use crate::counter::Counters;
use crate::reservation::ReservationId;

use super::names;

/// What a script answered, read from its beginning.
pub(super) struct Answer(std::vec::IntoIter<Value>);

/// An answer that no script of this build gives.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(
    "what its scripts answer is not understood: is it used by another version of the companion, or by something else?"
)]
pub(super) struct Malformed;

impl Answer {
    pub(super) fn of(value: Value) -> Result<Self, Malformed> {
        match value {
            Value::Array(values) => Ok(Answer(values.into_iter())),
            _ => Err(Malformed),
        }
    }

    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        match self.0.next() {
            Some(Value::Int(number)) => u64::try_from(number).map_err(|_| Malformed),
            _ => Err(Malformed),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        match self.0.next() {
            Some(Value::BulkString(text)) => String::from_utf8(text).map_err(|_| Malformed),
            Some(Value::SimpleString(text)) => Ok(text),
            _ => Err(Malformed),
        }
    }

    pub(super) fn list(&mut self) -> Result<Answer, Malformed> {
        self.0.next().ok_or(Malformed).and_then(Answer::of)
    }

    pub(super) fn amounts(&mut self) -> Result<Amounts, Malformed> {
        Ok(Amounts::new(self.number()?, self.number()?))
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.len() == 0
    }
}

/// The words of a record, one after another.
pub(super) struct Words<'r>(std::str::SplitAsciiWhitespace<'r>);

impl<'r> Words<'r> {
    pub(super) fn new(head: &'r str) -> Self {
        Words(head.split_ascii_whitespace())
    }

    pub(super) fn word(&mut self) -> Result<&'r str, Malformed> {
        self.0.next().ok_or(Malformed)
    }

    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        self.word()?.parse().map_err(|_| Malformed)
    }

    pub(super) fn amounts(&mut self) -> Result<Amounts, Malformed> {
        Ok(Amounts::new(self.number()?, self.number()?))
    }
}

pub(super) fn counters<'l>(lines: impl Iterator<Item = &'l str>) -> Result<Counters, Malformed> {
    let counters = lines.map(names::parse).collect::<Option<_>>().ok_or(Malformed)?;
    Counters::new(counters).map_err(|_| Malformed)
}

pub(super) fn id(text: &str) -> Result<ReservationId, Malformed> {
    text.parse().map_err(|_| Malformed)
}
