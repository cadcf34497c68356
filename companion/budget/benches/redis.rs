//! How many calls the Redis store reserves and commits in a second, for callers at once, and how long one waits: over the
//! loopback interface, with a redis-server that keeps what it counts in memory alone, appends it to a file that is written
//! once a second, or waits for the disk with every answer. The companion's file has the ledger in all of them.
#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, reason = "a bench stops at its own mistakes")]

mod calls;

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::sleep;
use tollgate_budget::Durability;
use tollgate_budget::ledger::Outbox;
use tollgate_budget::redis::{RedisSettings, RedisStore};

/// Ends with its folder.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::main]
async fn main() {
    calls::print_head();
    let mut figures = Vec::new();
    for (setting, appending) in [
        ("memory", ["--appendonly", "no", "--appendfsync", "no"]),
        ("everysec", ["--appendonly", "yes", "--appendfsync", "everysec"]),
        ("always", ["--appendonly", "yes", "--appendfsync", "always"]),
    ] {
        for callers in calls::CALLERS {
            let folder = tempfile::tempdir().unwrap();
            let (server, port) = start(&folder, &appending);
            let settings = RedisSettings {
                grace: Duration::ZERO,
                ..RedisSettings::new(format!("redis://127.0.0.1:{port}").parse().unwrap())
            };
            let outbox = Outbox::open(&folder.path().join("budget.db"), Durability::Process).unwrap();
            let store = RedisStore::open(settings, outbox);
            while store.readiness().is_err() {
                sleep(Duration::from_millis(10)).await;
            }
            figures.extend(calls::measure("redis", setting, Arc::new(store), Some(server.0.id()), callers).await);
        }
    }
    figures.iter().for_each(|figure| println!("{figure}"));
}

fn start(folder: &TempDir, appending: &[&str]) -> (Server, u16) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
        .args(["--dir", &folder.path().display().to_string()])
        .args(appending)
        .stdout(Stdio::null())
        .spawn()
        .expect("`make redis` installs redis-server");
    (Server(server), port)
}
