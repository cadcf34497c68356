//! Points and spans of time, as CEL has them.

mod civil;
mod duration;
mod offset;
#[cfg(test)]
mod tests;
mod timestamp;
mod zone;

pub(crate) use civil::Civil;
pub use duration::Duration;
pub(crate) use offset::Offset;
pub use timestamp::Timestamp;
pub(crate) use zone::Zone;

const SECONDS_PER_DAY: i64 = 86_400;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// The fraction of a second that follows a point, in nanoseconds; further digits do not count.
fn fraction(digits: &str) -> Option<u32> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut nanos = 0;
    for place in 0..9 {
        let digit = digits.as_bytes().get(place).map_or(0, |digit| u32::from(digit - b'0'));
        nanos = nanos * 10 + digit;
    }
    Some(nanos)
}

/// Writes nanoseconds into a second after a point, without trailing zeros; nothing if there are none.
fn write_fraction(f: &mut std::fmt::Formatter<'_>, nanos: u32) -> std::fmt::Result {
    let (mut digits, mut places) = (nanos, 9);
    if digits == 0 {
        return Ok(());
    }
    while digits % 10 == 0 {
        digits /= 10;
        places -= 1;
    }
    write!(f, ".{digits:0places$}")
}
