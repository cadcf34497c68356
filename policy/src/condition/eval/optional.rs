use super::{Evaluated, Evaluator, Observer};
use crate::condition::fault::{Fault, FaultKind};
use crate::condition::node::NodeId;
use crate::condition::value::Value;

impl<'a, O: Observer> Evaluator<'a, O> {
    /// The optional that is the operand of a node.
    fn optional(&mut self, id: NodeId) -> Result<Option<Value<'a>>, Fault> {
        match self.value(id.operand())? {
            Value::Optional(value) => Ok(value.copied()),
            _ => Err(Fault { kind: FaultKind::Types, at: id }),
        }
    }

    #[inline(never)]
    pub(super) fn optional_map(&mut self, flat: bool, variable: u8, body: NodeId, id: NodeId) -> Evaluated<'a> {
        let fault = |kind| Fault { kind, at: id };
        let Some(value) = self.optional(id)? else { return Ok(Value::Optional(None)) };
        self.set(variable, value).map_err(fault)?;
        let value = self.value(body)?;
        if flat { Ok(value) } else { self.workspace().some(value).map_err(fault) }
    }

    #[inline(never)]
    pub(super) fn optional_or(&mut self, other: NodeId, id: NodeId) -> Evaluated<'a> {
        match self.value(id.operand())? {
            found @ Value::Optional(Some(_)) => Ok(found),
            Value::Optional(None) => match self.value(other)? {
                other @ Value::Optional(_) => Ok(other),
                _ => Err(Fault { kind: FaultKind::Types, at: id }),
            },
            _ => Err(Fault { kind: FaultKind::Types, at: id }),
        }
    }

    #[inline(never)]
    pub(super) fn optional_or_value(&mut self, other: NodeId, id: NodeId) -> Evaluated<'a> {
        match self.optional(id)? {
            Some(value) => Ok(value),
            None => self.value(other),
        }
    }
}
