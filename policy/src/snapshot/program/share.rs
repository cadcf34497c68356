use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::ops::Range;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::condition::{Code, Mark, Node, NodeId};

/// Conditions of a snapshot by what they say: policies share most of theirs, and each is kept once. So the arena stays
/// small, and near to the processor.
#[derive(Debug, Default)]
pub(super) struct Conditions(HashTable<Range<u32>>);

impl Conditions {
    /// The root of the condition that has been read since `mark`, or of an equal one, instead of which it is not kept.
    pub(super) fn share(&mut self, root: NodeId, mark: Mark, code: &mut Code) -> NodeId {
        // What refers to constants or elements outside the nodes is not compared.
        if !code.only_nodes_since(mark) {
            return root;
        }
        let own = root.0..code.next().0;
        let equal = |known: &Range<u32>| known.len() == own.len() && nodes(code, known).eq(nodes(code, &own));
        if let Some(known) = self.0.find(hash(code, &own), equal) {
            let known = NodeId(known.start);
            code.truncate(root);
            return known;
        }
        self.0.insert_unique(hash(code, &own), own, |known| hash(code, known));
        root
    }
}

/// The nodes of a condition, wherever it stands.
fn nodes(code: &Code, range: &Range<u32>) -> impl Iterator<Item = Node> {
    range.clone().filter_map(|id| code.node(NodeId(id)).map(|node| node.relative_to(NodeId(id))))
}

fn hash(code: &Code, range: &Range<u32>) -> u64 {
    let mut hasher = FxHasher::default();
    for node in nodes(code, range) {
        discriminant(&node).hash(&mut hasher);
        // What tells most conditions apart; the others are only compared more often.
        match node {
            Node::Str(text) | Node::Attribute(_, text) | Node::Select(text) => hasher.write_u32(text.0),
            Node::Int(value) => hasher.write_i32(value),
            Node::Input(input) => discriminant(&input).hash(&mut hasher),
            Node::Binary(operator, _) => discriminant(&operator).hash(&mut hasher),
            _ => {}
        }
    }
    hasher.finish()
}
