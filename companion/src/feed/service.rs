use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tonic::{Request, Response, Status, Streaming};

use super::limits::MAX_SESSIONS;
use super::proto;
use super::session::{self, Down, Shared};
use super::sessions::Work;

/// Accepts streams.
#[derive(Debug)]
pub(super) struct FeedService {
    shared: Shared,
    sessions: mpsc::Sender<Work>,
    slots: Arc<Semaphore>,
}

/// The way down of one stream.
#[derive(Debug)]
pub(super) struct DownStream {
    messages: mpsc::Receiver<Down>,
    _slot: OwnedSemaphorePermit,
}

impl FeedService {
    pub(super) fn new(shared: Shared, sessions: mpsc::Sender<Work>) -> Self {
        FeedService { shared, sessions, slots: Arc::new(Semaphore::new(MAX_SESSIONS)) }
    }
}

#[tonic::async_trait]
impl proto::feed_server::Feed for FeedService {
    type ConnectStream = DownStream;

    async fn connect(&self, request: Request<Streaming<proto::WorkerMessage>>) -> Result<Response<DownStream>, Status> {
        let slot = Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|_| Status::resource_exhausted("too many streams are open"))?;
        // One message in the queue and one in the transport: what waits longer would only grow old.
        let (down, messages) = mpsc::channel(1);
        let work = session::run(self.shared.clone(), request.into_inner(), down);
        self.sessions
            .try_send(Box::pin(work))
            .map_err(|_| Status::unavailable("the companion is stopping, or too many streams are arriving"))?;
        Ok(Response::new(DownStream { messages, _slot: slot }))
    }
}

impl Stream for DownStream {
    type Item = Down;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Down>> {
        self.messages.poll_recv(cx)
    }
}
