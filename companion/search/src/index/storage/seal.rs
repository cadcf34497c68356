//! Files that are written once: magic, format, CRC-32 of the contents, contents.

/// How files are laid out; raised with every change that an older version cannot read.
pub(in crate::index) const FORMAT: u32 = 1;

const HEAD: usize = 12;

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::index) enum Unreadable {
    Damaged,
    Format(u32),
}

/// The beginning of a file, which its contents are to be appended to.
pub(in crate::index) fn opened(magic: [u8; 4]) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

/// The whole file.
pub(in crate::index) fn close(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = bytes.get(HEAD..).map_or(0, crc32fast::hash);
    if let Some(place) = bytes.get_mut(8..HEAD) {
        place.copy_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

/// The contents of a file.
pub(in crate::index) fn read(magic: [u8; 4], bytes: &[u8]) -> Result<&[u8], Unreadable> {
    let (head, contents) = bytes.split_first_chunk::<HEAD>().ok_or(Unreadable::Damaged)?;
    let [m0, m1, m2, m3, f0, f1, f2, f3, c0, c1, c2, c3] = *head;
    let format = u32::from_le_bytes([f0, f1, f2, f3]);
    match [m0, m1, m2, m3] == magic {
        false => Err(Unreadable::Damaged),
        true if format != FORMAT => Err(Unreadable::Format(format)),
        true if crc32fast::hash(contents) != u32::from_le_bytes([c0, c1, c2, c3]) => Err(Unreadable::Damaged),
        true => Ok(contents),
    }
}
