//! Writes what the readers read.

/// A length-delimited field.
pub(crate) fn message(number: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    super::push_bytes(&mut bytes, number, content.as_ref());
    bytes
}

/// An entry of the map in field 1.
pub(crate) fn entry(key: &str, value: &[u8]) -> Vec<u8> {
    message(1, [message(1, key), message(2, value)].concat())
}

/// The content of a `Struct`.
pub(crate) fn structure(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    members.iter().flat_map(|(name, value)| entry(name, value)).collect()
}

pub(crate) fn null() -> Vec<u8> {
    vec![0x08, 0]
}

pub(crate) fn number(value: f64) -> Vec<u8> {
    [&[0x11][..], &value.to_le_bytes()].concat()
}

pub(crate) fn string(text: &str) -> Vec<u8> {
    message(3, text)
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    vec![0x20, value.into()]
}

pub(crate) fn object(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    message(5, structure(members))
}

pub(crate) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    message(6, items.iter().flat_map(|item| message(1, item)).collect::<Vec<_>>())
}
