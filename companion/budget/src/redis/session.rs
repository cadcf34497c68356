use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, RedisError, Script, ServerErrorKind, cmd};

use super::answer::{Answer, Malformed};
use super::connect::Driver;

/// A connection on which a generation of counters is open.
pub(super) struct Session {
    pub(super) connection: MultiplexedConnection,
    pub(super) generation: String,
    pub(super) life: String,
    /// The last one that was seen.
    pub(super) revision: AtomicU64,
    /// Reads and writes.
    pub(super) driver: Driver,
}

/// Why a script gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl AskError {
    /// Whether another connection may do better: this one is broken, or leads to one that cannot be written.
    pub(super) fn is_of_the_connection(&self) -> bool {
        match self {
            AskError::Malformed(_) => false,
            AskError::Redis(error) => match error.kind() {
                ErrorKind::Server(kind) => matches!(
                    kind,
                    ServerErrorKind::ReadOnly
                        | ServerErrorKind::Moved
                        | ServerErrorKind::Ask
                        | ServerErrorKind::ClusterDown
                        | ServerErrorKind::MasterDown
                ),
                _ => true,
            },
        }
    }

    /// The node of a cluster that has the keys, if it is another one.
    pub(super) fn instead(&self) -> Option<(String, u16)> {
        let AskError::Redis(error) = self else { return None };
        let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
        Some((host.to_owned(), port.parse().ok()?))
    }
}

impl Session {
    /// Runs a script; nothing if Redis is not (any more) where this session takes it to be.
    pub(super) async fn ask(
        &self,
        script: &Script,
        key: &str,
        ledger: &str,
        arguments: &[String],
    ) -> Result<Option<Answer>, AskError> {
        let revision = self.revision.load(Ordering::Relaxed).to_string();
        let first = [ledger, &self.generation, &self.life, &revision];
        let arguments = first.into_iter().chain(arguments.iter().map(String::as_str));
        let mut answer = run(&mut self.connection.clone(), script, key, arguments).await?;
        if answer.text()? != "open" {
            return Ok(None);
        }
        self.revision.fetch_max(answer.number()?, Ordering::Relaxed);
        Ok(Some(answer))
    }
}

/// Runs a script; sends it first where it is not known any more.
pub(super) async fn run(
    connection: &mut MultiplexedConnection,
    script: &Script,
    key: &str,
    arguments: impl Iterator<Item = &str>,
) -> Result<Answer, AskError> {
    let mut call = evaluation(script, key);
    arguments.for_each(|argument| {
        call.arg(argument);
    });
    let value = match call.query_async(connection).await {
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
            script.load_async(connection).await?;
            call.query_async(connection).await?
        }
        other => other?,
    };
    Ok(Answer::of(value)?)
}

fn evaluation(script: &Script, key: &str) -> Cmd {
    let mut call = cmd("EVALSHA");
    call.arg(script.get_hash()).arg(1).arg(key);
    call
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Session { generation, life, revision, .. } = self;
        formatter
            .debug_struct("Session")
            .field("generation", generation)
            .field("life", life)
            .field("revision", revision)
            .finish_non_exhaustive()
    }
}
