use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use prost::bytes::Bytes;
use tokio::task::spawn_blocking;
use tollgate_policy::snapshot::{Content, SnapshotId};

use crate::publisher::Published;
use crate::signing::Signer;

use super::limits::{MAX_BASES, MAX_KNOWN, MAX_SIGNATURE_AGE};
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
    /// What was sent lately, oldest first: what deltas can start from.
    known: VecDeque<Arc<Published>>,
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
    pub(super) fn new(signer: Option<Signer>) -> Self {
        Offers { signer: signer.map(Arc::new), state: Mutex::default() }
    }

    /// The way to `target` in the form that was asked for, if there is that form; else as a whole.
    pub(super) fn make(&self, target: &Arc<Published>, want: Want, now: Instant) -> Making {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.know(target);
        let base = match want {
            Want::Full => None,
            Want::Delta(held) => state.find(held),
        };
        if self.signer.is_some() {
            // What is sent says when it was signed, and that should be lately.
            state.made.retain(|made| now.duration_since(made.at) < MAX_SIGNATURE_AGE);
        }
        state.make(target, base, self.signer.as_ref(), now)
    }
}

impl State {
    fn know(&mut self, published: &Arc<Published>) {
        if self.newest >= Some(published.id) {
            return;
        }
        self.newest = Some(published.id);
        self.made.clear();
        if self.known.len() >= MAX_KNOWN {
            self.known.pop_front();
        }
        self.known.push_back(Arc::clone(published));
    }

    /// What the VM holds, if it is what we sent under that id.
    fn find(&self, held: Held) -> Option<Arc<Published>> {
        self.known.iter().rev().find(|known| known.id == held.id && known.digest == held.digest).cloned()
    }

    fn make(
        &mut self,
        target: &Arc<Published>,
        base: Option<Arc<Published>>,
        signer: Option<&Arc<Signer>>,
        now: Instant,
    ) -> Making {
        let making = |base| make(Arc::clone(target), base, signer.cloned());
        // Asked for by a stream that has not seen the newest yet.
        if self.newest != Some(target.id) {
            return making(base);
        }
        let find = |base| self.made.iter().find(|made| made.base == base).map(|made| made.making.clone());
        // Few VMs lag, and few versions apart. Whoever finds no place shares the whole.
        let base = base.filter(|base| self.made.len() < MAX_BASES || find(Some(base.id)).is_some());
        let id = base.as_ref().map(|base| base.id);
        find(id).unwrap_or_else(|| {
            let making = making(base);
            self.made.push(Made { base: id, at: now, making: making.clone() });
            making
        })
    }
}

/// Goes on even if nobody waits for it any more: the next who asks finds it.
fn make(target: Arc<Published>, base: Option<Arc<Published>>, signer: Option<Arc<Signer>>) -> Making {
    let work = spawn_blocking(move || encode(&target, base.as_deref(), signer.as_deref()));
    let outcome = async move {
        match work.await {
            Ok(offer) => Some(offer),
            Err(error) => {
                tracing::error!(%error, "a snapshot cannot be encoded");
                None
            }
        }
    };
    outcome.boxed().shared()
}

fn encode(target: &Published, base: Option<&Published>, signer: Option<&Signer>) -> Offer {
    let sign = |signer: &Signer| signer.attest(target.id, &target.digest, SystemTime::now());
    let attestations: Vec<_> = signer.map(sign).into_iter().collect();
    let content = content(target);
    let delta = base.map(|base| content.delta(&self::content(base), base.id, target.id, &attestations));
    // All that a delta carries may be more than the whole: it says where everything goes.
    let delta = delta.filter(|delta| delta.len() <= content.size());
    let (base, bytes) = match delta {
        Some(delta) => (base.map(|base| base.id), delta),
        None => (None, content.encode(target.id, &attestations)),
    };
    let target_held = Held { id: target.id, digest: target.digest };
    Offer { target: target_held, base, content: bytes.into(), published_at: target.at }
}

fn content(published: &Published) -> Content {
    Content::read(&published.content).map(|(_, content)| content).unwrap_or_default()
}
