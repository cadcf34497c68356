use crate::look::Hold;
use crate::reservation::{Reservation, ReservationId};

use super::answer::{self, Malformed, Words};

/// A call on its way as scripts write it, and in which of its ways.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) candidate: usize,
    pub(super) hold: Hold,
}

impl Record {
    /// `H generation at candidate held least so_far lease_ends`, and the counters, a line each.
    pub(super) fn parse(id: ReservationId, text: &str) -> Result<Self, Malformed> {
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
        Ok(Record { candidate, hold: Hold { reservation, so_far, lease_ends } })
    }
}
