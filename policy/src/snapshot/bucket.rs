//! Which chunk a record stands in: by a hash of its name, so that the others stay as they are when one is added.

/// Records per chunk that an encoder aims at. Small chunks make small edits; each costs a hash of its own.
#[cfg(feature = "compiler")]
const RECORDS_PER_CHUNK: usize = 32;

/// How many chunks these many records are spread over: a power of two.
#[cfg(feature = "compiler")]
pub(super) fn count(records: usize) -> usize {
    records.div_ceil(RECORDS_PER_CHUNK).next_power_of_two()
}

/// The chunk of the record whose name is made of these parts; `count` is a power of two. FNV-1a, with the high half folded in.
pub(super) fn of(parts: &[&str], count: usize) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // A byte that no UTF-8 text holds ends each part.
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    let folded = hash ^ hash >> 32;
    usize::try_from(folded & (count as u64).wrapping_sub(1)).unwrap_or_default()
}
