use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::budget::{Accounts, Condition};
use crate::daemon::Shutdown;
use crate::embedding::Searches;
use crate::feed::Registry;
use crate::find::Asking;
use crate::metrics::Metrics;
use crate::net::BoundedListener;
use crate::publisher::{Changes, Current, History, Problems, Refused, Shelf};

use super::problem::Problem;
use super::studies::Studies;
use super::tokens::Tokens;
use super::{budgets, embeddings, health, metrics, migrations, policies, search, snapshots, workers};

/// Most open connections.
pub(crate) const MAX_CONNECTIONS: usize = 256;

/// How long a client may take for the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);

/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// How many whole sets are received at a time.
pub(crate) const LARGE_BODIES: usize = 2;

/// What the API tells of, and hands on to.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) registry: Arc<Registry>,
    pub(crate) current: Current,
    pub(crate) problems: watch::Receiver<Problems>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) history: History,
    pub(crate) changes: Changes,
    /// The policies in force; absent where they come from files.
    pub(crate) shelf: Option<Shelf>,
    pub(crate) searches: Searches,
    /// Absent: nobody may change anything.
    pub(crate) tokens: Option<Arc<Tokens>>,
    pub(crate) large_bodies: Arc<Semaphore>,
    pub(crate) asking: Asking,
    pub(crate) studies: Studies,
    pub(crate) accounts: Accounts,
    pub(crate) budget_store: Condition,
}

impl Api {
    pub(super) fn shelf(&self) -> Result<&Shelf, Problem> {
        self.shelf.as_ref().ok_or_else(|| Refused::FilesSource.into())
    }
}

/// Answers requests until shutdown is requested.
pub(crate) async fn serve(api: Api, listener: BoundedListener, mut shutdown: Shutdown) -> io::Result<()> {
    let router = router(api);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            (connection, _) = listener.next() => {
                connections.spawn(talk(connection, router.clone(), shutdown.clone()));
            }
            Some(_) = connections.join_next() => {}
            () = shutdown.requested() => break,
        }
    }
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn talk(connection: impl AsyncRead + AsyncWrite + Unpin, router: Router, mut shutdown: Shutdown) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(MAX_HEAD);
    let mut talk = pin!(server.serve_connection(TokioIo::new(connection), TowerToHyperService::new(router)));
    let ended = tokio::select! {
        ended = talk.as_mut() => ended,
        () = shutdown.requested() => {
            talk.as_mut().graceful_shutdown();
            talk.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the API ended badly");
    }
}

fn router(api: Api) -> Router {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::scrape))
        .route("/v1/workers", get(workers::list))
        .route("/v1/policies", get(policies::list))
        .route("/v1/policies/{name}", get(policies::get).put(policies::put).delete(policies::delete).post(search::post))
        .route("/v1/budgets", get(budgets::show))
        .route("/v1/budgets/holds", get(budgets::holds))
        .route("/v1/budgets/adjust", post(budgets::adjust))
        .route("/v1/budgets/reset", post(budgets::reset))
        .route("/v1/budgets/changes", get(budgets::changes))
        .route("/v1/budgets/ledger", get(budgets::spent))
        .route("/v1/budgets/ledger/rows", get(budgets::rows))
        .route("/v1/budgets/events", get(budgets::events))
        .route("/v1/budgets/members", get(budgets::members))
        .route("/v1/budgets/members/forget", post(budgets::forget))
        .route("/v1/embeddings", get(embeddings::show))
        .route("/v1/embeddings/dead", get(embeddings::dead))
        .route("/v1/embeddings/dead/retry", post(embeddings::retry))
        .route("/v1/migrations", get(migrations::show).post(migrations::start))
        .route("/v1/migrations/cancel", post(migrations::cancel))
        .route("/v1/migrations/rollback", post(migrations::roll_back))
        .route("/v1/migrations/forget", post(migrations::forget))
        .route("/v1/snapshots", get(snapshots::list).post(snapshots::post))
        .route("/v1/snapshots/{id}", get(snapshots::show))
        .route("/v1/snapshots/{id}/rollback", post(snapshots::rollback))
        .fallback(nothing)
        .method_not_allowed_fallback(not_so)
        .with_state(api)
}

async fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing at this path")
}

pub(super) async fn not_so() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "this cannot be done to what is at this path")
}
