use crate::condition::{Code, Node, NodeId, Pattern};
use crate::snapshot::chunk::ChunkWriter;

use super::{BINARIES, FOLDS, INPUTS, ROOTS, UNARIES, constant, tag};

/// Writes a condition: the inverse of [`super::ProgramReader`].
pub(in crate::snapshot) fn write(chunk: &mut ChunkWriter, code: &Code, id: NodeId) {
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
            let bytes = code.pattern(pattern).map(Pattern::as_bytes).unwrap_or_default();
            chunk.body.len(bytes.len());
            chunk.body.bytes(bytes);
        }
    }
}

fn pair(chunk: &mut ChunkWriter, code: &Code, tag: u8, id: NodeId, other: NodeId) {
    chunk.body.byte(tag);
    write(chunk, code, id.operand());
    write(chunk, code, other);
}

fn int(chunk: &mut ChunkWriter, value: i64) {
    chunk.body.byte(tag::INT);
    chunk.body.varint((value << 1 ^ value >> 63).cast_unsigned());
}

fn coded<T: PartialEq>(chunk: &mut ChunkWriter, tag: u8, table: &[T], value: T) {
    // Every value of these closed types is in its table; a test holds that.
    let code = table.iter().position(|known| *known == value).unwrap_or_default();
    chunk.body.byte(tag);
    chunk.body.byte(u8::try_from(code).unwrap_or_default());
}
