//! Conditions in snapshots: nodes in prefix order.

use rustc_hash::FxHashMap;

use crate::condition::{Binary, Code, Fold, Input, MAX_DEPTH, MAX_VARIABLES, Node, NodeId, Root, StringId, Unary};

#[cfg(feature = "compiler")]
use super::chunk::ChunkWriter;
use super::chunk::Strings;
use super::codec::{DecodeError, Reader};
use super::limits;

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
}

/// Codes are positions in these tables: append only.
const INPUTS: [Input; 9] = [
    Input::PrincipalId,
    Input::PrincipalRoles,
    Input::PrincipalAttributes,
    Input::ResourceKind,
    Input::ResourceId,
    Input::ResourceAttributes,
    Input::Method,
    Input::Path,
    Input::Host,
];
const ROOTS: [Root; 3] = [Root::Principal, Root::Resource, Root::Header];
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
const FOLDS: [Fold; 2] = [Fold::All, Fold::Exists];

/// Strings of conditions that are in the arena's text already.
#[derive(Debug, Default)]
pub(super) struct TextInterner(FxHashMap<Box<str>, StringId>);

impl TextInterner {
    fn intern(&mut self, text: &str, code: &mut Code) -> StringId {
        match self.0.get(text) {
            Some(id) => *id,
            None => {
                let id = code.push_string(text);
                self.0.insert(text.into(), id);
                id
            }
        }
    }
}

/// Reads conditions of one chunk into an arena.
pub(super) struct ProgramReader<'r, 'a> {
    pub(super) strings: &'r Strings<'a>,
    /// Which of the arena's strings a string of the chunk is, once it has been looked up.
    pub(super) known: &'r mut [Option<StringId>],
    /// Where strings of earlier chunks stand: conditions share most of theirs.
    pub(super) interner: &'r mut TextInterner,
    pub(super) code: &'r mut Code,
    /// Header names that conditions read are collected here.
    pub(super) headers: &'r mut Vec<Box<str>>,
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
            tag::INPUT => Node::Input(pick(&INPUTS, reader)?),
            tag::HAS_INPUT => Node::HasInput(pick(&INPUTS, reader)?),
            tag::ATTRIBUTE | tag::HAS_ATTRIBUTE => {
                let root = pick(&ROOTS, reader)?;
                let name = self.attribute_name(root, reader)?;
                if tag == tag::ATTRIBUTE { Node::Attribute(root, name) } else { Node::HasAttribute(root, name) }
            }
            tag::VARIABLE => match reader.byte()? {
                variable if variable < variables => Node::Variable(variable),
                _ => return Err(reader.invalid("variable")),
            },
            tag::SELECT | tag::HAS => {
                child(self, reader)?;
                let field = self.string(reader)?;
                if tag == tag::SELECT { Node::Select(field) } else { Node::Has(field) }
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
            tag::INDEX | tag::AND | tag::OR => {
                child(self, reader)?;
                let other = child(self, reader)?;
                match tag {
                    tag::INDEX => Node::Index(other),
                    tag::AND => Node::And(other),
                    _ => Node::Or(other),
                }
            }
            tag::CONDITIONAL => {
                child(self, reader)?;
                let (yes, no) = (child(self, reader)?, child(self, reader)?);
                let before = u16::try_from(no.0.saturating_sub(yes.0)).map_err(|_| reader.invalid("conditional"))?;
                Node::Conditional(before, no)
            }
            tag::FOLD => {
                let fold = pick(&FOLDS, reader)?;
                if usize::from(variables) >= MAX_VARIABLES {
                    return Err(reader.invalid("macro nesting"));
                }
                child(self, reader)?;
                Node::Fold(fold, variables, self.node(reader, depth + 1, variables + 1)?)
            }
            _ => return Err(reader.invalid("operation")),
        };
        self.code.set(id, node);
        Ok(id)
    }

    fn attribute_name(&mut self, root: Root, reader: &mut Reader<'a>) -> Result<StringId, DecodeError> {
        let name = self.string(reader)?;
        if root == Root::Header {
            let text = self.code.string(name);
            if !self.headers.iter().any(|known| **known == *text) {
                limits::HEADERS.check(self.headers.len() + 1)?;
                self.headers.push(text.into());
            }
        }
        Ok(name)
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
        Node::Select(field) => {
            start(tag::SELECT);
            write(chunk, code, id.operand());
            chunk.str(code.string(field));
        }
        Node::Has(field) => {
            start(tag::HAS);
            write(chunk, code, id.operand());
            chunk.str(code.string(field));
        }
        Node::Index(index) => {
            start(tag::INDEX);
            write(chunk, code, id.operand());
            write(chunk, code, index);
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
        Node::And(other) => {
            start(tag::AND);
            write(chunk, code, id.operand());
            write(chunk, code, other);
        }
        Node::Or(other) => {
            start(tag::OR);
            write(chunk, code, id.operand());
            write(chunk, code, other);
        }
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
    }
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
