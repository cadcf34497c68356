//! Protobuf's wire format by hand, so that messages can be wrong in any way a test wants.

/// A variable-length integer.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A length-delimited field: text, bytes or a message.
pub(crate) fn message(number: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    [varint(number << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

/// An integer field.
pub(crate) fn number(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

/// What a field of the messages that are read here can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Field {
    pub(crate) fn number(self) -> u64 {
        match self {
            Field::Number(number) => number,
            Field::Bytes(bytes) => panic!("bytes instead of a number: {bytes:x?}"),
        }
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Field::Bytes(bytes) => bytes,
            Field::Number(number) => panic!("a number instead of bytes: {number}"),
        }
    }

    pub(crate) fn text(self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }
}

/// The fields of a well-formed message, in order.
pub(crate) fn fields(mut message: &[u8]) -> Vec<(u64, Field)> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = take_varint(&mut message);
        let value = take_varint(&mut message);
        let field = match tag & 7 {
            0 => Field::Number(value),
            2 => {
                let (bytes, rest) = message.split_at(usize::try_from(value).unwrap());
                message = rest;
                Field::Bytes(bytes.to_vec())
            }
            other => panic!("wire type {other}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

fn take_varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    panic!("a varint without end");
}
