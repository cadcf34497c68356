//! Doubles to and from integers and text.

use std::fmt::{self, Write as _};

/// 2^63 and 2^64, the first doubles past the ends of the integer types.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

/// Most digits after the point that numbers are written with.
pub(super) const MAX_PRECISION: usize = 100;

/// The whole part. Neither end of the range has one: doubles there stand for integers beyond it too.
pub(super) fn whole_int(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "in range")]
    (number > -INT_END && number < INT_END).then_some(number as i64)
}

/// The whole part of a number that is not negative.
pub(super) fn whole_uint(number: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
    (0.0..UINT_END).contains(&number).then_some(number as u64)
}

/// A decimal number, an infinity or NaN. What is too large for a double is none.
pub(super) fn parse_double(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    let overflowed = number.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit());
    (!overflowed).then_some(number)
}

/// With as few digits as tell the number apart; with an exponent below 10^-4 and from 10^6.
pub(super) struct General(pub(super) f64);

impl fmt::Display for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let General(number) = *self;
        if number.is_nan() {
            f.write_str("NaN")
        } else if number.is_infinite() {
            f.write_str(if number > 0.0 { "+Inf" } else { "-Inf" })
        } else if number == 0.0 || (1e-4..1e6).contains(&number.abs()) {
            write!(f, "{number}")
        } else {
            Scientific { number, precision: None }.fmt(f)
        }
    }
}

/// With an exponent that has a sign and at least two digits.
pub(super) struct Scientific {
    /// Finite.
    pub(super) number: f64,
    /// Digits after the point, at most [`MAX_PRECISION`]; by default as few as tell the number apart.
    pub(super) precision: Option<usize>,
}

impl fmt::Display for Scientific {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = Written::default();
        match self.precision {
            Some(precision) => write!(written, "{:.precision$e}", self.number)?,
            None => write!(written, "{:e}", self.number)?,
        }
        let (digits, exponent) = written.text().split_once('e').ok_or(fmt::Error)?;
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        write!(f, "{digits}e{sign}{exponent:0>2}")
    }
}

/// What was written, on the stack.
struct Written {
    /// Room for a sign, a digit, a point, a precision of digits and an exponent.
    bytes: [u8; MAX_PRECISION + 16],
    len: usize,
}

impl Default for Written {
    fn default() -> Self {
        Written { bytes: [0; MAX_PRECISION + 16], len: 0 }
    }
}

impl Written {
    fn text(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl fmt::Write for Written {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.checked_add(text.len()).ok_or(fmt::Error)?;
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
