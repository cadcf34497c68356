//! Conditions in snapshots: nodes in prefix order.

use rustc_hash::FxHashMap;

use crate::condition::{Binary, Code, Fold, Input, MAX_DEPTH, MAX_VARIABLES, Node, NodeId, Root, Span, Unary};

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
pub(super) struct TextInterner(FxHashMap<Box<str>, Span>);

impl TextInterner {
    fn intern(&mut self, text: &str, code: &mut Code) -> Span {
        match self.0.get(text) {
            Some(span) => *span,
            None => {
                let span = code.push_text(text);
                self.0.insert(text.into(), span);
                span
            }
        }
    }
}

/// Reads conditions of one chunk into an arena.
pub(super) struct ProgramReader<'r, 'a> {
    pub(super) strings: &'r Strings<'a>,
    /// Where a string of the chunk stands in the arena's text, once it has been copied there.
    pub(super) spans: &'r mut [Option<Span>],
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
        let tag = reader.byte()?;
        let child = |this: &mut Self, reader: &mut Reader<'a>| this.node(reader, depth + 1, variables);
        let node = match tag {
            tag::NULL => Node::Null,
            tag::FALSE => Node::Bool(false),
            tag::TRUE => Node::Bool(true),
            tag::INT => Node::Int(reader.varint().map(unzigzag)?),
            tag::UINT => Node::UInt(reader.varint()?),
            tag::DOUBLE => Node::Double(f64::from_bits(u64::from_le_bytes(reader.array()?))),
            tag::STR => Node::Str(self.span(reader)?),
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
            tag::SELECT => Node::Select(child(self, reader)?, self.span(reader)?),
            tag::HAS => Node::Has(child(self, reader)?, self.span(reader)?),
            tag::INDEX => Node::Index(child(self, reader)?, child(self, reader)?),
            tag::UNARY => Node::Unary(pick(&UNARIES, reader)?, child(self, reader)?),
            tag::BINARY => Node::Binary(pick(&BINARIES, reader)?, child(self, reader)?, child(self, reader)?),
            tag::LIST | tag::AND | tag::OR => {
                let count = reader.count()?;
                let operands = (0..count).map(|_| child(self, reader)).collect::<Result<Vec<_>, _>>()?;
                let range = self.code.push_operands(&operands);
                match tag {
                    tag::LIST => Node::List(range),
                    tag::AND => Node::And(range),
                    _ => Node::Or(range),
                }
            }
            tag::CONDITIONAL => Node::Conditional(child(self, reader)?, child(self, reader)?, child(self, reader)?),
            tag::FOLD => {
                let fold = pick(&FOLDS, reader)?;
                if usize::from(variables) >= MAX_VARIABLES {
                    return Err(reader.invalid("macro nesting"));
                }
                let range = child(self, reader)?;
                Node::Fold(fold, variables, range, self.node(reader, depth + 1, variables + 1)?)
            }
            _ => return Err(reader.invalid("operation")),
        };
        limits::NODES.check(self.code.len() + 1)?;
        Ok(self.code.push(node))
    }

    fn attribute_name(&mut self, root: Root, reader: &mut Reader<'a>) -> Result<Span, DecodeError> {
        let span = self.span(reader)?;
        if root == Root::Header {
            let name = self.code.text(span);
            if !self.headers.iter().any(|known| **known == *name) {
                limits::HEADERS.check(self.headers.len() + 1)?;
                self.headers.push(name.into());
            }
        }
        Ok(span)
    }

    fn span(&mut self, reader: &mut Reader<'a>) -> Result<Span, DecodeError> {
        let invalid = reader.invalid("string reference");
        let mut ahead = reader.clone();
        let index = self.strings.index(&mut ahead)?;
        let text = self.strings.get(reader)?;
        let slot = self.spans.get_mut(index).ok_or(invalid)?;
        Ok(*slot.get_or_insert_with(|| self.interner.intern(text, self.code)))
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
        Node::Int(value) => {
            start(tag::INT);
            chunk.body.varint((value << 1 ^ value >> 63).cast_unsigned());
        }
        Node::UInt(value) => {
            start(tag::UINT);
            chunk.body.varint(value);
        }
        Node::Double(value) => {
            start(tag::DOUBLE);
            chunk.body.bytes(&value.to_bits().to_le_bytes());
        }
        Node::Str(text) => {
            start(tag::STR);
            chunk.str(code.text(text));
        }
        Node::List(range) => operands(chunk, tag::LIST, code, range),
        Node::And(range) => operands(chunk, tag::AND, code, range),
        Node::Or(range) => operands(chunk, tag::OR, code, range),
        Node::Input(input) => coded(chunk, tag::INPUT, &INPUTS, input),
        Node::HasInput(input) => coded(chunk, tag::HAS_INPUT, &INPUTS, input),
        Node::Attribute(root, name) => {
            coded(chunk, tag::ATTRIBUTE, &ROOTS, root);
            chunk.str(code.text(name));
        }
        Node::HasAttribute(root, name) => {
            coded(chunk, tag::HAS_ATTRIBUTE, &ROOTS, root);
            chunk.str(code.text(name));
        }
        Node::Variable(variable) => {
            start(tag::VARIABLE);
            chunk.body.byte(variable);
        }
        Node::Select(of, field) => {
            start(tag::SELECT);
            write(chunk, code, of);
            chunk.str(code.text(field));
        }
        Node::Has(of, field) => {
            start(tag::HAS);
            write(chunk, code, of);
            chunk.str(code.text(field));
        }
        Node::Index(of, index) => {
            start(tag::INDEX);
            write(chunk, code, of);
            write(chunk, code, index);
        }
        Node::Unary(operator, operand) => {
            coded(chunk, tag::UNARY, &UNARIES, operator);
            write(chunk, code, operand);
        }
        Node::Binary(operator, a, b) => {
            coded(chunk, tag::BINARY, &BINARIES, operator);
            write(chunk, code, a);
            write(chunk, code, b);
        }
        Node::Conditional(condition, yes, no) => {
            start(tag::CONDITIONAL);
            [condition, yes, no].into_iter().for_each(|id| write(chunk, code, id));
        }
        Node::Fold(fold, _, range, body) => {
            coded(chunk, tag::FOLD, &FOLDS, fold);
            write(chunk, code, range);
            write(chunk, code, body);
        }
    }
}

#[cfg(feature = "compiler")]
fn operands(chunk: &mut ChunkWriter, tag: u8, code: &Code, range: crate::condition::Range) {
    let ids = code.operands(range);
    chunk.body.byte(tag);
    chunk.body.len(ids.len());
    ids.iter().for_each(|id| write(chunk, code, *id));
}

#[cfg(feature = "compiler")]
fn coded<T: PartialEq>(chunk: &mut ChunkWriter, tag: u8, table: &[T], value: T) {
    // Every value of these closed types is in its table; a test holds that.
    let code = table.iter().position(|known| *known == value).unwrap_or_default();
    chunk.body.byte(tag);
    chunk.body.byte(u8::try_from(code).unwrap_or_default());
}
