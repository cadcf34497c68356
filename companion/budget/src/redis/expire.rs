use super::answer::{self, Malformed};
use super::link::{Answered, Link, not_understood};
use super::record;
use super::seed;
use crate::amounts::Amounts;
use crate::reservation::Reservation;
use crate::settle::Expired;
use crate::store::StoreError;

/// How many are settled by one script, which others wait for.
const TOGETHER: usize = 64;

/// How long after the end of a lease, in seconds, it is asked whether somebody else has settled it.
const FORGOTTEN: u64 = 5;

impl Link {
    pub(super) async fn expire(&self, most: usize) -> Result<Vec<Expired>, StoreError> {
        let mut expired = Vec::new();
        while expired.len() < most {
            let due = self.due((most - expired.len()).min(TOGETHER)).await?;
            if due.is_empty() {
                break;
            }
            let unanswered = self.unanswered();
            self.outbox.begin_expiry(due.clone()).await?;
            expired.extend(count(self, &due).await?);
            unanswered.answered();
        }
        Ok(expired)
    }

    /// Those whose leases have ended. What others have settled meanwhile is forgotten here.
    async fn due(&self, most: usize) -> Result<Vec<Reservation>, StoreError> {
        let ended = self.mirror.ended(self.newest().saturating_sub(FORGOTTEN), TOGETHER);
        let mut arguments = vec![most.to_string(), ended.len().to_string()];
        arguments.extend(ended.iter().map(ToString::to_string));
        let Answered { mut rest, .. } = self.ask(&self.scripts.due, &arguments).await?;
        let read = || {
            let mut list = rest.list()?;
            let mut due = Vec::new();
            while !list.is_over() {
                let id = answer::id(&list.text()?)?;
                due.push(record::parse(id, &list.text()?)?.hold.reservation);
            }
            let mut fates = rest.list()?;
            for id in ended {
                match fates.text()?.as_str() {
                    "" => self.mirror.forget(id),
                    text => self.mirror.keep(record::parse(id, text)?),
                }
            }
            Ok::<_, Malformed>(due)
        };
        read().map_err(not_understood)
    }
}

/// Settles reservations that are in the outbox as those whose leases have ended; gives those that Redis has settled so for
/// this ledger.
pub(super) async fn count(link: &Link, ended: &[Reservation]) -> Result<Vec<Expired>, StoreError> {
    let mut expired = Vec::new();
    for some in ended.chunks(TOGETHER) {
        let Answered { now, mut rest } = link.ask(&link.scripts.expire, &arguments(some)).await?;
        let mut list = rest.list().map_err(not_understood)?;
        for reservation in some {
            let mut read = || Ok::<_, Malformed>((list.number()? == 1, list.amounts()?));
            let (is_ours, used): (bool, Amounts) = read().map_err(not_understood)?;
            let used = is_ours.then_some(used);
            if let Some(seen) = link.seen() {
                link.outbox.see(seen).await?;
            }
            link.outbox.finish_expiry(reservation.id, now, used).await?;
            if let Some(used) = used {
                link.mirror.forget(reservation.id);
                expired.push(Expired { reservation: reservation.clone(), used });
            }
        }
    }
    Ok(expired)
}

pub(super) fn arguments(ended: &[Reservation]) -> Vec<String> {
    let mut words = vec![ended.len().to_string()];
    for Reservation { id, least, counters, .. } in ended {
        words.extend([id.to_string(), least.tokens().to_string(), least.micro_dollars().to_string()]);
        words.extend(seed::counters(counters));
    }
    words
}
