use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use prost::bytes::Bytes;
use tokio::task::spawn_blocking;
use tollgate_policy::snapshot::{Content, SnapshotId};

use crate::publisher::Published;

use super::limits::{MAX_BASES, MAX_KNOWN};
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
#[derive(Debug, Default)]
pub(super) struct Offers {
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
    making: Making,
}

impl Offers {
    /// The way to `target` in the form that was asked for, if there is that form; else as a whole.
    pub(super) fn make(&self, target: &Arc<Published>, want: Want) -> Making {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.know(target);
        let base = match want {
            Want::Full => None,
            Want::Delta(held) => state.find(held),
        };
        state.make(target, base)
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

    fn make(&mut self, target: &Arc<Published>, base: Option<Arc<Published>>) -> Making {
        let base_id = base.as_ref().map(|base| base.id);
        if self.newest != Some(target.id) {
            return make(Arc::clone(target), base);
        }
        if let Some(made) = self.made.iter().find(|made| made.base == base_id) {
            return made.making.clone();
        }
        // Few VMs lag, and few versions apart. Whoever finds no place shares the whole.
        if base.is_some() && self.made.len() >= MAX_BASES {
            return self.make(target, None);
        }
        let making = make(Arc::clone(target), base);
        self.made.push(Made { base: base_id, making: making.clone() });
        making
    }
}

/// Goes on even if nobody waits for it any more: the next who asks finds it.
fn make(target: Arc<Published>, base: Option<Arc<Published>>) -> Making {
    let work = spawn_blocking(move || encode(&target, base.as_deref()));
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

fn encode(target: &Published, base: Option<&Published>) -> Offer {
    let attestations = [];
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
