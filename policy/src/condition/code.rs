use super::constant::Constant;
use super::functions::Function;
use super::node::{BlobId, ConstantId, Node, NodeId, PatternId, StringId, WordId};
use super::pattern::Pattern;

/// How deep a condition's tree may be; bounds the evaluator's stack.
pub(crate) const MAX_DEPTH: usize = 64;

/// Arena of condition trees: nodes, and what does not fit into them.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "compiler", derive(PartialEq))]
pub(crate) struct Code {
    nodes: Vec<Node>,
    /// Elements of lists, keys and values of maps, arguments of functions.
    elements: Vec<NodeId>,
    /// 64-bit constants.
    words: Vec<u64>,
    strings: Vec<Box<str>>,
    blobs: Vec<Box<[u8]>>,
    constants: Vec<Constant>,
    patterns: Vec<Pattern>,
}

/// How much an arena held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    nodes: usize,
    elements: usize,
    words: usize,
    strings: usize,
    blobs: usize,
    constants: usize,
    patterns: usize,
}

impl Mark {
    /// About how many bytes the arena took, what strings, blobs and patterns hold left out.
    pub(crate) fn bytes(self) -> usize {
        size_of::<Node>() * self.nodes
            + size_of::<NodeId>() * self.elements
            + size_of::<u64>() * self.words
            + size_of::<Constant>() * self.constants
            + 2 * size_of::<Box<str>>() * (self.strings + self.blobs + self.patterns)
    }

    /// Whether a string was there.
    pub(crate) fn has_string(self, number: u32) -> bool {
        (number as usize) < self.strings
    }

    /// Whether a pattern was there.
    pub(crate) fn has_pattern(self, number: u32) -> bool {
        (number as usize) < self.patterns
    }

    /// Whether a node was there.
    pub(crate) fn has_node(self, id: NodeId) -> bool {
        (id.0 as usize) < self.nodes
    }
}

impl NodeId {
    /// Where the first operand of this node stands.
    pub(crate) fn operand(self) -> NodeId {
        NodeId(self.0.wrapping_add(1))
    }
}

impl Code {
    pub(crate) fn node(&self, id: NodeId) -> Option<Node> {
        self.nodes.get(id.0 as usize).copied()
    }

    /// How many nodes it holds.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Of [`Node::List`].
    pub(crate) fn elements(&self, len: u16, start: u32) -> &[NodeId] {
        let start = start as usize;
        self.elements.get(start..start + usize::from(len)).unwrap_or_default()
    }

    /// Of [`Node::Map`]: keys and values by turns.
    pub(crate) fn entries(&self, len: u16, start: u32) -> &[[NodeId; 2]] {
        let start = start as usize;
        let parts = self.elements.get(start..start + 2 * usize::from(len)).unwrap_or_default();
        parts.as_chunks().0
    }

    /// Of [`Node::Call`].
    pub(crate) fn arguments(&self, len: u8, start: u32) -> &[NodeId] {
        self.elements(u16::from(len), start)
    }

    pub(crate) fn constant_of(&self, id: ConstantId) -> Option<Constant> {
        self.constants.get(id.0 as usize).copied()
    }

    pub(crate) fn blob(&self, id: BlobId) -> &[u8] {
        self.blobs.get(id.0 as usize).map(|bytes| &**bytes).unwrap_or_default()
    }

    pub(crate) fn pattern(&self, id: PatternId) -> Option<&Pattern> {
        self.patterns.get(id.0 as usize)
    }

    pub(crate) fn word(&self, id: WordId) -> u64 {
        self.words.get(id.0 as usize).copied().unwrap_or_default()
    }

    pub(crate) fn string(&self, id: StringId) -> &str {
        self.strings.get(id.0 as usize).map(|text| &**text).unwrap_or_default()
    }

    /// Takes the place of a node whose operands follow; [`Self::set`] fills it.
    pub(crate) fn reserve(&mut self) -> NodeId {
        let id = self.next();
        self.nodes.push(Node::Null);
        id
    }

    pub(crate) fn set(&mut self, id: NodeId, node: Node) {
        if let Some(place) = self.nodes.get_mut(id.0 as usize) {
            *place = node;
        }
    }

    /// Where the next node will stand.
    pub(crate) fn next(&self) -> NodeId {
        NodeId(small(self.nodes.len()))
    }

    /// Lists have fewer than 2^16 elements: sources and counts are capped.
    pub(crate) fn list(&mut self, elements: &[NodeId]) -> Node {
        let start = small(self.elements.len());
        self.elements.extend_from_slice(elements);
        Node::List(u16::try_from(elements.len()).unwrap_or(u16::MAX), start)
    }

    /// `parts`: keys and values by turns.
    pub(crate) fn map(&mut self, parts: &[NodeId]) -> Node {
        let start = small(self.elements.len());
        self.elements.extend_from_slice(parts);
        Node::Map(u16::try_from(parts.len() / 2).unwrap_or(u16::MAX), start)
    }

    /// Functions have few arguments.
    pub(crate) fn call(&mut self, function: Function, arguments: &[NodeId]) -> Node {
        let start = small(self.elements.len());
        self.elements.extend_from_slice(arguments);
        Node::Call(function, u8::try_from(arguments.len()).unwrap_or(u8::MAX), start)
    }

    pub(crate) fn constant(&mut self, constant: Constant) -> Node {
        let id = ConstantId(small(self.constants.len()));
        self.constants.push(constant);
        Node::Constant(id)
    }

    pub(crate) fn push_blob(&mut self, bytes: &[u8]) -> BlobId {
        let id = BlobId(small(self.blobs.len()));
        self.blobs.push(bytes.into());
        id
    }

    pub(crate) fn push_pattern(&mut self, pattern: Pattern) -> PatternId {
        let id = PatternId(small(self.patterns.len()));
        self.patterns.push(pattern);
        id
    }

    /// Copies a tree from another arena, to the end of this one.
    #[cfg(feature = "compiler")]
    pub(crate) fn append(&mut self, other: &Code, root: NodeId) -> NodeId {
        super::append::append(self, other, root)
    }

    /// What there is now.
    pub(crate) fn mark(&self) -> Mark {
        let Code { nodes, elements, words, strings, blobs, constants, patterns } = self;
        Mark {
            nodes: nodes.len(),
            elements: elements.len(),
            words: words.len(),
            strings: strings.len(),
            blobs: blobs.len(),
            constants: constants.len(),
            patterns: patterns.len(),
        }
    }

    /// Takes back the nodes from a place on.
    #[cfg(feature = "compiler")]
    pub(crate) fn truncate(&mut self, from: NodeId) {
        self.nodes.truncate(from.0 as usize);
    }

    /// Takes back what has been added since.
    pub(crate) fn take_back(&mut self, to: Mark) {
        self.nodes.truncate(to.nodes);
        self.elements.truncate(to.elements);
        self.words.truncate(to.words);
        self.strings.truncate(to.strings);
        self.blobs.truncate(to.blobs);
        self.constants.truncate(to.constants);
        self.patterns.truncate(to.patterns);
    }

    pub(crate) fn push_word(&mut self, word: u64) -> WordId {
        let id = WordId(small(self.words.len()));
        self.words.push(word);
        id
    }

    pub(crate) fn push_string(&mut self, text: &str) -> StringId {
        let id = StringId(small(self.strings.len()));
        self.strings.push(text.into());
        id
    }

    /// An integer constant.
    pub(crate) fn int(&mut self, value: i64) -> Node {
        match i32::try_from(value) {
            Ok(value) => Node::Int(value),
            Err(_) => Node::Int64(self.push_word(value.cast_unsigned())),
        }
    }

    pub(crate) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.elements.shrink_to_fit();
        self.words.shrink_to_fit();
        self.strings.shrink_to_fit();
        self.blobs.shrink_to_fit();
        self.constants.shrink_to_fit();
        self.patterns.shrink_to_fit();
    }
}

/// Arenas stay far below 2^32: sources and snapshots are capped in bytes. Past it, ids resolve to nothing.
fn small(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
