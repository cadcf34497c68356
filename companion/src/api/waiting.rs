use tokio::task::spawn_blocking;

use crate::embedding::Searches;

use super::Api;
use super::problem::Problem;

/// Looks at policy search on a thread that may wait: what it looks at may be held by one that gives way to all others.
pub(super) async fn look<T: Send + 'static>(
    api: &Api,
    look: impl FnOnce(&Searches) -> T + Send + 'static,
) -> Result<T, Problem> {
    let searches = api.searches.clone();
    let looked = spawn_blocking(move || look(&searches)).await;
    looked.map_err(|crash| Problem::state(format!("policy search cannot be looked at: {crash}")))
}
