use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use prost::bytes::Bytes;
use tokio::task::spawn_blocking;
use tollgate_policy::snapshot::{Attestation, SnapshotId};

use crate::publisher::Published;
use crate::signing::Signer;

use super::known::Known;
use super::limits::{MAX_BASES, MAX_SIGNATURE_AGE};
use super::supply::{Held, Want};

/// A snapshot or a delta, ready to travel. Cheap to clone: all streams share the bytes.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) target: Held,
    /// What it is a delta against; whole if this is absent.
    pub(super) base: Option<SnapshotId>,
    pub(super) content: Bytes,
    pub(super) published_at: Instant,
}

/// An offer that is being made, for everyone who waits for it. `None` if it cannot be made.
pub(super) type Making = Shared<BoxFuture<'static, Option<Offer>>>;

/// Makes every offer once, however many VMs take it.
#[derive(Debug)]
pub(super) struct Offers {
    signer: Option<Arc<Signer>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Known,
    /// What was made of the newest snapshot that was asked for.
    newest: Option<SnapshotId>,
    made: Vec<Made>,
}

#[derive(Debug)]
struct Made {
    base: Option<SnapshotId>,
    at: Instant,
    making: Making,
}

impl Offers {
    /// Everything is signed, if there is someone to sign it.
    pub(super) fn new(signer: Option<Arc<Signer>>) -> Self {
        Offers { signer, state: Mutex::default() }
    }

    /// Remembers what VMs may come to hold, so that a delta can start from it.
    pub(super) fn know(&self, published: &Arc<Published>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).know(published);
    }

    /// The way to `target` in the form that was asked for, if there is that form; else as a whole.
    pub(super) fn make(self: &Arc<Self>, target: &Arc<Published>, want: Want, now: Instant) -> Making {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.know(target);
        if self.signer.is_some() {
            // What is sent says when it was signed, and that should be lately.
            state.made.retain(|made| now.duration_since(made.at) < MAX_SIGNATURE_AGE);
        }
        let base = match want {
            Want::Full => None,
            Want::Delta(held) => state.known.find(held),
        };
        // Asked for by a stream that has not seen the newest yet.
        if state.newest != Some(target.id) {
            return self.begin(target, base, now);
        }
        let find = |base| state.made.iter().find(|made| made.base == base).map(|made| made.making.clone());
        // Few VMs lag, and few versions apart. Whoever finds no place shares the whole.
        let base = base.filter(|base| state.made.len() < MAX_BASES || find(Some(base.id)).is_some());
        let id = base.as_ref().map(|base| base.id);
        find(id).unwrap_or_else(|| {
            let making = self.begin(target, base, now);
            state.made.push(Made { base: id, at: now, making: making.clone() });
            making
        })
    }

    /// Begins at once, and goes on even if nobody waits for it any more: the next who asks finds it.
    fn begin(self: &Arc<Self>, target: &Arc<Published>, base: Option<Arc<Published>>, now: Instant) -> Making {
        let (offers, target) = (Arc::clone(self), Arc::clone(target));
        let work = {
            let (offers, target) = (Arc::clone(self), Arc::clone(&target));
            spawn_blocking(move || match base {
                Some(base) => offers.delta(&target, &base),
                None => Some(offers.whole(&target)),
            })
        };
        let outcome = async move {
            match work.await {
                Ok(Some(offer)) => Some(offer),
                Ok(None) => offers.make(&target, Want::Full, now).await,
                Err(error) => {
                    tracing::error!(%error, "a snapshot cannot be encoded");
                    None
                }
            }
        };
        outcome.boxed().shared()
    }

    /// None if it is larger than the whole: it says of everything where it goes.
    fn delta(&self, target: &Published, base: &Published) -> Option<Offer> {
        let bytes = target.content.delta(&base.content, base.id, target.id, &self.sign(target));
        (bytes.len() <= target.content.size()).then(|| Offer::new(target, Some(base.id), bytes))
    }

    fn whole(&self, target: &Published) -> Offer {
        Offer::new(target, None, target.content.encode(target.id, &self.sign(target)))
    }

    fn sign(&self, target: &Published) -> Vec<Attestation> {
        let sign = |signer: &Arc<Signer>| signer.attest(target.id, &target.digest, SystemTime::now());
        self.signer.as_ref().map(sign).into_iter().collect()
    }
}

impl Offer {
    fn new(target: &Published, base: Option<SnapshotId>, bytes: Vec<u8>) -> Self {
        let held = Held { id: target.id, digest: target.digest };
        Offer { target: held, base, content: bytes.into(), published_at: target.at }
    }
}

impl State {
    fn know(&mut self, published: &Arc<Published>) {
        if self.newest < Some(published.id) {
            self.newest = Some(published.id);
            self.made.clear();
            self.known.push(Arc::clone(published));
        }
    }
}

#[cfg(test)]
mod tests;
