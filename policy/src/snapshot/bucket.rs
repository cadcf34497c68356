//! Which chunk a record stands in: by a hash of its name, so that the others stay as they are when one is added.
//!
//! There are as many chunks as it takes, one more or fewer at a time (linear hashing: Litwin, "Linear hashing: a new tool
//! for file and table addressing", 1980): where there is one more, the records of one other chunk are divided between the
//! two.

/// Records per chunk that an encoder aims at. Small chunks make small edits; each costs a hash of its own.
#[cfg(feature = "compiler")]
const RECORDS_PER_CHUNK: usize = 20;

/// How many chunks these many records are spread over; at least one.
#[cfg(feature = "compiler")]
pub(super) fn count(records: usize) -> usize {
    records.div_ceil(RECORDS_PER_CHUNK).max(1)
}

/// The chunk of the record whose name is made of these parts.
pub(super) fn of(parts: &[&str], count: usize) -> usize {
    place(hash(parts), count)
}

/// FNV-1a, with the high half folded in.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // A byte that no UTF-8 text holds ends each part.
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash ^ hash >> 32
}

/// The chunk of the record whose name has this hash, of which the lowest bits are enough.
pub(super) fn place(hash: u64, count: usize) -> usize {
    let spread = count.next_power_of_two();
    let place = usize::try_from(hash & (spread as u64).wrapping_sub(1)).unwrap_or_default();
    if place < count { place } else { place - spread / 2 }
}

/// The chunk whose records are divided with chunk `last` when that is added as the last one.
pub(super) fn divided(last: usize) -> usize {
    last - (last + 1).next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_chunk_more_divides_one_other() {
        let names: Vec<String> = (0..2000).map(|number| format!("name-{number}")).collect();
        for count in 1..70 {
            for name in &names {
                let (before, after) = (of(&[name], count), of(&[name], count + 1));
                assert!(before < count && (before == after || (before, after) == (divided(count), count)), "{count}");
            }
            assert!(names.iter().any(|name| of(&[name], count + 1) == count));
        }
    }

    #[test]
    fn the_parts_of_a_name_are_told_apart() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
    }
}
