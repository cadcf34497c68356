use crate::look::Hold;
use crate::reservation::{Reservation, ReservationId};
use crate::sqlite::holds::KnownHold;

use super::answer::{self, Malformed, Words};

/// Reads what is held, as scripts write it: `H generation at candidate held least so_far lease_ends`, and the counters, a line
/// each.
pub(super) fn parse(id: ReservationId, text: &str) -> Result<KnownHold, Malformed> {
    let mut lines = text.split('\n');
    let mut words = Words::new(lines.next().unwrap_or_default());
    if words.word()? != "H" {
        return Err(Malformed);
    }
    let _generation = words.word()?;
    let at = words.number()?;
    let candidate = words.word()?.parse().map_err(|_| Malformed)?;
    let (held, least, so_far) = (words.amounts()?, words.amounts()?, words.amounts()?);
    let lease_ends = words.number()?;
    let reservation = Reservation { id, at, counters: answer::counters(lines)?, held, least };
    Ok(KnownHold { candidate, hold: Hold { reservation, so_far, lease_ends } })
}
