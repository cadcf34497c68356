use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::{fmt, io, mem};

use futures::channel::oneshot;
use futures::future::BoxFuture;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::FileError;

/// How many may wait. Who comes then is told at once.
const WAITING: usize = 8192;

/// How many share a transaction.
const TOGETHER: usize = 256;

/// A thread with a connection of its own. What is asked while it is at work is done together, in one transaction.
pub(super) struct Worker {
    /// Absent when it is to end.
    queue: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

/// What becomes of a piece of work that nobody waits for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Always,
    WhileAwaited,
}

impl Worker {
    /// Nothing is done while the file is not there under its name.
    pub(super) fn start(
        name: &str,
        connection: Connection,
        behavior: TransactionBehavior,
        is_there: impl Fn() -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, jobs) = sync_channel(WAITING);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || Turns { connection, behavior }.run(&jobs, is_there))?;
        Ok(Worker { queue: Some(queue), thread: Some(thread) })
    }

    pub(super) fn ask<T: Send + 'static>(
        &self,
        wanted: Wanted,
        work: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, FileError>> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Asked { work, wanted, done: None, answer });
        let sent = match &self.queue {
            Some(queue) => queue.try_send(job).map_err(|error| match error {
                TrySendError::Full(_) => FileError::Busy,
                TrySendError::Disconnected(_) => ended(),
            }),
            None => Err(ended()),
        };
        Box::pin(async move {
            sent?;
            answered.await.unwrap_or_else(|_| Err(ended()))
        })
    }
}

fn ended() -> FileError {
    FileError::Failed("its thread has ended".to_owned())
}

impl fmt::Debug for Worker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Worker").field(&self.thread).finish()
    }
}

/// Does what has been asked, and ends.
impl Drop for Worker {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It tells of its end in no other way.
            let _ = thread.join();
        }
    }
}

/// Something to be done in a transaction, and somebody who waits for it.
trait Job: Send {
    fn is_wanted(&self) -> bool;

    fn run(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()>;

    /// Tells whoever waits what came of it.
    fn answer(self: Box<Self>, committed: Result<(), FileError>);
}

struct Asked<T, W> {
    work: W,
    wanted: Wanted,
    done: Option<T>,
    answer: oneshot::Sender<Result<T, FileError>>,
}

impl<T: Send, W: FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send> Job for Asked<T, W> {
    fn is_wanted(&self) -> bool {
        self.wanted == Wanted::Always || !self.answer.is_canceled()
    }

    fn run(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        self.done = Some((self.work)(transaction)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), FileError>) {
        let Asked { done, answer, .. } = *self;
        if let Some(done) = committed.map(|()| done).transpose() {
            // Nobody may be waiting any more.
            let _ = answer.send(done);
        }
    }
}

struct Turns {
    connection: Connection,
    behavior: TransactionBehavior,
}

impl Turns {
    fn run(mut self, jobs: &Receiver<Box<dyn Job>>, is_there: impl Fn() -> bool) {
        while let Ok(first) = jobs.recv() {
            let mut together: Vec<_> = std::iter::once(first).chain(jobs.try_iter().take(TOGETHER - 1)).collect();
            together.retain(|job| job.is_wanted());
            if is_there() {
                self.do_together(together);
            } else {
                together.into_iter().for_each(|job| job.answer(Err(FileError::Gone)));
            }
        }
    }

    /// What fails together is done one by one: what cannot be done keeps nothing else from being done.
    fn do_together(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        match self.transact(&mut jobs) {
            Ok(()) => jobs.into_iter().for_each(|job| job.answer(Ok(()))),
            Err(_) if jobs.len() > 1 => {
                for job in jobs {
                    let mut alone = [job];
                    let done = self.transact(&mut alone).map_err(failed);
                    alone.into_iter().for_each(|job| job.answer(done.clone()));
                }
            }
            Err(error) => {
                let error = failed(error);
                mem::take(&mut jobs).into_iter().for_each(|job| job.answer(Err(error.clone())));
            }
        }
    }

    fn transact(&mut self, jobs: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(self.behavior)?;
        jobs.iter_mut().try_for_each(|job| job.run(&transaction))?;
        transaction.commit()
    }
}

fn failed(error: rusqlite::Error) -> FileError {
    FileError::Failed(error.to_string())
}
