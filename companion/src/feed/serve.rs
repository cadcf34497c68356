use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tollgate_policy::snapshot::SnapshotId;
use tonic::transport::Server;

use crate::budget::{Desk, Till};
use crate::daemon::Shutdown;
use crate::metrics::{Metrics, Refusal};
use crate::net::{BoundedListener, HandshakeFailure, Tls, TlsError, secured};
use crate::publisher::Current;
use crate::related::Extracts;
use crate::signing::{Signer, SignerError};
use crate::sparingly::Sparingly;

use super::admission::Admission;
use super::config::FeedConfig;
use super::limits::MAX_STREAMS_PER_CONNECTION;
use super::offers::Offers;
use super::parts::Parts;
use super::registry::Registry;
use super::reserves::Reserves;
use super::service::FeedService;
use super::session::Shared;
use super::sessions::Sessions;

/// How often a connection is probed that nothing travels on, and how long it has to answer.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// What the feed is made of.
pub(crate) struct Feed {
    pub(crate) registry: Arc<Registry>,
    pub(crate) current: Current,
    pub(crate) extracts: Extracts,
    /// Where ids go that a worker has applied and we have not published.
    pub(crate) ahead: mpsc::Sender<SnapshotId>,
    pub(crate) access: Access,
    /// Where calls of models are reserved, beside the feed.
    pub(crate) desk: Desk,
    /// Where they are settled.
    pub(crate) till: Till,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) shutdown: Shutdown,
}

/// Who may connect, and who vouches for what is sent.
#[derive(Debug)]
pub(crate) struct Access {
    tls: Option<Tls>,
    admission: Admission,
    signer: Option<Signer>,
}

/// Files that the feed needs and cannot use.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Those of TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The one of the signing key, or what goes with it.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

impl Access {
    /// Reads the files that the configuration names.
    pub(crate) fn new(config: FeedConfig) -> Result<Self, AccessError> {
        let FeedConfig { address: _, tls, admitted, signing } = config;
        let signer = signing.map(|signing| Signer::new(&signing.key, signing.audience)).transpose()?;
        Ok(Access { tls: tls.map(Tls::new).transpose()?, admission: Admission::new(admitted), signer })
    }
}

/// The feed in two tasks: its server, and the streams that the server accepts.
pub(crate) fn serve(
    feed: Feed,
    listener: BoundedListener,
) -> (impl Future<Output = Result<(), tonic::transport::Error>>, Sessions) {
    let Feed { registry, current, extracts, ahead, access, desk, till, metrics, shutdown } = feed;
    let Access { tls, admission, signer } = access;
    let (sessions, entrance) = Sessions::new();
    let mut stopping = shutdown.clone();
    let signer = signer.map(Arc::new);
    let (offers, parts) = (Arc::new(Offers::new(signer.clone())), Arc::new(Parts::new(signer)));
    let admission = Arc::new(admission);
    let reserves = Reserves::new(desk, Arc::clone(&admission), Arc::clone(&metrics));
    let metrics_of_all = Arc::clone(&metrics);
    let shared = Shared {
        registry,
        current,
        extracts,
        offers,
        parts,
        admission,
        ahead,
        till,
        metrics: metrics_of_all,
        shutdown,
    };
    let connections = secured(listener, tls, stopping.clone(), turned_away(metrics));
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .max_concurrent_streams(Some(MAX_STREAMS_PER_CONNECTION))
        .add_service(FeedService::new(shared, entrance))
        .add_service(reserves)
        .serve_with_incoming_shutdown(connections, async move { stopping.requested().await });
    (server, sessions)
}

/// Counts each client whose handshake came to nothing, and says it in the log once a minute for each peer.
fn turned_away(metrics: Arc<Metrics>) -> impl Fn(&str, HandshakeFailure) {
    let log = Sparingly::default();
    move |peer, failure| {
        let (refusal, problem) = match failure {
            HandshakeFailure::Refused(error) => (Refusal::Tls, error.to_string()),
            HandshakeFailure::Timeout => (Refusal::TlsTimeout, "it took too long".to_owned()),
        };
        metrics.feed.refused(refusal);
        if log.is_due(peer, Instant::now()) {
            tracing::warn!(peer, problem, "a client of the feed did not come through the TLS handshake");
        }
    }
}
