//! Attribute values in snapshots: directory entries carry them.

use crate::data::{Data, Fields};

#[cfg(feature = "compiler")]
use super::chunk::ChunkWriter;
use super::chunk::Strings;
use super::codec::{DecodeError, Reader};
use super::limits::Budget;

/// Deepest nesting of attribute values.
pub(super) const MAX_DEPTH: usize = 32;

mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const INT: u8 = 3;
    pub(super) const UINT: u8 = 4;
    pub(super) const DOUBLE: u8 = 5;
    pub(super) const STRING: u8 = 6;
    pub(super) const LIST: u8 = 7;
    pub(super) const MAP: u8 = 8;
}

pub(super) fn read_fields(
    reader: &mut Reader<'_>,
    strings: &Strings<'_>,
    depth: usize,
    budget: &mut Budget,
) -> Result<Fields, DecodeError> {
    let count = reader.count()?;
    let members = (0..count)
        .map(|_| Ok((budget.text(strings.get(reader)?)?.into(), read(reader, strings, depth, budget)?)))
        .collect::<Result<Vec<_>, DecodeError>>()?;
    Fields::new(members).map_err(|_| reader.invalid("attribute name"))
}

fn read(
    reader: &mut Reader<'_>,
    strings: &Strings<'_>,
    depth: usize,
    budget: &mut Budget,
) -> Result<Data, DecodeError> {
    budget.charge(size_of::<Data>())?;
    if depth >= MAX_DEPTH {
        return Err(reader.invalid("attribute depth"));
    }
    Ok(match reader.byte()? {
        tag::NULL => Data::Null,
        tag::FALSE => Data::Bool(false),
        tag::TRUE => Data::Bool(true),
        tag::INT => Data::Int(i64::from_le_bytes(reader.array()?)),
        tag::UINT => Data::UInt(u64::from_le_bytes(reader.array()?)),
        tag::DOUBLE => Data::Double(f64::from_le_bytes(reader.array()?)),
        tag::STRING => Data::from(budget.text(strings.get(reader)?)?),
        tag::LIST => {
            let count = reader.count()?;
            Data::List((0..count).map(|_| read(reader, strings, depth + 1, budget)).collect::<Result<_, _>>()?)
        }
        tag::MAP => Data::Map(read_fields(reader, strings, depth + 1, budget)?),
        _ => return Err(reader.invalid("attribute value")),
    })
}

#[cfg(feature = "compiler")]
pub(super) fn write_fields(chunk: &mut ChunkWriter, fields: &Fields) {
    chunk.body.len(fields.len());
    for (name, value) in fields.iter() {
        chunk.str(name);
        write(chunk, value);
    }
}

#[cfg(feature = "compiler")]
fn write(chunk: &mut ChunkWriter, value: &Data) {
    let mut fixed = |tag: u8, bytes: &[u8]| {
        chunk.body.byte(tag);
        chunk.body.bytes(bytes);
    };
    match value {
        Data::Null => fixed(tag::NULL, &[]),
        Data::Bool(false) => fixed(tag::FALSE, &[]),
        Data::Bool(true) => fixed(tag::TRUE, &[]),
        Data::Int(value) => fixed(tag::INT, &value.to_le_bytes()),
        Data::UInt(value) => fixed(tag::UINT, &value.to_le_bytes()),
        Data::Double(value) => fixed(tag::DOUBLE, &value.to_le_bytes()),
        Data::String(text) => {
            chunk.body.byte(tag::STRING);
            chunk.str(text);
        }
        Data::List(items) => {
            chunk.body.byte(tag::LIST);
            chunk.body.len(items.len());
            items.iter().for_each(|item| write(chunk, item));
        }
        Data::Map(fields) => {
            chunk.body.byte(tag::MAP);
            write_fields(chunk, fields);
        }
    }
}
