use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::embedding::{QuerySeconds, priority};

/// How many questions are answered at a time, and how many more may wait for their turn.
const TURNS: usize = 4;
const WAITING: usize = 60;

/// How long somebody waits for an answer: for others before it, and for a service that embeds.
const PATIENCE: Duration = Duration::from_secs(20);

// Whoever waits behind those that a service keeps waiting is answered in time.
const _: () = assert!(QuerySeconds::MOST as u64 <= PATIENCE.as_secs() / 2);

/// Those who want something done of which only so much is done at a time. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    /// For those whose turn it is and those that wait.
    room: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    patience: Duration,
}

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _places: [OwnedSemaphorePermit; 2],
}

/// Whose turn it is to search: questions take time and may wait for a distant service, and what else the daemon does must
/// not wait for them.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Queue);

/// Whether others wait for what is done, or it for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Usual,
    /// For what somebody from outside can make long, such as a condition to compile.
    GivingWay,
}

/// Why a question is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoTurn {
    #[error("too many questions wait already; ask again in a moment")]
    Full,
    #[error("there is no answer in time; ask again in a moment")]
    Late,
    #[error("the question failed inside the program")]
    Crashed,
}

impl Queue {
    /// `turns` at a time, for which so many more may be `waiting`, each for so long, its own turn included.
    pub(crate) fn new(turns: usize, waiting: usize, patience: Duration) -> Self {
        let [room, turns] = [turns + waiting, turns].map(|places| Arc::new(Semaphore::new(places)));
        Queue { room, turns, patience }
    }

    /// Begins something when it is its turn. Whoever gives up waiting leaves the queue.
    pub(crate) async fn take<T>(&self, begin: impl AsyncFnOnce(Turn) -> Result<T, NoTurn>) -> Result<T, NoTurn> {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| NoTurn::Full)?;
        let in_turn = async {
            let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| NoTurn::Crashed)?;
            begin(Turn { _places: [room, turn] }).await
        };
        timeout(self.patience, in_turn).await.unwrap_or(Err(NoTurn::Late))
    }
}

impl Turns {
    pub(crate) fn new() -> Self {
        Turns(Queue::new(TURNS, WAITING, PATIENCE))
    }

    /// Answers a question on a thread that may block, when it is its turn. Whoever gives up waiting leaves the queue; what has
    /// begun is finished, and counts until then.
    pub(crate) async fn take<T: Send + 'static>(
        &self,
        pace: Pace,
        answer: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        let answered = self.0.take(async |turn: Turn| match pace {
            Pace::Usual => {
                let answered = spawn_blocking(move || {
                    let answer = answer();
                    drop(turn);
                    answer
                });
                answered.await.map_err(|crash| {
                    tracing::error!(%crash, "a search failed inside the program");
                    NoTurn::Crashed
                })
            }
            Pace::GivingWay => give_way("question", turn, answer).await,
        });
        answered.await
    }
}

/// Works on a thread that gives way to everything else, which a turn lasts for.
pub(crate) async fn give_way<T: Send + 'static>(
    name: &str,
    turn: Turn,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoTurn> {
    let (answer, answered) = oneshot::channel();
    let started = priority::spawn(name, move || {
        let outcome = work();
        drop(turn);
        let _ = answer.send(outcome);
    });
    if let Err(error) = started {
        tracing::error!(%error, "a thread cannot be started");
        return Err(NoTurn::Crashed);
    }
    answered.await.map_err(|_| NoTurn::Crashed)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn so_many_are_answered_at_a_time_and_what_is_too_many_is_refused() {
        let turns = Turns::new();
        let (began, begun) = mpsc::channel();
        let mut ends = Vec::new();
        let mut asked = Vec::new();
        for _ in 0..TURNS + WAITING {
            let (end, ended) = mpsc::channel::<()>();
            ends.push(end);
            let (turns, began) = (turns.clone(), began.clone());
            asked.push(tokio::spawn(async move {
                let work = move || {
                    began.send(()).unwrap();
                    let _ = ended.recv();
                };
                turns.take(Pace::Usual, work).await
            }));
        }
        while turns.0.room.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(turns.take(Pace::Usual, || ()).await, Err(NoTurn::Full)));
        // One that waits goes away: there is room for another.
        asked.pop().unwrap().abort();
        while turns.0.room.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
        drop(ends);
        turns.take(Pace::Usual, || ()).await.unwrap();
        for asked in asked {
            asked.await.unwrap().unwrap();
        }
        assert_eq!(begun.try_iter().count(), TURNS + WAITING - 1);
    }

    #[tokio::test]
    async fn one_that_takes_too_long_is_given_up_and_counts_until_it_ends() {
        let turns = Turns(Queue::new(TURNS, WAITING, Duration::ZERO));
        let (end, ended) = mpsc::channel::<()>();
        let work = move || {
            let _ = ended.recv();
        };
        assert!(matches!(turns.take(Pace::Usual, work).await, Err(NoTurn::Late)));
        assert_eq!(turns.0.turns.available_permits(), TURNS - 1);
        drop(end);
        while turns.0.room.available_permits() < TURNS + WAITING {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn one_that_panics_gives_its_turn_back() {
        let turns = Turns::new();
        for pace in [Pace::Usual, Pace::GivingWay] {
            for _ in 0..2 * (TURNS + WAITING) {
                assert!(matches!(turns.take(pace, || panic!("on purpose")).await, Err(NoTurn::Crashed)));
            }
        }
        turns.take(Pace::Usual, || ()).await.unwrap();
    }
}
