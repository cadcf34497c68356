use super::code::Code;
use super::node::{Node, NodeId};

/// Copies a tree from one arena to the end of another. Trees are no deeper than conditions may be.
pub(super) fn append(code: &mut Code, from: &Code, root: NodeId) -> NodeId {
    let Some(node) = from.node(root) else { return code.next() };
    let id = code.reserve();
    let operand = |code: &mut Code| append(code, from, root.operand());
    let copied = match node {
        Node::Null | Node::Bool(_) | Node::Int(_) | Node::Input(_) | Node::HasInput(_) => node,
        Node::Parameter(_) | Node::Variable(_) => node,
        Node::Int64(word) => Node::Int64(code.push_word(from.word(word))),
        Node::UInt(word) => Node::UInt(code.push_word(from.word(word))),
        Node::Double(word) => Node::Double(code.push_word(from.word(word))),
        Node::Str(text) => Node::Str(code.push_string(from.string(text))),
        Node::Bytes(blob) => Node::Bytes(code.push_blob(from.blob(blob))),
        Node::Constant(constant) => match from.constant_of(constant) {
            Some(constant) => code.constant(constant),
            None => node,
        },
        Node::List(len, start) => {
            let elements = many(code, from, from.elements(len, start));
            code.list(&elements)
        }
        Node::Map(len, start) => {
            let parts = many(code, from, from.entries(len, start).as_flattened());
            code.map(&parts)
        }
        Node::Call(function, len, start) => {
            let arguments = many(code, from, from.arguments(len, start));
            code.call(function, &arguments)
        }
        Node::Attribute(root, name) => Node::Attribute(root, code.push_string(from.string(name))),
        Node::HasAttribute(root, name) => Node::HasAttribute(root, code.push_string(from.string(name))),
        Node::Select(field) | Node::Has(field) | Node::OptionalSelect(field) => {
            operand(code);
            let field = code.push_string(from.string(field));
            match node {
                Node::Select(_) => Node::Select(field),
                Node::Has(_) => Node::Has(field),
                _ => Node::OptionalSelect(field),
            }
        }
        Node::Conditional(before, no) => {
            operand(code);
            let yes = append(code, from, NodeId(no.0.wrapping_sub(u32::from(before))));
            let no = append(code, from, no);
            Node::Conditional(u16::try_from(no.0 - yes.0).unwrap_or(u16::MAX), no)
        }
        Node::Matches(pattern) => {
            operand(code);
            match from.pattern(pattern) {
                Some(pattern) => Node::Matches(code.push_pattern(pattern.clone())),
                None => node,
            }
        }
        with_operand => {
            operand(code);
            with_operand.with_other(|other| append(code, from, other))
        }
    };
    code.set(id, copied);
    id
}

fn many(code: &mut Code, from: &Code, ids: &[NodeId]) -> Vec<NodeId> {
    ids.iter().map(|id| append(code, from, *id)).collect()
}
