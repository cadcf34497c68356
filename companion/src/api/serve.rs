use std::io;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::sync::watch;

use crate::daemon::Shutdown;
use crate::feed::Registry;
use crate::metrics::Metrics;
use crate::net::BoundedListener;
use crate::publisher::{Current, Problems};

use super::{health, metrics, workers};

/// Most open connections.
pub(crate) const MAX_CONNECTIONS: usize = 256;

/// What the API tells of.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) registry: Arc<Registry>,
    pub(crate) current: Current,
    pub(crate) problems: watch::Receiver<Problems>,
    pub(crate) metrics: Arc<Metrics>,
}

/// Answers requests until shutdown is requested.
pub(crate) async fn serve(api: Api, listener: BoundedListener, mut shutdown: Shutdown) -> io::Result<()> {
    axum::serve(listener, router(api)).with_graceful_shutdown(async move { shutdown.requested().await }).await
}

fn router(api: Api) -> Router {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::scrape))
        .route("/v1/workers", get(workers::list))
        .with_state(api)
}
