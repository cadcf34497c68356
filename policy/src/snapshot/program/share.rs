use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::ops::Range;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::condition::{Code, Mark, Node, NodeId};

/// Conditions of a snapshot by what they say: policies share most of theirs, and each is kept once. So the arena stays
/// small, and near to the processor, and what is read again is found.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    known: HashTable<Range<u32>>,
    read: usize,
    compared: usize,
}

/// Comparisons for each condition read, on average, after which no more are shared: whoever makes hashes collide on purpose
/// gains no time.
const COMPARED: usize = 8;

impl Conditions {
    /// The root of the condition that has been read since `mark`, or of an equal one, instead of which it is not kept.
    pub(super) fn share(&mut self, root: NodeId, mark: Mark, code: &mut Code) -> NodeId {
        self.read += 1;
        if self.compared > COMPARED * self.read {
            return root;
        }
        let own = root.0..code.next().0;
        let own_hash = hash(code, &own);
        let compared = &mut self.compared;
        let equal = |known: &Range<u32>| {
            *compared += 1;
            known.len() == own.len() && known.clone().zip(own.clone()).all(|(a, b)| same(code, a, known, b, &own))
        };
        if let Some(known) = self.known.find(own_hash, equal) {
            let known = NodeId(known.start);
            code.take_back(mark);
            return known;
        }
        self.known.insert_unique(own_hash, own, |known| hash(code, known));
        root
    }

    /// Forgets what was not there.
    pub(super) fn truncate(&mut self, to: Mark) {
        self.known.retain(|known| to.has_node(NodeId(known.start)));
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// As after too many comparisons.
    #[cfg(test)]
    pub(super) fn stop(&mut self) {
        self.compared = usize::MAX;
    }
}

/// Whether two nodes say the same, each in its own condition.
fn same(code: &Code, a: u32, of_a: &Range<u32>, b: u32, of_b: &Range<u32>) -> bool {
    let parts = |a: &[NodeId], b: &[NodeId]| {
        let of_a = a.iter().map(|id| id.0.wrapping_sub(of_a.start));
        of_a.eq(b.iter().map(|id| id.0.wrapping_sub(of_b.start)))
    };
    let (Some(one), Some(other)) = (code.node(NodeId(a)), code.node(NodeId(b))) else { return false };
    match (one, other) {
        (Node::Int64(a), Node::Int64(b)) | (Node::UInt(a), Node::UInt(b)) | (Node::Double(a), Node::Double(b)) => {
            code.word(a) == code.word(b)
        }
        (Node::Bytes(a), Node::Bytes(b)) => code.blob(a) == code.blob(b),
        (Node::Constant(a), Node::Constant(b)) => code.constant_of(a) == code.constant_of(b),
        (Node::List(len, a), Node::List(other, b)) => parts(code.elements(len, a), code.elements(other, b)),
        (Node::Map(len, a), Node::Map(other, b)) => {
            parts(code.entries(len, a).as_flattened(), code.entries(other, b).as_flattened())
        }
        (Node::Call(function, len, a), Node::Call(other_function, other, b)) => {
            function == other_function && parts(code.arguments(len, a), code.arguments(other, b))
        }
        (one, other) => one.relative_to(NodeId(a)) == other.relative_to(NodeId(b)),
    }
}

fn hash(code: &Code, range: &Range<u32>) -> u64 {
    let mut hasher = FxHasher::default();
    let nodes = range.clone().filter_map(|id| code.node(NodeId(id)).map(|node| node.relative_to(NodeId(id))));
    for node in nodes {
        discriminant(&node).hash(&mut hasher);
        node.with_other(|other| {
            hasher.write_u32(other.0);
            other
        });
        match node {
            Node::Str(text) | Node::Select(text) | Node::Has(text) | Node::OptionalSelect(text) => {
                hasher.write_u32(text.0);
            }
            Node::Attribute(root, text) | Node::HasAttribute(root, text) => {
                discriminant(&root).hash(&mut hasher);
                hasher.write_u32(text.0);
            }
            Node::Int(value) => hasher.write_i32(value),
            // Words that are doubles differ in their high bits, of which the hasher alone makes little.
            Node::Int64(word) | Node::UInt(word) | Node::Double(word) => {
                let word = code.word(word);
                hasher.write_u64(word ^ word >> 32 ^ word >> 47);
            }
            Node::Bytes(blob) => hasher.write(code.blob(blob)),
            Node::Constant(constant) => code.constant_of(constant).hash(&mut hasher),
            Node::List(len, _) | Node::Map(len, _) => hasher.write_u16(len),
            Node::Call(function, len, _) => {
                hasher.write_u16(function.code());
                hasher.write_u8(len);
            }
            Node::Bool(value) => hasher.write_u8(value.into()),
            Node::Input(input) | Node::HasInput(input) => discriminant(&input).hash(&mut hasher),
            Node::Binary(operator, _) => discriminant(&operator).hash(&mut hasher),
            Node::Unary(operator) => discriminant(&operator).hash(&mut hasher),
            Node::Matches(pattern) => hasher.write_u32(pattern.0),
            Node::Variable(variable) => hasher.write_u8(variable),
            Node::Parameter(position) => hasher.write_u16(position),
            Node::Fold(fold, ..) | Node::FoldPairs(fold, ..) => discriminant(&fold).hash(&mut hasher),
            // Nothing more that tells them apart.
            _ => {}
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{Environment, lower};

    /// How many roots conditions come to that are read one after the other.
    fn roots(conditions: &[&str]) -> usize {
        let (mut code, mut shared) = (Code::default(), Conditions::default());
        let mut names: Vec<String> = Vec::new();
        let mut roots: Vec<NodeId> = conditions
            .iter()
            .map(|text| {
                let program = lower(text, &Environment::policy()).unwrap();
                let mark = code.mark();
                let root = code.append(&program.code, program.root);
                intern(&mut code, root, &mut names);
                shared.share(root, mark, &mut code)
            })
            .collect();
        roots.sort_unstable();
        roots.dedup();
        roots.len()
    }

    /// Gives equal strings equal numbers, as a snapshot's reader does.
    fn intern(code: &mut Code, root: NodeId, names: &mut Vec<String>) {
        for id in (root.0..code.next().0).map(NodeId) {
            let mut number = |text: &str| {
                let known = names.iter().position(|name| name == text);
                let at = known.unwrap_or_else(|| {
                    names.push(text.to_owned());
                    names.len() - 1
                });
                crate::condition::StringId(u32::try_from(at).unwrap())
            };
            let node = match code.node(id) {
                Some(Node::Str(text)) => Node::Str(number(code.string(text))),
                Some(Node::Attribute(root, name)) => Node::Attribute(root, number(code.string(name))),
                Some(Node::HasAttribute(root, name)) => Node::HasAttribute(root, number(code.string(name))),
                Some(Node::Has(name)) => Node::Has(number(code.string(name))),
                Some(Node::Select(name)) => Node::Select(number(code.string(name))),
                Some(other) => other,
                None => continue,
            };
            code.set(id, node);
        }
    }

    #[test]
    fn equal_conditions_are_one() {
        let condition =
            "resource.ownerId == principal.id && (has(principal.a) ? resource.n < 5 : principal.b.c != 'x')";
        assert_eq!(roots(&[condition, "request.method == 'GET'", condition, "request.method == 'GET'"]), 2);
    }

    #[test]
    fn conditions_that_differ_anywhere_are_not() {
        let different = [
            "resource.a == 'x'",
            "resource.a != 'x'",
            "resource.a == 'y'",
            "resource.b == 'x'",
            "principal.a == 'x'",
            "resource.a == principal.id",
            "resource.a == request.path",
            "has(resource.a)",
            "has(resource.b)",
            "has(principal.a.b)",
            "has(principal.a.c)",
            "resource.a < 1",
            "resource.a < 2",
            "resource.a == 'x' && resource.b",
            "resource.a == 'x' || resource.b",
            "resource.b ? resource.a : resource.c",
            "resource.b ? resource.c : resource.a",
            "!resource.b",
            "resource.b",
            "principal.groups.exists(g, g == resource.a)",
            "principal.groups.all(g, g == resource.a)",
            "resource.a in ['x']",
            "resource.a in ['y']",
        ];
        assert_eq!(roots(&different), different.len());
    }
}
