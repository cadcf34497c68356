#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;
use tollgate_budget::{Amounts, Outcome, Reservation, ReservationId, Settlement};

use crate::metrics::{Ended, Metrics};
use crate::proto::{self, settlement};
use crate::sparingly::Sparingly;

use super::call::used;
use super::receipt::{InvalidReceipt, Receipt};

/// How many settlements wait at most, of all VMs together.
const MOST_WAITING: usize = 1 << 16;

/// How many sequence numbers of one VM wait at most to be acknowledged.
pub(crate) const MOST_UNSETTLED: usize = 8192;

/// Where settlements are handed in. Each waits once, however often it is said. Clones are of the same till.
#[derive(Clone, Debug)]
pub(crate) struct Till {
    waiting: Waiting,
    queue: mpsc::Sender<Key>,
    metrics: Arc<Metrics>,
    log: Arc<Sparingly>,
}

/// Where they are taken out, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Jobs {
    waiting: Waiting,
    queue: mpsc::Receiver<Key>,
}

/// Something that the store is to do. It waits until that is done.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) work: Arc<Work>,
    key: Key,
    waiting: Waiting,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Work {
    Settle { settlement: Settlement, model: String },
    Renew { id: ReservationId, so_far: Amounts },
}

/// Tells what is said again from what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    id: ReservationId,
    is_renewal: bool,
}

#[derive(Clone, Debug, Default)]
struct Waiting(Arc<Mutex<HashMap<Key, Said>>>);

#[derive(Debug)]
struct Said {
    work: Arc<Work>,
    hearers: Vec<Hearer>,
}

/// Somebody who waits for a settlement.
#[derive(Clone, Debug)]
struct Hearer {
    sequence: u64,
    done: mpsc::UnboundedSender<u64>,
}

impl Till {
    /// Also gives the way out.
    pub(crate) fn new(metrics: Arc<Metrics>) -> (Self, Jobs) {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let waiting = Waiting::default();
        let jobs = Jobs { waiting: waiting.clone(), queue: receiver };
        (Till { waiting, queue: sender, metrics, log: Arc::default() }, jobs)
    }

    /// Takes what a VM says. `done` hears its number when it is durable, or past helping. False if it cannot be taken: it is
    /// not acknowledged, and the VM says it again.
    pub(crate) fn take(&self, said: proto::Settlement, done: &mpsc::UnboundedSender<u64>) -> bool {
        let proto::Settlement { sequence, reservation, outcome } = said;
        let hearer = Hearer { sequence, done: done.clone() };
        match read(&reservation, outcome) {
            Ok(Some(work)) => self.add(work, Some(hearer)),
            // Of a later version of the protocol: said again when we are of that version, too.
            Ok(None) => false,
            Err(error) => {
                self.metrics.budget.rejected();
                if self.log.is_due("receipt", Instant::now()) {
                    tracing::error!(%error, "a settlement cannot be read: its call is counted by its lease");
                }
                hearer.tell();
                true
            }
        }
    }

    /// Gives back what is held for a call that is not made. If even that cannot be kept, its lease ends it.
    pub(super) fn release(&self, reservation: Reservation) {
        let settlement = Settlement { reservation, outcome: Outcome::Released };
        self.add(Work::Settle { settlement, model: String::new() }, None);
    }

    /// What waits already waits once. Of a settlement, what was said first counts; of a call that goes on, the most.
    fn add(&self, work: Work, hearer: Option<Hearer>) -> bool {
        let key = work.key();
        let mut waiting = self.waiting.lock();
        let many = waiting.len();
        match waiting.entry(key) {
            Entry::Occupied(mut said) => said.get_mut().again(&work, hearer),
            Entry::Vacant(place) if many < MOST_WAITING && self.queue.try_send(key).is_ok() => {
                place.insert(Said { work: Arc::new(work), hearers: hearer.into_iter().collect() });
            }
            Entry::Vacant(_) => {
                self.metrics.budget.turned_away();
                if self.log.is_due("full", Instant::now()) {
                    tracing::error!(waiting = many, "too many settlements wait for the budget store");
                }
                return false;
            }
        }
        true
    }
}

impl Jobs {
    pub(super) async fn recv(&mut self) -> Option<Job> {
        loop {
            let key = self.queue.recv().await?;
            if let Some(job) = self.job(key) {
                return Some(job);
            }
        }
    }

    pub(super) fn try_recv(&mut self) -> Option<Job> {
        let key = self.queue.try_recv().ok()?;
        self.job(key)
    }

    /// Nothing more is taken in.
    pub(super) fn close(&mut self) {
        self.queue.close();
    }

    /// How many are not done.
    pub(super) fn len(&self) -> usize {
        self.waiting.lock().len()
    }

    fn job(&self, key: Key) -> Option<Job> {
        let work = Arc::clone(&self.waiting.lock().get(&key)?.work);
        Some(Job { work, key, waiting: self.waiting.clone() })
    }
}

impl Job {
    /// Its work is done, and whoever waits hears of it. If more was said meanwhile, that is its work now: false.
    pub(super) fn finish(&mut self) -> bool {
        let mut waiting = self.waiting.lock();
        if let Some(said) = waiting.get(&self.key)
            && !Arc::ptr_eq(&said.work, &self.work)
        {
            self.work = Arc::clone(&said.work);
            return false;
        }
        let hearers = waiting.remove(&self.key).map(|said| said.hearers);
        drop(waiting);
        hearers.into_iter().flatten().for_each(Hearer::tell);
        true
    }
}

impl Waiting {
    /// No holder of the lock can fail between two changes.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Said {
    fn again(&mut self, work: &Work, hearer: Option<Hearer>) {
        if let (Work::Renew { id, so_far }, Work::Renew { so_far: before, .. }) = (work, &*self.work)
            && so_far.max(*before) != *before
        {
            self.work = Arc::new(Work::Renew { id: *id, so_far: so_far.max(*before) });
        }
        // Streams that have ended hear nothing any more.
        self.hearers.retain(|hearer| !hearer.done.is_closed());
        self.hearers.extend(hearer);
    }
}

impl Hearer {
    fn tell(self) {
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

    fn key(&self) -> Key {
        match self {
            Work::Renew { id, .. } => Key { id: *id, is_renewal: true },
            Work::Settle { settlement, .. } => Key { id: settlement.reservation.id, is_renewal: false },
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
