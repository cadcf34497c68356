use bumpalo::Bump;

use super::Lowering;
use crate::condition::Constant;
use crate::condition::fuel::Fuel;
use crate::condition::node::{Node, NodeId};
use crate::condition::value::Value;
use crate::condition::workspace::Workspace;

/// Steps that computing a constant may take.
const FUEL: u32 = 1000;

/// A constant, out of the arena that it was computed in.
enum Computed {
    Node(Node),
    Int(i64),
    UInt(u64),
    Double(f64),
    Str(String),
    Bytes(Vec<u8>),
    Constant(Constant),
}

impl Lowering<'_> {
    /// A call whose arguments are constants is computed once, here; `id` is the call's place. One that has no value stays, to
    /// be an error where it is evaluated.
    pub(super) fn fold_constant(&mut self, call: Node, id: NodeId) -> Node {
        let Some(computed) = self.computed(call) else { return call };
        self.truncate(id.operand());
        match computed {
            Computed::Node(node) => node,
            Computed::Int(value) => self.code.int(value),
            Computed::UInt(value) => Node::UInt(self.code.push_word(value)),
            Computed::Double(value) => Node::Double(self.code.push_word(value.to_bits())),
            Computed::Str(text) => Node::Str(self.code.push_string(&text)),
            Computed::Bytes(bytes) => Node::Bytes(self.code.push_blob(&bytes)),
            Computed::Constant(constant) => self.code.constant(constant),
        }
    }

    fn computed(&self, call: Node) -> Option<Computed> {
        let Node::Call(function, len, start) = call else { return None };
        let arguments: Vec<Value<'_>> =
            self.code.arguments(len, start).iter().map(|id| self.scalar(*id)).collect::<Option<_>>()?;
        let arena = Bump::new();
        let mut fuel = Fuel::of(FUEL);
        let result = function.call(&arguments, &mut Workspace { arena: &arena, fuel: &mut fuel }).ok()?;
        Some(match result {
            Value::Null => Computed::Node(Node::Null),
            Value::Bool(value) => Computed::Node(Node::Bool(value)),
            Value::Int(value) => Computed::Int(value),
            Value::UInt(value) => Computed::UInt(value),
            Value::Double(value) => Computed::Double(value),
            Value::Str(text) => Computed::Str(text.to_owned()),
            Value::Bytes(bytes) => Computed::Bytes(bytes.to_owned()),
            Value::Timestamp(value) => Computed::Constant(Constant::Timestamp(value)),
            Value::Duration(value) => Computed::Constant(Constant::Duration(value)),
            Value::Type(value) => Computed::Constant(Constant::Type(value)),
            Value::Ip(value) => Computed::Constant(Constant::Ip(value)),
            Value::Cidr(value) => Computed::Constant(Constant::Cidr(value)),
            Value::List(_) | Value::Map(_) | Value::Optional(_) => return None,
        })
    }

    fn scalar(&self, id: NodeId) -> Option<Value<'_>> {
        Some(match self.code.node(id)? {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(value),
            Node::Int(value) => Value::Int(i64::from(value)),
            Node::Int64(word) => Value::Int(self.code.word(word).cast_signed()),
            Node::UInt(word) => Value::UInt(self.code.word(word)),
            Node::Double(word) => Value::Double(f64::from_bits(self.code.word(word))),
            Node::Str(text) => Value::Str(self.code.string(text)),
            Node::Bytes(blob) => Value::Bytes(self.code.blob(blob)),
            Node::Constant(constant) => Value::from(self.code.constant_of(constant)?),
            _ => return None,
        })
    }
}
