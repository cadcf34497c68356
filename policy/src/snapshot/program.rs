//! Conditions in snapshots: nodes in prefix order.

mod constant;

use rustc_hash::FxHashMap;

use crate::condition::{
    Binary, Code, Fold, Function, Input, MAX_ARGUMENTS, MAX_DEPTH, MAX_VARIABLES, Node, NodeId, Pattern, PatternId,
    Root, StringId, Unary,
};

#[cfg(feature = "compiler")]
use super::chunk::ChunkWriter;
use super::chunk::Strings;
use super::codec::{DecodeError, Reader};
use super::limits::{self, Budget};

mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const INT: u8 = 3;
    pub(super) const UINT: u8 = 4;
    pub(super) const DOUBLE: u8 = 5;
    pub(super) const STR: u8 = 6;
    pub(super) const LIST: u8 = 7;
    pub(super) const INPUT: u8 = 8;
    pub(super) const HAS_INPUT: u8 = 9;
    pub(super) const ATTRIBUTE: u8 = 10;
    pub(super) const HAS_ATTRIBUTE: u8 = 11;
    pub(super) const VARIABLE: u8 = 12;
    pub(super) const SELECT: u8 = 13;
    pub(super) const HAS: u8 = 14;
    pub(super) const INDEX: u8 = 15;
    pub(super) const UNARY: u8 = 16;
    pub(super) const BINARY: u8 = 17;
    pub(super) const AND: u8 = 18;
    pub(super) const OR: u8 = 19;
    pub(super) const CONDITIONAL: u8 = 20;
    pub(super) const FOLD: u8 = 21;
    pub(super) const BYTES: u8 = 22;
    pub(super) const CONSTANT: u8 = 23;
    pub(super) const MAP: u8 = 24;
    pub(super) const IF_PRESENT: u8 = 25;
    pub(super) const PARAMETER: u8 = 26;
    pub(super) const OPTIONAL_SELECT: u8 = 27;
    pub(super) const OPTIONAL_INDEX: u8 = 28;
    pub(super) const FOLD_PAIRS: u8 = 29;
    pub(super) const FILTERED: u8 = 30;
    pub(super) const LET: u8 = 31;
    pub(super) const OPTIONAL_MAP: u8 = 32;
    pub(super) const OPTIONAL_FLAT_MAP: u8 = 33;
    pub(super) const OPTIONAL_OR: u8 = 34;
    pub(super) const OPTIONAL_OR_VALUE: u8 = 35;
    pub(super) const CALL: u8 = 36;
    pub(super) const MATCHES: u8 = 37;
}

/// Codes are positions in these tables: append only.
const INPUTS: [Input; 13] = [
    Input::PrincipalId,
    Input::PrincipalRoles,
    Input::PrincipalAttributes,
    Input::ResourceKind,
    Input::ResourceId,
    Input::ResourceAttributes,
    Input::Method,
    Input::Path,
    Input::Host,
    Input::Body,
    Input::Time,
    Input::SourceIp,
    Input::SourcePort,
];
const ROOTS: [Root; 4] = [Root::Principal, Root::Resource, Root::Header, Root::Query];
const UNARIES: [Unary; 3] = [Unary::Not, Unary::Negate, Unary::Size];
const BINARIES: [Binary; 15] = [
    Binary::Equal,
    Binary::NotEqual,
    Binary::Less,
    Binary::LessEqual,
    Binary::Greater,
    Binary::GreaterEqual,
    Binary::Add,
    Binary::Subtract,
    Binary::Multiply,
    Binary::Divide,
    Binary::Modulo,
    Binary::In,
    Binary::StartsWith,
    Binary::EndsWith,
    Binary::Contains,
];
const FOLDS: [Fold; 8] = [
    Fold::All,
    Fold::Exists,
    Fold::ExistsOne,
    Fold::Filter,
    Fold::Map,
    Fold::TransformMap,
    Fold::TransformMapEntry,
    Fold::SortBy,
];

/// Strings and patterns of conditions that are in the arena already.
#[derive(Debug, Default)]
pub(super) struct TextInterner {
    strings: FxHashMap<Box<str>, StringId>,
    patterns: FxHashMap<Box<[u8]>, PatternId>,
}

impl TextInterner {
    fn intern(&mut self, text: &str, code: &mut Code) -> StringId {
        match self.strings.get(text) {
            Some(id) => *id,
            None => {
                let id = code.push_string(text);
                self.strings.insert(text.into(), id);
                id
            }
        }
    }
}

/// What of a request the conditions of a snapshot read.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Header names, lower-case.
    pub(super) headers: Vec<Box<str>>,
    /// Names of query parameters.
    pub(super) query: Vec<Box<str>>,
    pub(super) time: bool,
    pub(super) source: bool,
    pub(super) body: bool,
}

/// Reads conditions of one chunk into an arena.
pub(super) struct ProgramReader<'r, 'a> {
    pub(super) strings: &'r Strings<'a>,
    /// Which of the arena's strings a string of the chunk is, once it has been looked up.
    pub(super) known: &'r mut [Option<StringId>],
    /// Where strings of earlier chunks stand: conditions share most of theirs.
    pub(super) interner: &'r mut TextInterner,
    pub(super) code: &'r mut Code,
    /// What conditions read is collected here.
    pub(super) reads: &'r mut Reads,
    pub(super) budget: &'r mut Budget,
}

impl<'a> ProgramReader<'_, 'a> {
    /// Reads one condition and returns its root.
    pub(super) fn read(&mut self, reader: &mut Reader<'a>) -> Result<NodeId, DecodeError> {
        self.node(reader, 0, 0)
    }

    /// `depth` bounds the recursion, here as in the evaluator; `variables` is how many are in scope.
    fn node(&mut self, reader: &mut Reader<'a>, depth: usize, variables: u8) -> Result<NodeId, DecodeError> {
        if depth >= MAX_DEPTH {
            return Err(reader.invalid("condition depth"));
        }
        limits::NODES.check(self.code.len() + 1)?;
        let id = self.code.reserve();
        let tag = reader.byte()?;
        let child = |this: &mut Self, reader: &mut Reader<'a>| this.node(reader, depth + 1, variables);
        let node = match tag {
            tag::NULL => Node::Null,
            tag::FALSE => Node::Bool(false),
            tag::TRUE => Node::Bool(true),
            tag::INT => self.code.int(unzigzag(reader.varint()?)),
            tag::UINT => Node::UInt(self.code.push_word(reader.varint()?)),
            tag::DOUBLE => Node::Double(self.code.push_word(u64::from_le_bytes(reader.array()?))),
            tag::STR => Node::Str(self.string(reader)?),
            tag::LIST => {
                let count = limits::NAMES.check(reader.count()?)?;
                let elements = (0..count).map(|_| child(self, reader)).collect::<Result<Vec<_>, _>>()?;
                self.code.list(&elements)
            }
            tag::INPUT => Node::Input(self.input(reader)?),
            tag::HAS_INPUT => Node::HasInput(self.input(reader)?),
            tag::BYTES => {
                let len = reader.count()?;
                self.budget.charge(len)?;
                Node::Bytes(self.code.push_blob(reader.bytes(len)?))
            }
            tag::CONSTANT => {
                let constant = constant::read(reader)?;
                self.budget.charge(size_of_val(&constant))?;
                self.code.constant(constant)
            }
            tag::MAP => {
                let count = limits::NAMES.check(reader.count()?)?;
                let parts = (0..2 * count).map(|_| child(self, reader)).collect::<Result<Vec<_>, _>>()?;
                self.code.map(&parts)
            }
            tag::IF_PRESENT => {
                child(self, reader)?;
                Node::IfPresent
            }
            tag::PARAMETER => {
                let position = u16::try_from(reader.varint()?).map_err(|_| reader.invalid("parameter"))?;
                Node::Parameter(position)
            }
            tag::CALL => {
                let function = u16::try_from(reader.varint()?).ok().and_then(Function::from_code);
                let function = function.ok_or_else(|| reader.invalid("function"))?;
                let count = reader.count()?;
                if count > MAX_ARGUMENTS {
                    return Err(reader.invalid("number of arguments"));
                }
                let arguments = (0..count).map(|_| child(self, reader)).collect::<Result<Vec<_>, _>>()?;
                self.code.call(function, &arguments)
            }
            tag::MATCHES => {
                child(self, reader)?;
                Node::Matches(self.pattern(reader)?)
            }
            tag::ATTRIBUTE | tag::HAS_ATTRIBUTE => {
                let root = pick(&ROOTS, reader)?;
                let name = self.attribute_name(root, reader)?;
                if tag == tag::ATTRIBUTE { Node::Attribute(root, name) } else { Node::HasAttribute(root, name) }
            }
            tag::VARIABLE => match reader.byte()? {
                variable if variable < variables => Node::Variable(variable),
                _ => return Err(reader.invalid("variable")),
            },
            tag::SELECT | tag::HAS | tag::OPTIONAL_SELECT => {
                child(self, reader)?;
                let field = self.string(reader)?;
                match tag {
                    tag::SELECT => Node::Select(field),
                    tag::HAS => Node::Has(field),
                    _ => Node::OptionalSelect(field),
                }
            }
            tag::UNARY => {
                let operator = pick(&UNARIES, reader)?;
                child(self, reader)?;
                Node::Unary(operator)
            }
            tag::BINARY => {
                let operator = pick(&BINARIES, reader)?;
                child(self, reader)?;
                Node::Binary(operator, child(self, reader)?)
            }
            tag::INDEX
            | tag::AND
            | tag::OR
            | tag::OPTIONAL_INDEX
            | tag::FILTERED
            | tag::OPTIONAL_OR
            | tag::OPTIONAL_OR_VALUE => {
                child(self, reader)?;
                let other = child(self, reader)?;
                match tag {
                    tag::INDEX => Node::Index(other),
                    tag::AND => Node::And(other),
                    tag::OR => Node::Or(other),
                    tag::OPTIONAL_INDEX => Node::OptionalIndex(other),
                    tag::FILTERED => Node::Filtered(other),
                    tag::OPTIONAL_OR => Node::OptionalOr(other),
                    _ => Node::OptionalOrValue(other),
                }
            }
            tag::CONDITIONAL => {
                child(self, reader)?;
                let (yes, no) = (child(self, reader)?, child(self, reader)?);
                let before = u16::try_from(no.0.saturating_sub(yes.0)).map_err(|_| reader.invalid("conditional"))?;
                Node::Conditional(before, no)
            }
            tag::FOLD | tag::FOLD_PAIRS => {
                let fold = pick(&FOLDS, reader)?;
                let added = if tag == tag::FOLD { 1 } else { 2 };
                child(self, reader)?;
                let body = self.scoped(reader, depth, variables, added)?;
                match tag {
                    tag::FOLD => Node::Fold(fold, variables, body),
                    _ => Node::FoldPairs(fold, variables, body),
                }
            }
            tag::LET | tag::OPTIONAL_MAP | tag::OPTIONAL_FLAT_MAP => {
                child(self, reader)?;
                let body = self.scoped(reader, depth, variables, 1)?;
                match tag {
                    tag::LET => Node::Let(variables, body),
                    _ => Node::OptionalMap(tag == tag::OPTIONAL_FLAT_MAP, variables, body),
                }
            }
            _ => return Err(reader.invalid("operation")),
        };
        self.code.set(id, node);
        Ok(id)
    }

    /// What sees more variables.
    fn scoped(
        &mut self,
        reader: &mut Reader<'a>,
        depth: usize,
        variables: u8,
        added: u8,
    ) -> Result<NodeId, DecodeError> {
        if usize::from(variables) + usize::from(added) > MAX_VARIABLES {
            return Err(reader.invalid("macro nesting"));
        }
        self.node(reader, depth + 1, variables + added)
    }

    fn input(&mut self, reader: &mut Reader<'a>) -> Result<Input, DecodeError> {
        let input = pick(&INPUTS, reader)?;
        match input {
            Input::Time => self.reads.time = true,
            Input::SourceIp | Input::SourcePort => self.reads.source = true,
            Input::Body => self.reads.body = true,
            _ => {}
        }
        Ok(input)
    }

    fn attribute_name(&mut self, root: Root, reader: &mut Reader<'a>) -> Result<StringId, DecodeError> {
        let name = self.string(reader)?;
        let (names, limit) = match root {
            Root::Header => (&mut self.reads.headers, limits::HEADERS),
            Root::Query => (&mut self.reads.query, limits::QUERY_PARAMETERS),
            Root::Principal | Root::Resource => return Ok(name),
        };
        let text = self.code.string(name);
        if !names.iter().any(|known| **known == *text) {
            limit.check(names.len() + 1)?;
            names.push(text.into());
        }
        Ok(name)
    }

    fn pattern(&mut self, reader: &mut Reader<'a>) -> Result<PatternId, DecodeError> {
        let len = reader.count()?;
        let invalid = reader.invalid("pattern");
        let bytes = reader.bytes(len)?;
        if let Some(id) = self.interner.patterns.get(bytes) {
            return Ok(*id);
        }
        // Twice: the pattern and the bytes that it is known by.
        self.budget.charge(2 * len)?;
        let id = self.code.push_pattern(Pattern::from_bytes(bytes).ok_or(invalid)?);
        self.interner.patterns.insert(bytes.into(), id);
        Ok(id)
    }

    fn string(&mut self, reader: &mut Reader<'a>) -> Result<StringId, DecodeError> {
        let invalid = reader.invalid("string reference");
        let mut ahead = reader.clone();
        let index = self.strings.index(&mut ahead)?;
        let text = self.strings.get(reader)?;
        let known = self.known.get_mut(index).ok_or(invalid)?;
        Ok(*known.get_or_insert_with(|| self.interner.intern(text, self.code)))
    }
}

fn pick<T: Copy>(table: &[T], reader: &mut Reader<'_>) -> Result<T, DecodeError> {
    let code = reader.byte()?;
    table.get(usize::from(code)).copied().ok_or_else(|| reader.invalid("operation"))
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// Writes a condition: the inverse of [`ProgramReader`].
#[cfg(feature = "compiler")]
pub(super) fn write(chunk: &mut ChunkWriter, code: &Code, id: NodeId) {
    let Some(node) = code.node(id) else { return };
    let mut start = |tag: u8| chunk.body.byte(tag);
    match node {
        Node::Null => start(tag::NULL),
        Node::Bool(false) => start(tag::FALSE),
        Node::Bool(true) => start(tag::TRUE),
        Node::Int(value) => int(chunk, i64::from(value)),
        Node::Int64(word) => int(chunk, code.word(word).cast_signed()),
        Node::UInt(word) => {
            start(tag::UINT);
            chunk.body.varint(code.word(word));
        }
        Node::Double(word) => {
            start(tag::DOUBLE);
            chunk.body.bytes(&code.word(word).to_le_bytes());
        }
        Node::Str(text) => {
            start(tag::STR);
            chunk.str(code.string(text));
        }
        Node::List(len, at) => {
            let elements = code.elements(len, at);
            start(tag::LIST);
            chunk.body.len(elements.len());
            elements.iter().for_each(|id| write(chunk, code, *id));
        }
        Node::Input(input) => coded(chunk, tag::INPUT, &INPUTS, input),
        Node::HasInput(input) => coded(chunk, tag::HAS_INPUT, &INPUTS, input),
        Node::Attribute(root, name) => {
            coded(chunk, tag::ATTRIBUTE, &ROOTS, root);
            chunk.str(code.string(name));
        }
        Node::HasAttribute(root, name) => {
            coded(chunk, tag::HAS_ATTRIBUTE, &ROOTS, root);
            chunk.str(code.string(name));
        }
        Node::Variable(variable) => {
            start(tag::VARIABLE);
            chunk.body.byte(variable);
        }
        Node::Select(field) | Node::Has(field) | Node::OptionalSelect(field) => {
            start(match node {
                Node::Select(_) => tag::SELECT,
                Node::Has(_) => tag::HAS,
                _ => tag::OPTIONAL_SELECT,
            });
            write(chunk, code, id.operand());
            chunk.str(code.string(field));
        }
        Node::Unary(operator) => {
            coded(chunk, tag::UNARY, &UNARIES, operator);
            write(chunk, code, id.operand());
        }
        Node::Binary(operator, other) => {
            coded(chunk, tag::BINARY, &BINARIES, operator);
            write(chunk, code, id.operand());
            write(chunk, code, other);
        }
        Node::Index(other) => pair(chunk, code, tag::INDEX, id, other),
        Node::And(other) => pair(chunk, code, tag::AND, id, other),
        Node::Or(other) => pair(chunk, code, tag::OR, id, other),
        Node::OptionalIndex(other) => pair(chunk, code, tag::OPTIONAL_INDEX, id, other),
        Node::Filtered(other) => pair(chunk, code, tag::FILTERED, id, other),
        Node::OptionalOr(other) => pair(chunk, code, tag::OPTIONAL_OR, id, other),
        Node::OptionalOrValue(other) => pair(chunk, code, tag::OPTIONAL_OR_VALUE, id, other),
        Node::Let(_, body) => pair(chunk, code, tag::LET, id, body),
        Node::OptionalMap(false, _, body) => pair(chunk, code, tag::OPTIONAL_MAP, id, body),
        Node::OptionalMap(true, _, body) => pair(chunk, code, tag::OPTIONAL_FLAT_MAP, id, body),
        Node::Conditional(before, no) => {
            start(tag::CONDITIONAL);
            let yes = NodeId(no.0.wrapping_sub(u32::from(before)));
            [id.operand(), yes, no].into_iter().for_each(|id| write(chunk, code, id));
        }
        Node::Fold(fold, _, body) => {
            coded(chunk, tag::FOLD, &FOLDS, fold);
            write(chunk, code, id.operand());
            write(chunk, code, body);
        }
        Node::FoldPairs(fold, _, body) => {
            coded(chunk, tag::FOLD_PAIRS, &FOLDS, fold);
            write(chunk, code, id.operand());
            write(chunk, code, body);
        }
        Node::Bytes(blob) => {
            start(tag::BYTES);
            let bytes = code.blob(blob);
            chunk.body.len(bytes.len());
            chunk.body.bytes(bytes);
        }
        Node::Constant(constant) => {
            start(tag::CONSTANT);
            if let Some(constant) = code.constant_of(constant) {
                constant::write(&mut chunk.body, constant);
            }
        }
        Node::Map(len, at) => {
            let entries = code.entries(len, at);
            start(tag::MAP);
            chunk.body.len(entries.len());
            entries.as_flattened().iter().for_each(|id| write(chunk, code, *id));
        }
        Node::IfPresent => {
            start(tag::IF_PRESENT);
            write(chunk, code, id.operand());
        }
        Node::Parameter(position) => {
            start(tag::PARAMETER);
            chunk.body.varint(u64::from(position));
        }
        Node::Call(function, len, at) => {
            let arguments = code.arguments(len, at);
            start(tag::CALL);
            chunk.body.varint(u64::from(function.code()));
            chunk.body.len(arguments.len());
            arguments.iter().for_each(|id| write(chunk, code, *id));
        }
        Node::Matches(pattern) => {
            start(tag::MATCHES);
            write(chunk, code, id.operand());
            let bytes = code.pattern(pattern).map(Pattern::to_bytes).unwrap_or_default();
            chunk.body.len(bytes.len());
            chunk.body.bytes(&bytes);
        }
    }
}

#[cfg(feature = "compiler")]
fn pair(chunk: &mut ChunkWriter, code: &Code, tag: u8, id: NodeId, other: NodeId) {
    chunk.body.byte(tag);
    write(chunk, code, id.operand());
    write(chunk, code, other);
}

#[cfg(feature = "compiler")]
fn int(chunk: &mut ChunkWriter, value: i64) {
    chunk.body.byte(tag::INT);
    chunk.body.varint((value << 1 ^ value >> 63).cast_unsigned());
}

#[cfg(feature = "compiler")]
fn coded<T: PartialEq>(chunk: &mut ChunkWriter, tag: u8, table: &[T], value: T) {
    // Every value of these closed types is in its table; a test holds that.
    let code = table.iter().position(|known| *known == value).unwrap_or_default();
    chunk.body.byte(tag);
    chunk.body.byte(u8::try_from(code).unwrap_or_default());
}
