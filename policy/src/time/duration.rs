use std::fmt;

use super::NANOS_PER_SECOND;

/// A span of time in nanoseconds: about 292 years at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

impl Duration {
    /// From nanoseconds.
    #[must_use]
    pub fn from_nanos(nanos: i64) -> Self {
        Duration(nanos)
    }

    /// In nanoseconds.
    #[must_use]
    pub fn nanos(self) -> i64 {
        self.0
    }

    /// Reads `1h30m`, `-1.5s`, `250ms`: a sign, and numbers each with a unit of `h`, `m`, `s`, `ms`, `us` (`µs`) or `ns`.
    /// `0` needs no unit. None if it is no such text or too long a span; fractions of nanoseconds do not count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Duration(0));
        }
        let mut nanos = None;
        while !rest.is_empty() {
            let (part, after) = part(rest)?;
            nanos = Some(part.checked_add(nanos.unwrap_or(0))?);
            rest = after;
        }
        let nanos = i128::try_from(nanos?).ok()?;
        i64::try_from(if negative { -nanos } else { nanos }).ok().map(Duration)
    }
}

/// The nanoseconds of a number with its unit, and what is after them.
fn part(text: &str) -> Option<(u128, &str)> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), digits);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let end = rest.find(|character: char| character == '.' || character.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(end)?;
    let unit: u128 = match unit {
        "h" => 3_600_000_000_000,
        "m" => 60_000_000_000,
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        // The micro sign, and the letter mu.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1000,
        "ns" => 1,
        _ => return None,
    };
    let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
    // Further digits are less than a nanosecond, of an hour too.
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? };
    Some((u128::from(whole) * unit + u128::from(fraction) * unit / scale, rest))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// In seconds, with as many digits of a fraction as it needs: `5400s`, `-0.25s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = NANOS_PER_SECOND.unsigned_abs();
        let nanos = self.0.unsigned_abs();
        write!(f, "{}{}", if self.0 < 0 { "-" } else { "" }, nanos / second)?;
        super::write_fraction(f, u32::try_from(nanos % second).unwrap_or_default())?;
        f.write_str("s")
    }
}
