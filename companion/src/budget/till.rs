use tokio::sync::mpsc;
use tollgate_budget::{Amounts, Outcome, Reservation, ReservationId, Settlement};

use crate::metrics::{Ended, Metrics};
use crate::proto::{self, settlement};
use crate::sparingly::Sparingly;

use std::sync::Arc;
use std::time::Instant;

use super::call::used;
use super::receipt::{InvalidReceipt, Receipt};

/// How many settlements wait at most, of all VMs together.
const MOST_WAITING: usize = 1 << 16;

/// How many sequence numbers of one VM wait at most to be acknowledged.
pub(crate) const MOST_UNSETTLED: usize = 8192;

/// Where settlements are handed in. Clones are of the same till.
#[derive(Clone, Debug)]
pub(crate) struct Till {
    jobs: mpsc::Sender<Job>,
    metrics: Arc<Metrics>,
    log: Arc<Sparingly>,
}

/// Something that the store is to do, until it has done it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) work: Work,
    /// Who hears that it is done.
    pub(super) waiting: Option<Waiting>,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Work {
    Settle { settlement: Settlement, model: String },
    Renew { id: ReservationId, so_far: Amounts },
}

/// Somebody who waits for a settlement.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) sequence: u64,
    pub(super) done: mpsc::UnboundedSender<u64>,
}

/// More settlements wait already than can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many settlements wait for the budget store")]
pub(crate) struct Full;

impl Till {
    /// Also gives the way out.
    pub(super) fn new(metrics: Arc<Metrics>) -> (Self, mpsc::Receiver<Job>) {
        let (jobs, out) = mpsc::channel(MOST_WAITING);
        (Till { jobs, metrics, log: Arc::default() }, out)
    }

    /// Takes what a VM says. `done` hears the numbers of those that are durable, or past helping. What cannot be taken is
    /// not acknowledged: the VM says it again on its next stream.
    pub(crate) fn take(&self, settlements: proto::Settlements, done: &mpsc::UnboundedSender<u64>) -> Result<(), Full> {
        for proto::Settlement { sequence, reservation, outcome } in settlements.settlements {
            let waiting = Waiting { sequence, done: done.clone() };
            match read(&reservation, outcome) {
                Ok(Some(work)) => {
                    let job = Job { work, waiting: Some(waiting) };
                    self.jobs.try_send(job).map_err(|_| Full)?;
                }
                // Of a later version of the protocol: said again when we are of that version, too.
                Ok(None) => {}
                Err(error) => {
                    self.metrics.budget.rejected();
                    if self.log.is_due("receipt", Instant::now()) {
                        tracing::error!(%error, "a settlement cannot be read: its call is counted by its lease");
                    }
                    waiting.tell();
                }
            }
        }
        Ok(())
    }

    /// Gives back what is held for a call that is not made. If even that cannot be kept, its lease ends it.
    pub(super) fn release(&self, reservation: Reservation) {
        let settlement = Settlement { reservation, outcome: Outcome::Released };
        let _ = self.jobs.try_send(Job { work: Work::Settle { settlement, model: String::new() }, waiting: None });
    }
}

impl Waiting {
    pub(super) fn tell(self) {
        // The stream may have ended.
        let _ = self.done.send(self.sequence);
    }
}

impl Work {
    /// How it is counted.
    pub(super) fn kind(&self) -> Ended {
        match self {
            Work::Renew { .. } => Ended::Renewed,
            Work::Settle { settlement, .. } => match settlement.outcome {
                Outcome::Committed { is_estimate: false, .. } => Ended::Committed,
                Outcome::Committed { is_estimate: true, .. } => Ended::Estimated,
                Outcome::Released => Ended::Released,
            },
        }
    }
}

fn read(receipt: &[u8], outcome: Option<settlement::Outcome>) -> Result<Option<Work>, InvalidReceipt> {
    let Some(outcome) = outcome else { return Ok(None) };
    let Receipt { reservation, model, price } = Receipt::decode(receipt)?;
    let outcome = match outcome {
        settlement::Outcome::Used(usage) => Outcome::Committed { used: used(price, usage), is_estimate: false },
        settlement::Outcome::Estimated(usage) => Outcome::Committed { used: used(price, usage), is_estimate: true },
        settlement::Outcome::Released(_) => Outcome::Released,
        settlement::Outcome::SoFar(usage) => {
            return Ok(Some(Work::Renew { id: reservation.id, so_far: used(price, usage) }));
        }
    };
    Ok(Some(Work::Settle { settlement: Settlement { reservation, outcome }, model }))
}
