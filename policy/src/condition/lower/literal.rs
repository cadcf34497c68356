use cel_interpreter::common::ast::{EntryExpr, ListExpr, LiteralValue, MapExpr};

use super::{Lowered, Lowering};
use crate::condition::node::{Node, NodeId};

impl Lowering<'_> {
    pub(super) fn literal(&mut self, literal: &LiteralValue) -> Node {
        match literal {
            LiteralValue::Null => Node::Null,
            LiteralValue::Boolean(value) => Node::Bool(*value.inner()),
            LiteralValue::Int(value) => self.code.int(*value.inner()),
            LiteralValue::UInt(value) => Node::UInt(self.code.push_word(*value.inner())),
            LiteralValue::Double(value) => Node::Double(self.code.push_word(value.inner().to_bits())),
            LiteralValue::String(value) => Node::Str(self.code.push_string(value.inner())),
            LiteralValue::Bytes(value) => Node::Bytes(self.code.push_blob(value.inner())),
        }
    }

    pub(super) fn list(&mut self, list: &ListExpr) -> Lowered<Node> {
        let mut elements = Vec::with_capacity(list.elements.len());
        for (position, element) in list.elements.iter().enumerate() {
            elements.push(self.element(element, list.optional_indices.contains(&position))?);
        }
        Ok(self.code.list(&elements))
    }

    pub(super) fn map_literal(&mut self, map: &MapExpr) -> Lowered<Node> {
        let mut parts = Vec::with_capacity(2 * map.entries.len());
        for entry in &map.entries {
            // The parser puts fields into messages only.
            let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
            parts.push(self.node(&entry.key)?);
            parts.push(self.element(&entry.value, entry.optional)?);
        }
        Ok(self.code.map(&parts))
    }

    fn element(&mut self, element: &cel_interpreter::common::ast::IdedExpr, optional: bool) -> Lowered<NodeId> {
        if !optional {
            return self.node(element);
        }
        self.deeper(element, |lowering| {
            let id = lowering.code.reserve();
            lowering.code.set(id, Node::IfPresent);
            lowering.node(element)?;
            Ok(id)
        })
    }
}
