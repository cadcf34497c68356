/// How far a time zone is ahead of UTC, fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offset(i64);

impl Offset {
    pub(crate) const UTC: Self = Offset(0);

    /// `UTC`, nothing, or hours and minutes: `+02:00`, `-09:30`, `02:00`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if matches!(text, "" | "UTC") {
            return Some(Offset::UTC);
        }
        let (sign, digits) = match text.as_bytes() {
            [b'-', digits @ ..] => (-1, digits),
            [b'+', digits @ ..] => (1, digits),
            digits => (1, digits),
        };
        Some(Offset(sign * Self::magnitude(digits)?))
    }

    /// `Z`, or a sign, hours and minutes, as RFC 3339 has them.
    pub(super) fn parse_strict(text: &str) -> Option<Self> {
        match text.as_bytes() {
            b"Z" => Some(Offset::UTC),
            [b'-', digits @ ..] => Some(Offset(-Self::magnitude(digits)?)),
            [b'+', digits @ ..] => Some(Offset(Self::magnitude(digits)?)),
            _ => None,
        }
    }

    /// Of this many seconds, fewer than a day has.
    pub(super) fn of_seconds(seconds: i32) -> Self {
        Offset(i64::from(seconds))
    }

    pub(crate) fn seconds(self) -> i64 {
        self.0
    }

    fn magnitude(digits: &[u8]) -> Option<i64> {
        let [h, hh, b':', m, mm] = *digits else { return None };
        let number = |tens: u8, ones: u8| {
            (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i64::from((tens - b'0') * 10 + (ones - b'0')))
        };
        let (hours, minutes) = (number(h, hh)?, number(m, mm)?);
        (hours < 24 && minutes < 60).then_some((hours * 60 + minutes) * 60)
    }
}
