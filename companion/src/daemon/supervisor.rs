use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;

use super::shutdown::ShutdownTrigger;

/// How a task can fail.
type Failure = Box<dyn Error + Send + Sync>;

/// Runs the daemon's tasks. Each is needed: one that ends before shutdown is requested is an error of the whole.
#[derive(Debug)]
pub(super) struct Supervisor {
    tasks: JoinSet<Result<(), Failure>>,
    names: HashMap<Id, &'static str>,
    shutdown: ShutdownTrigger,
}

/// Why the daemon ended without being asked to, or not cleanly.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// A task returned although it should run for ever.
    #[error("task `{0}` ended although nobody had asked it to")]
    Ended(&'static str),
    /// A task returned an error.
    #[error("task `{name}` failed: {source}")]
    Failed {
        /// Which one.
        name: &'static str,
        /// Why.
        source: Failure,
    },
    /// A task panicked.
    #[error("task `{name}` failed inside the program: {source}")]
    Panicked {
        /// Which one.
        name: &'static str,
        /// How.
        source: JoinError,
    },
    /// Tasks did not come to an end in time.
    #[error("{left} tasks were cut off after {deadline:?}")]
    Deadline {
        /// How many.
        left: usize,
        /// What they had.
        deadline: Duration,
    },
}

impl Supervisor {
    pub(super) fn new(shutdown: ShutdownTrigger) -> Self {
        Supervisor { tasks: JoinSet::new(), names: HashMap::new(), shutdown }
    }

    /// Adds a task that can fail.
    pub(super) fn spawn<E>(&mut self, name: &'static str, task: impl Future<Output = Result<(), E>> + Send + 'static)
    where
        E: Into<Failure> + Send,
    {
        let handle = self.tasks.spawn(async move { task.await.map_err(Into::into) });
        self.names.insert(handle.id(), name);
    }

    /// Adds a task that can only end.
    pub(super) fn spawn_endless(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn(name, async move {
            task.await;
            Ok::<(), Failure>(())
        });
    }

    /// Runs until `stop` resolves or a task ends, then lets all tasks come to an end within `deadline`.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>, deadline: Duration) -> Result<(), TaskError> {
        let outcome = tokio::select! {
            () = stop => Ok(()),
            Some(ended) = self.tasks.join_next_with_id() => Err(self.unexpected(ended)),
        };
        self.shutdown.request();
        let drained = timeout(deadline, self.drain()).await;
        let left = self.tasks.len();
        self.tasks.shutdown().await;
        outcome?;
        drained.unwrap_or(Err(TaskError::Deadline { left, deadline }))
    }

    async fn drain(&mut self) -> Result<(), TaskError> {
        let mut outcome = Ok(());
        while let Some(ended) = self.tasks.join_next_with_id().await {
            if !matches!(ended, Ok((_, Ok(())))) && outcome.is_ok() {
                outcome = Err(self.unexpected(ended));
            }
        }
        outcome
    }

    fn unexpected(&self, ended: Result<(Id, Result<(), Failure>), JoinError>) -> TaskError {
        let name = |id| self.names.get(&id).copied().unwrap_or("unknown");
        match ended {
            Ok((id, Ok(()))) => TaskError::Ended(name(id)),
            Ok((id, Err(source))) => TaskError::Failed { name: name(id), source },
            Err(source) => TaskError::Panicked { name: name(source.id()), source },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn supervisor() -> (Supervisor, super::super::Shutdown) {
        let (trigger, shutdown) = ShutdownTrigger::new();
        (Supervisor::new(trigger), shutdown)
    }

    #[tokio::test]
    async fn a_task_that_ends_ends_the_others_and_is_named() {
        let (mut supervisor, mut shutdown) = supervisor();
        supervisor.spawn_endless("short", async {});
        supervisor.spawn_endless("long", async move { shutdown.requested().await });
        let error = supervisor.run(pending(), PATIENCE).await.unwrap_err();
        assert!(matches!(error, TaskError::Ended("short")), "{error}");
    }

    #[tokio::test]
    async fn a_panic_is_an_error_that_names_the_task() {
        let (mut supervisor, _shutdown) = supervisor();
        supervisor.spawn_endless("shaky", async { panic!("on purpose") });
        let error = supervisor.run(pending(), PATIENCE).await.unwrap_err();
        assert!(matches!(error, TaskError::Panicked { name: "shaky", .. }), "{error}");
    }

    #[tokio::test]
    async fn stopping_lets_tasks_finish() {
        let (mut supervisor, mut shutdown) = supervisor();
        supervisor.spawn_endless("long", async move { shutdown.requested().await });
        supervisor.run(async {}, PATIENCE).await.unwrap();
    }

    #[tokio::test]
    async fn a_task_that_does_not_stop_is_cut_off() {
        let (mut supervisor, _shutdown) = supervisor();
        supervisor.spawn_endless("stubborn", pending());
        let error = supervisor.run(async {}, Duration::from_millis(10)).await.unwrap_err();
        assert!(matches!(error, TaskError::Deadline { left: 1, .. }), "{error}");
    }
}
