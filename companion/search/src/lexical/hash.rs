use crate::Dimensions;

/// The same on every platform and for all time: vectors are kept.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    mixed(bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

/// Of a piece of a word, which is no word.
pub(super) fn of_piece(bytes: &[u8]) -> u64 {
    mixed(bytes.iter().fold(0x8422_2325_cbf2_9ce4, step))
}

/// FNV-1a.
fn step(hash: u64, byte: &u8) -> u64 {
    (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
}

/// So that every bit depends on every byte.
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The number of a vector that a feature counts for, and whether it counts up or down.
pub(super) fn place(feature: u64, dimensions: Dimensions) -> (usize, f32) {
    let place = ((feature >> 32) * u64::from(dimensions.get())) >> 32;
    (usize::try_from(place).unwrap_or_default(), if feature & 1 == 0 { 1.0 } else { -1.0 })
}
