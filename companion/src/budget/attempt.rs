use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tollgate_budget::{Reservation, ReservationId, Reserve, Reserved, Store, StoreError};

use super::reply::now;
use super::till::Till;

/// The questions that are under way to hold something, by the ids that they are for. Clones are of the same.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    till: Till,
    asked: Arc<Mutex<HashMap<ReservationId, Asked>>>,
}

/// What is known of an id for which somebody asks.
#[derive(Debug, Default)]
struct Asked {
    /// How many questions are under way.
    questions: usize,
    /// Whether somebody has heard that it is held: it is his to settle.
    is_heard: bool,
    /// What may be held and nobody has heard of.
    unheard: Option<Reservation>,
}

/// A question to the store to hold something. Whoever asked may give up, and the store may not say what it did: what is held
/// even so is released, so that it does not lie there until its lease ends.
pub(super) struct Attempt {
    attempts: Attempts,
    reserve: Arc<Reserve>,
    answer: Option<BoxFuture<'static, Result<Reserved, StoreError>>>,
    slot: Option<OwnedSemaphorePermit>,
}

/// What a question has come to.
enum End {
    /// Somebody has heard that it is held.
    Heard,
    /// This may be held, and nobody has heard of it.
    Unheard(Reservation),
    /// Nothing is held.
    Nothing,
}

impl Attempts {
    pub(super) fn new(till: Till) -> Self {
        Attempts { till, asked: Arc::default() }
    }

    /// `slot` is given back when the store has answered, whether anybody waits for that or not.
    pub(super) fn begin(&self, store: &Arc<dyn Store>, reserve: Reserve, slot: OwnedSemaphorePermit) -> Attempt {
        let (store, reserve) = (Arc::clone(store), Arc::new(reserve));
        self.note(|asked| asked.entry(reserve.id).or_default().questions += 1);
        let asking = Arc::clone(&reserve);
        let answer = async move { store.reserve(&asking).await }.boxed();
        Attempt { attempts: self.clone(), reserve, answer: Some(answer), slot: Some(slot) }
    }

    /// What nobody has heard of is given back when nobody asks for it any more.
    fn end(&self, id: ReservationId, end: End) {
        let over = self.note(|asked| {
            let known = asked.get_mut(&id)?;
            known.questions = known.questions.saturating_sub(1);
            match end {
                End::Heard => known.is_heard = true,
                End::Unheard(reservation) => known.unheard = Some(reservation),
                End::Nothing => {}
            }
            if known.questions == 0 { asked.remove(&id) } else { None }
        });
        if let Some(Asked { is_heard: false, unheard: Some(reservation), .. }) = over {
            self.till.release(reservation);
        }
    }

    /// No holder of the lock can fail between two changes.
    fn note<T>(&self, change: impl FnOnce(&mut HashMap<ReservationId, Asked>) -> T) -> T {
        change(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl End {
    /// Of an answer that nobody hears, or that is an error.
    fn unheard(reserve: &Reserve, answer: &Result<Reserved, StoreError>) -> Self {
        match answer {
            Ok(Reserved::Held(held)) => End::Unheard(held.reservation.clone()),
            // If it is held, the store knows in which way.
            Err(StoreError::Unanswered(_)) => {
                let (first, at) = (reserve.candidates.first(), now());
                let counters = first.lines.at(at);
                End::Unheard(Reservation { id: reserve.id, at, counters, held: first.amounts, least: first.least })
            }
            Ok(Reserved::Refused(_) | Reserved::Settled) | Err(_) => End::Nothing,
        }
    }
}

impl Future for Attempt {
    type Output = Result<Reserved, StoreError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(asking) = &mut self.answer else { return Poll::Pending };
        let answered = asking.poll_unpin(cx);
        if let Poll::Ready(answer) = &answered {
            let end = match answer {
                Ok(Reserved::Held(_)) => End::Heard,
                other => End::unheard(&self.reserve, other),
            };
            self.attempts.end(self.reserve.id, end);
            self.answer = None;
            self.slot = None;
        }
        answered
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let (Some(answer), Ok(runtime)) = (self.answer.take(), Handle::try_current()) else { return };
        let (attempts, reserve, slot) = (self.attempts.clone(), Arc::clone(&self.reserve), self.slot.take());
        runtime.spawn(async move {
            let end = End::unheard(&reserve, &answer.await);
            attempts.end(reserve.id, end);
            drop(slot);
        });
    }
}
