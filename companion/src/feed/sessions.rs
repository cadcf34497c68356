use std::pin::Pin;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use crate::daemon::Shutdown;

/// A stream's work, as a task of its own.
pub(super) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs the streams that come and go. A panic in one costs that stream only, and is said aloud.
#[derive(Debug)]
pub(crate) struct Sessions {
    arriving: mpsc::Receiver<Work>,
}

impl Sessions {
    /// Also gives the way in.
    pub(super) fn new() -> (Self, mpsc::Sender<Work>) {
        let (entrance, arriving) = mpsc::channel(64);
        (Sessions { arriving }, entrance)
    }

    /// Runs until shutdown is requested and every stream has said goodbye.
    pub(crate) async fn run(mut self, mut shutdown: Shutdown) {
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                work = self.arriving.recv() => match work {
                    Some(work) => {
                        running.spawn(work);
                    }
                    None => break,
                },
                Some(ended) = running.join_next() => report(ended),
                () = shutdown.requested() => break,
            }
        }
        while let Some(ended) = running.join_next().await {
            report(ended);
        }
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a worker's stream failed inside the program");
    }
}
