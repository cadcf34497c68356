use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tollgate_budget::{Reserve, Reserved, Store, StoreError};

use super::till::Till;

/// A question to the store to hold something. Whoever asked may give up; what is held even so is released, so that it does
/// not lie there until its lease ends.
pub(super) struct Attempt {
    answer: Option<BoxFuture<'static, Result<Reserved, StoreError>>>,
    till: Till,
    slot: Option<OwnedSemaphorePermit>,
}

impl Attempt {
    /// `slot` is given back when the store has answered, whether anybody waits for that or not.
    pub(super) fn new(store: &Arc<dyn Store>, reserve: Reserve, till: &Till, slot: OwnedSemaphorePermit) -> Self {
        let store = Arc::clone(store);
        let answer = async move { store.reserve(&reserve).await }.boxed();
        Attempt { answer: Some(answer), till: till.clone(), slot: Some(slot) }
    }
}

impl Future for Attempt {
    type Output = Result<Reserved, StoreError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(answer) = &mut self.answer else { return Poll::Pending };
        let answered = answer.poll_unpin(cx);
        if answered.is_ready() {
            self.answer = None;
            self.slot = None;
        }
        answered
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let (Some(answer), Ok(runtime)) = (self.answer.take(), Handle::try_current()) else { return };
        let (till, slot) = (self.till.clone(), self.slot.take());
        runtime.spawn(async move {
            if let Ok(Reserved::Held(held)) = answer.await {
                till.release(held.reservation);
            }
            drop(slot);
        });
    }
}
