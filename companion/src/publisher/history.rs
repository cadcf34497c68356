use std::sync::{Arc, Mutex};

use tokio::task::spawn_blocking;

use crate::store::{Store, StoreError};

use super::desk::lock;

/// Reads what was published before.
#[derive(Clone, Debug)]
pub(crate) struct History(pub(super) Arc<Mutex<Store>>);

impl History {
    /// Asks the state file. Publications wait meanwhile.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, String> {
        let store = Arc::clone(&self.0);
        let answer = spawn_blocking(move || question(&lock(&store))).await;
        match answer {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(crash) => Err(format!("reading the state file failed inside the program: {crash}")),
        }
    }
}
