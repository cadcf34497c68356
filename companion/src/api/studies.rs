use std::time::Duration;

use crate::conflicts::Study;
use crate::find::{NoTurn, Queue, Turn, give_way};

/// How many may wait for the one that is at work.
const WAITING: usize = 8;

/// How long somebody waits for an answer, those before it included.
const PATIENCE: Duration = Duration::from_secs(300);

/// Work over all policies: one at a time, on a thread that gives way to everything else. Clones share the turn.
#[derive(Clone, Debug)]
pub(crate) struct Studies(Queue);

/// Ends a study when nobody waits for it any more.
struct Waiting(Study);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Studies {
    pub(crate) fn new() -> Self {
        Studies(Queue::new(1, WAITING, PATIENCE))
    }

    /// Does the work when it is its turn. Whoever goes away, or has waited for too long, leaves the queue, or ends the
    /// work.
    pub(super) async fn take<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Study) -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        let studied = self.0.take(async |turn: Turn| {
            let study = Study::default();
            let waiting = Waiting(study.clone());
            let outcome = give_way("study", turn, move || work(&study)).await;
            drop(waiting);
            outcome
        });
        studied.await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_ends_when_whoever_waited_goes_away_and_the_next_has_its_turn() {
        let studies = Studies::new();
        let (began, begun) = mpsc::channel();
        let waiting = tokio::spawn({
            let studies = studies.clone();
            async move {
                let work = move |study: &Study| {
                    began.send(()).unwrap();
                    while study.goes_on().is_ok() {
                        std::thread::yield_now();
                    }
                };
                studies.take(work).await
            }
        });
        tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
        let next = tokio::spawn({
            let studies = studies.clone();
            async move { studies.take(|_| 7).await }
        });
        waiting.abort();
        assert_eq!(next.await.unwrap().unwrap(), 7);
    }

    #[tokio::test]
    async fn work_ends_when_it_takes_longer_than_anybody_waits() {
        let studies = Studies(Queue::new(1, WAITING, Duration::from_millis(20)));
        let endless = |study: &Study| {
            while study.goes_on().is_ok() {
                std::thread::yield_now();
            }
        };
        assert!(matches!(studies.take(endless).await, Err(NoTurn::Late)));
        // The turn is given back.
        while studies.take(|_| ()).await.is_err() {}
    }

    #[tokio::test]
    async fn what_panics_gives_its_turn_back_and_what_is_too_many_is_refused() {
        let studies = Studies::new();
        for _ in 0..3 {
            assert!(matches!(studies.take(|_| panic!("on purpose")).await, Err(NoTurn::Crashed)));
        }
        studies.take(|_| ()).await.unwrap();

        let studies = Studies(Queue::new(1, 0, PATIENCE));
        let ((began, begun), (end, ended)) = (mpsc::channel(), mpsc::channel::<()>());
        let only = tokio::spawn({
            let studies = studies.clone();
            let work = move |_: &Study| {
                began.send(()).unwrap();
                let _ = ended.recv();
            };
            async move { studies.take(work).await }
        });
        tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
        assert!(matches!(studies.take(|_| ()).await, Err(NoTurn::Full)));
        drop(end);
        only.await.unwrap().unwrap();
    }
}
