use std::fmt;
use std::str::FromStr;

use crate::amounts::Amounts;
use crate::counter::Counters;
use crate::period::KEPT_SECONDS;

/// Names a reservation. Whoever asks for it chooses it, at random, so that asking again is no second reservation. Its text is
/// 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReservationId(pub [u8; 16]);

/// A text that names no reservation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no reservation: 32 hexadecimal digits are expected")]
pub struct InvalidId(String);

/// What is held for a call. It carries all that settling needs, whatever the time is then and whatever the store still knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Its name.
    pub id: ReservationId,
    /// When it was made by the store's clock, in seconds since 1970.
    pub at: u64,
    /// What it counts for, in the periods in which it was made.
    pub counters: Counters,
    /// What is held against each of the counters, by the unit.
    pub held: Amounts,
    /// The least that it is settled at if nobody settles it: what its prompt is estimated at.
    pub least: Amounts,
}

impl Reservation {
    /// The first second in which none of its counters is kept any more; absent where it has none.
    #[must_use]
    pub fn late_from(&self) -> Option<u64> {
        self.counters.kept_until()
    }

    /// The first second in which the store need not know any more that it was settled at `now`: when its last counter is
    /// gone, or 48 hours later where it has none.
    #[must_use]
    pub fn marked_until(&self, now: u64) -> u64 {
        self.late_from().unwrap_or(now.saturating_add(KEPT_SECONDS))
    }
}

impl fmt::Display for ReservationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for ReservationId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        number.map(|number| ReservationId(number.to_be_bytes())).ok_or_else(|| InvalidId(text.to_owned()))
    }
}
