use super::node::{Node, NodeId, Range, Span};

/// How deep a condition's tree may be; bounds the evaluator's stack.
pub(crate) const MAX_DEPTH: usize = 64;

/// Arena of condition trees: nodes, their operand lists and their strings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Code {
    nodes: Vec<Node>,
    operands: Vec<NodeId>,
    text: String,
}

/// One lowered condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    pub(crate) code: Code,
    pub(crate) root: NodeId,
}

impl Code {
    pub(crate) fn node(&self, id: NodeId) -> Option<Node> {
        self.nodes.get(id.0 as usize).copied()
    }

    /// How many nodes it holds.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn operands(&self, range: Range) -> &[NodeId] {
        let start = range.start as usize;
        self.operands.get(start..start + range.len as usize).unwrap_or_default()
    }

    pub(crate) fn text(&self, span: Span) -> &str {
        let start = span.start as usize;
        self.text.get(start..start + span.len as usize).unwrap_or_default()
    }

    pub(crate) fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(small(self.nodes.len()));
        self.nodes.push(node);
        id
    }

    pub(crate) fn push_operands(&mut self, operands: &[NodeId]) -> Range {
        let range = Range { start: small(self.operands.len()), len: small(operands.len()) };
        self.operands.extend_from_slice(operands);
        range
    }

    pub(crate) fn push_text(&mut self, text: &str) -> Span {
        let span = Span { start: small(self.text.len()), len: small(text.len()) };
        self.text.push_str(text);
        span
    }

    pub(crate) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.operands.shrink_to_fit();
        self.text.shrink_to_fit();
    }
}

/// Arenas stay far below 2^32: sources and snapshots are capped in bytes. Past it, ids resolve to nothing.
fn small(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
