use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response, header};
use tokio::sync::{Semaphore, mpsc};
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{Codec, Streaming};
use tonic::codegen::Service;
use tonic::metadata::GRPC_CONTENT_TYPE;
use tonic::server::NamedService;
use tonic_prost::ProstCodec;

use crate::metrics::Refusal;
use crate::net::Presence;

use super::down::DownStream;
use super::limits::{MAX_SESSIONS, MAX_WORKER_MESSAGE};
use super::proto;
use super::session::{self, Shared};
use super::sessions::Work;

/// Accepts streams. Written by hand where a generated server would copy every snapshot for every stream.
#[derive(Clone, Debug)]
pub(super) struct FeedService {
    shared: Shared,
    sessions: mpsc::Sender<Work>,
    slots: Arc<Semaphore>,
}

impl FeedService {
    pub(super) fn new(shared: Shared, sessions: mpsc::Sender<Work>) -> Self {
        FeedService { shared, sessions, slots: Arc::new(Semaphore::new(MAX_SESSIONS)) }
    }

    fn connect(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let full = |status: Status| {
            self.shared.metrics.feed.refused(Refusal::Full);
            status
        };
        let slot = Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|_| full(Status::resource_exhausted("too many streams are open")))?;
        let presence = request.extensions().get::<Presence>().cloned().unwrap_or_default();
        let mut codec = ProstCodec::<proto::CompanionMessage, proto::WorkerMessage>::default();
        let up = Streaming::new_request(codec.decoder(), request.into_body(), None, Some(MAX_WORKER_MESSAGE));
        // One message in the queue and one in the transport: what waits longer would only grow old.
        let (down, messages) = mpsc::channel(1);
        let work = session::run(self.shared.clone(), presence, up, down);
        self.sessions
            .try_send(Box::pin(work))
            .map_err(|_| full(Status::unavailable("the companion is stopping, or too many streams are arriving")))?;
        let mut response = Response::new(Body::new(DownStream::new(messages, slot)));
        response.headers_mut().insert(header::CONTENT_TYPE, GRPC_CONTENT_TYPE);
        Ok(response)
    }
}

impl NamedService for FeedService {
    const NAME: &'static str = "tollgate.v1.Feed";
}

impl Service<Request<Body>> for FeedService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let response = match request.uri().path() {
            "/tollgate.v1.Feed/Connect" => self.connect(request),
            other => Err(Status::unimplemented(format!("the feed has no method `{other}`"))),
        };
        ready(Ok(response.unwrap_or_else(Status::into_http)))
    }
}
