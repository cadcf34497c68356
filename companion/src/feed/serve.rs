use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tollgate_policy::snapshot::SnapshotId;
use tonic::transport::Server;

use crate::daemon::Shutdown;
use crate::metrics::Metrics;
use crate::net::BoundedListener;
use crate::publisher::Current;

use super::limits::MAX_STREAMS_PER_CONNECTION;
use super::offers::Offers;
use super::registry::Registry;
use super::service::FeedService;
use super::session::Shared;
use super::sessions::Sessions;

/// How often a connection is probed that nothing travels on, and how long it has to answer.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// What the feed is made of.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) registry: Arc<Registry>,
    pub(crate) current: Current,
    /// Where ids go that a worker has applied and we have not published.
    pub(crate) ahead: mpsc::Sender<SnapshotId>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) shutdown: Shutdown,
}

/// The feed in two tasks: its server, and the streams that the server accepts.
pub(crate) fn serve(
    feed: Feed,
    listener: BoundedListener,
) -> (impl Future<Output = Result<(), tonic::transport::Error>>, Sessions) {
    let Feed { registry, current, ahead, metrics, shutdown } = feed;
    let (sessions, entrance) = Sessions::new();
    let mut stopping = shutdown.clone();
    let offers = Arc::new(Offers::default());
    let service = FeedService::new(Shared { registry, current, offers, ahead, metrics, shutdown }, entrance);
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .max_concurrent_streams(Some(MAX_STREAMS_PER_CONNECTION))
        .add_service(service)
        .serve_with_incoming_shutdown(listener.into_stream(), async move { stopping.requested().await });
    (server, sessions)
}
