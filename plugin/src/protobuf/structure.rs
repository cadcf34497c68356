//! `google.protobuf.Struct` and `Value`: JSON's shapes in protobuf.

use std::str;

use tollgate_policy::data::{Data, DuplicateKey, Fields};

use super::wire::{self, Malformed, Value};

#[cfg(test)]
mod tests;

/// Values nested deeper than this are refused.
const MAX_DEPTH: usize = 32;

/// Not a struct, or not one with a single reading.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidStruct {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("text that is not UTF-8")]
    NotUtf8(#[from] str::Utf8Error),
    #[error(transparent)]
    Duplicate(#[from] DuplicateKey),
    #[error("a value without a kind, or with two")]
    NoKind,
}

/// The value of the one entry of this name in a message whose field 1 is a map, as a struct's is.
pub(crate) fn entry<'a>(message: &'a [u8], name: &str) -> Result<Option<&'a [u8]>, InvalidStruct> {
    let mut found = None;
    for entry in entries(message) {
        let (key, value) = entry?;
        if key == name && found.replace(value).is_some() {
            return Err(DuplicateKey(name.into()).into());
        }
    }
    Ok(found)
}

/// A `Struct`.
pub(crate) fn struct_fields(message: &[u8]) -> Result<Fields, InvalidStruct> {
    members(message, MAX_DEPTH)
}

/// A `Value`.
pub(crate) fn value(message: &[u8]) -> Result<Data, InvalidStruct> {
    value_within(message, MAX_DEPTH)
}

fn value_within(message: &[u8], depth: usize) -> Result<Data, InvalidStruct> {
    let depth = depth.checked_sub(1).ok_or(InvalidStruct::TooDeep)?;
    let mut kinds = wire::fields(message);
    let kind = kinds.next().ok_or(InvalidStruct::NoKind)??;
    if kinds.next().transpose()?.is_some() {
        return Err(InvalidStruct::NoKind);
    }
    Ok(match kind {
        (1, Value::Varint(_)) => Data::Null,
        (2, Value::Fixed64(bits)) => Data::from_double(f64::from_bits(bits)),
        (3, Value::Bytes(text)) => Data::from(str::from_utf8(text)?),
        (4, Value::Varint(number)) => Data::Bool(number != 0),
        (5, Value::Bytes(structure)) => Data::Map(members(structure, depth)?),
        (6, Value::Bytes(list)) => {
            let items = wire::fields(list).map(|field| match field? {
                (1, Value::Bytes(item)) => value_within(item, depth),
                _ => Err(Malformed.into()),
            });
            Data::List(items.collect::<Result<_, InvalidStruct>>()?)
        }
        _ => return Err(InvalidStruct::NoKind),
    })
}

fn members(message: &[u8], depth: usize) -> Result<Fields, InvalidStruct> {
    let members = entries(message).map(|entry| {
        let (name, value) = entry?;
        Ok((name.into(), value_within(value, depth)?))
    });
    Ok(Fields::new(members.collect::<Result<_, InvalidStruct>>()?)?)
}

/// The entries of the map in field 1; other fields are passed over.
fn entries(message: &[u8]) -> impl Iterator<Item = Result<(&str, &[u8]), InvalidStruct>> {
    wire::fields(message).filter_map(|field| match field {
        Ok((1, Value::Bytes(entry))) => Some(text_and_value(entry)),
        Ok((1, _)) | Err(Malformed) => Some(Err(Malformed.into())),
        Ok(_) => None,
    })
}

fn text_and_value(entry: &[u8]) -> Result<(&str, &[u8]), InvalidStruct> {
    let (key, value) = key_and_value(entry)?;
    Ok((str::from_utf8(key)?, value))
}

/// Key and value of an entry of a map.
pub(super) fn key_and_value(entry: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let (mut key, mut value) = (None, None);
    for field in wire::fields(entry) {
        let repeated = match field? {
            (1, Value::Bytes(bytes)) => key.replace(bytes).is_some(),
            (2, Value::Bytes(bytes)) => value.replace(bytes).is_some(),
            _ => true,
        };
        if repeated {
            return Err(Malformed);
        }
    }
    // Protobuf leaves out what is empty.
    Ok((key.unwrap_or_default(), value.unwrap_or_default()))
}
