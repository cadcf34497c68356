//! How many calls the SQLite store reserves and commits in a second, for callers at once, and how long one waits. `process`
//! is what survives the end of the process, `power` what survives a power failure as well.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench stops at its own mistakes")]

mod calls;

use std::sync::Arc;

use tollgate_budget::{Durability, SqliteStore, SystemClock};

#[tokio::main]
async fn main() {
    calls::print_head();
    let mut figures = Vec::new();
    for (setting, durability) in [("process", Durability::Process), ("power", Durability::Power)] {
        for callers in calls::CALLERS {
            let folder = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(&folder.path().join("budget.db"), durability, SystemClock).unwrap();
            figures.extend(calls::measure("sqlite", setting, Arc::new(store), None, callers).await);
        }
    }
    figures.iter().for_each(|figure| println!("{figure}"));
}
