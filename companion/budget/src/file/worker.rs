use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use std::{fmt, io};

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
    /// If it is not begun until then, whoever waits has given up.
    Until(Instant),
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
                TrySendError::Disconnected(_) => FileError::Failed(ENDED.to_owned()),
            }),
            None => Err(FileError::Failed(ENDED.to_owned())),
        };
        Box::pin(async move {
            sent?;
            answered.await.unwrap_or_else(|_| Err(FileError::Unsure(ENDED.to_owned())))
        })
    }
}

const ENDED: &str = "its thread has ended";

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
        match self.wanted {
            Wanted::Always => true,
            Wanted::WhileAwaited => !self.answer.is_canceled(),
            Wanted::Until(end) => Instant::now() < end,
        }
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

/// Why a transaction came to nothing.
enum Failure {
    /// It could not even begin.
    Begin(rusqlite::Error),
    /// Something in it could not be done: it was given up as a whole.
    Work(rusqlite::Error),
    /// Whether it was kept is not known.
    Commit(rusqlite::Error),
}

impl From<Failure> for FileError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Begin(error) | Failure::Work(error) => FileError::Failed(error.to_string()),
            Failure::Commit(error) => FileError::Unsure(error.to_string()),
        }
    }
}

impl Turns {
    fn run(mut self, jobs: &Receiver<Box<dyn Job>>, is_there: impl Fn() -> bool) {
        while let Ok(first) = jobs.recv() {
            let together = std::iter::once(first).chain(jobs.try_iter().take(TOGETHER - 1)).collect();
            if is_there() {
                self.do_together(together);
            } else {
                answer(together, &Err(FileError::Gone));
            }
        }
    }

    /// What cannot be done keeps nothing else from being done: what fails together is done one by one.
    fn do_together(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut jobs = wanted(jobs);
        match self.transact(&mut jobs) {
            Ok(()) => answer(jobs, &Ok(())),
            Err(Failure::Work(_) | Failure::Commit(_)) if jobs.len() > 1 => self.do_one_by_one(jobs),
            Err(failure) => answer(jobs, &Err(failure.into())),
        }
    }

    fn do_one_by_one(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            let mut alone = wanted(vec![job]);
            match self.transact(&mut alone) {
                // Nothing else can begin either.
                Err(failure @ Failure::Begin(_)) => {
                    alone.extend(jobs);
                    return answer(alone, &Err(failure.into()));
                }
                done => answer(alone, &done.map_err(FileError::from)),
            }
        }
    }

    fn transact(&mut self, jobs: &mut Vec<Box<dyn Job>>) -> Result<(), Failure> {
        if jobs.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(self.behavior).map_err(Failure::Begin)?;
        // Somebody else may have had the file locked for long.
        *jobs = wanted(std::mem::take(jobs));
        jobs.iter_mut().try_for_each(|job| job.run(&transaction)).map_err(Failure::Work)?;
        transaction.commit().map_err(Failure::Commit)
    }
}

/// Those that somebody still waits for. The others are told that nothing was done.
fn wanted(jobs: Vec<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let (wanted, overdue): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.is_wanted());
    answer(overdue, &Err(FileError::Overdue));
    wanted
}

fn answer(jobs: Vec<Box<dyn Job>>, committed: &Result<(), FileError>) {
    jobs.into_iter().for_each(|job| job.answer(committed.clone()));
}
