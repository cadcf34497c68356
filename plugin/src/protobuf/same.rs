//! Whether two serialised objects (`google.protobuf.Value`) say the same, without reading them.
//!
//! Envoy writes the members of an object in another order each time: the same claims are hardly ever the same bytes.

use super::structure::key_and_value;
use super::wire;

#[cfg(test)]
mod tests;

/// Objects of more members are not compared.
const MAX_MEMBERS: usize = 64;

/// First byte of a member of an object, of an item of a list.
const MEMBER: u8 = 1 << 3 | 2;
/// First byte of a value that is an object, and of one that is a list.
const OBJECT: u8 = 5 << 3 | 2;
const LIST: u8 = 6 << 3 | 2;

/// A hash of an object: the same for the same members in any order. `None` if it is no object that could be compared.
pub(crate) fn object_hash(value: &[u8]) -> Option<u64> {
    let (mut hash, mut members) = (0_u64, 0_usize);
    let mut rest = content(value, OBJECT)?;
    while !rest.is_empty() {
        let member = member(&mut rest)?;
        // What tells tokens apart stands at the end of a claim: of an id, of a number. Objects, which may be in lists, too,
        // have no end that stays the same.
        let end = match has_objects(member) {
            true => 0,
            false => member.last_chunk().map_or(0, |end| u64::from_le_bytes(*end)),
        };
        hash = hash.wrapping_add(mixed(end ^ member.len() as u64));
        members += 1;
    }
    (members <= MAX_MEMBERS).then_some(hash)
}

/// Whether `value` is the same object as `known`, which is a valid one, but for the order of members.
pub(crate) fn same_object(value: &[u8], known: &[u8]) -> bool {
    match (content(value, OBJECT), content(known, OBJECT)) {
        (Some(members), Some(known)) => same_members(members, known),
        _ => false,
    }
}

fn same_members(mut members: &[u8], mut known: &[u8]) -> bool {
    if members.len() != known.len() {
        return false;
    }
    let mut left: [&[u8]; MAX_MEMBERS] = [&[]; MAX_MEMBERS];
    let mut count = 0;
    while !known.is_empty() {
        let (Some(own), Some(free)) = (member(&mut known), left.get_mut(count)) else { return false };
        *free = own;
        count += 1;
    }
    let Some(mut left) = left.get_mut(..count) else { return false };
    while !members.is_empty() {
        let Some(own) = member(&mut members) else { return false };
        let Some(at) = left.iter().position(|known| same_member(own, known)) else { return false };
        // The last one takes the place of the one that is found.
        let Some((last, others)) = left.split_last_mut() else { return false };
        if let Some(found) = others.get_mut(at) {
            *found = last;
        }
        left = others;
    }
    left.is_empty()
}

fn same_member(member: &[u8], known: &[u8]) -> bool {
    if member.len() != known.len() {
        return false;
    }
    if same_bytes(member, known) {
        return true;
    }
    match (has_objects(member), key_and_value(member), key_and_value(known)) {
        (true, Ok((name, value)), Ok((known_name, known))) => name == known_name && same_value(value, known),
        _ => false,
    }
}

fn same_value(value: &[u8], known: &[u8]) -> bool {
    if value == known {
        return true;
    }
    match (content(value, LIST), content(known, LIST)) {
        (Some(items), Some(known)) => same_items(items, known),
        _ => same_object(value, known),
    }
}

fn same_items(mut items: &[u8], mut known: &[u8]) -> bool {
    loop {
        match (member(&mut items), member(&mut known)) {
            (Some(item), Some(known)) if same_value(item, known) => {}
            (None, None) => return items.is_empty() && known.is_empty(),
            _ => return false,
        }
    }
}

/// What stands in a message that is one field with this first byte.
fn content(message: &[u8], tag: u8) -> Option<&[u8]> {
    let mut rest = message;
    let content = wire::bytes_field(&mut rest, tag)?;
    rest.is_empty().then_some(content)
}

/// The next member of an object, or item of a list. Where there is none, the rest stays as it is.
fn member<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    wire::bytes_field(rest, MEMBER)
}

/// Whether the value of this member is an object or a list. One that is not as every proxy writes it passes for one.
fn has_objects(member: &[u8]) -> bool {
    const NAME: u8 = 1 << 3 | 2;
    const VALUE: u8 = 2 << 3 | 2;
    let mut rest = member;
    let value = wire::bytes_field(&mut rest, NAME).and_then(|_| wire::bytes_field(&mut rest, VALUE));
    !matches!(value.and_then(<[u8]>::first), Some(kind) if !matches!(*kind, OBJECT | LIST))
}

/// Compares eight bytes at a time: quicker than the library's comparison in WebAssembly, which goes byte by byte.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b))
        && a_rest == b_rest
}

/// Spreads every bit over all of them (the finish of SplitMix64), so that a sum of several still tells them apart.
fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}
