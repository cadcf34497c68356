//! How long a policy edit takes from the saved file to the last worker.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tollgate_testbed::client::Http1;
use tollgate_testbed::{SnapshotId, Testbed, until};

use crate::cast;

const ROUNDS: usize = 11;

/// Managers may view every document, or none: what the edits turn on and off.
const POLICY: &str = "document-manager-view";

/// Edits a policy back and forth and prints the times.
pub(crate) fn run(testbed: &Testbed) -> Result<()> {
    println!("\nediting `{POLICY}`: from the saved file until every worker enforces it, and until a request shows it");
    let path = testbed.policies().join("documents.yaml");
    let original = fs::read_to_string(&path)?;
    let without = original.replacen(&format!("name: {POLICY}\n"), &format!("name: {POLICY}\n    effect: deny\n"), 1);
    ensure!(without != original, "`{}` has no policy `{POLICY}`", path.display());
    let mut client = Probe::new(testbed)?;
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let (text, status) = if round % 2 == 0 { (&without, 403) } else { (&original, 200) };
        let edit = one(testbed, &mut client, &path, text, status)?;
        println!(
            "  edit {:2}: {} in {}, request {status} after {}",
            round + 1,
            edit.id,
            ms(edit.enforced),
            ms(edit.seen)
        );
        times.push(edit.enforced);
        // Edits that follow one another at once would be gathered into one.
        thread::sleep(Duration::from_millis(300));
    }
    times.sort_unstable();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
    println!("  median of {ROUNDS} edits: {}", ms(median));
    Ok(())
}

struct Edit {
    id: SnapshotId,
    /// Until the companion had every worker's word.
    enforced: Duration,
    /// Until a request was answered in the new way.
    seen: Duration,
}

fn one(testbed: &Testbed, client: &mut Probe, path: &Path, text: &str, status: u16) -> Result<Edit> {
    let before = testbed.companion.workers()?.current.context("the companion serves nothing")?;
    // Written beside and renamed, as editors do: a half-written file is never read.
    let draft = testbed.folder().join("draft");
    fs::write(&draft, text)?;
    let start = Instant::now();
    fs::rename(&draft, path)?;
    let mut seen = None;
    let id = until("every worker enforces the edit", || {
        if seen.is_none() && client.status()? == status {
            seen = Some(start.elapsed());
        }
        let workers = testbed.companion.workers()?;
        Ok(workers.current.filter(|current| *current > before && testbed.all_enforce(&workers, *current)))
    })?;
    let enforced = start.elapsed();
    ensure!(client.status()? == status, "every worker says that it enforces {id}, and a request says otherwise");
    Ok(Edit { id, enforced, seen: seen.unwrap_or(enforced) })
}

/// A request whose answer the edits change.
struct Probe {
    client: Http1,
    authorization: String,
}

impl Probe {
    fn new(testbed: &Testbed) -> Result<Self> {
        let authorization = cast::authorization(&testbed.keys, "bob")?.context("bob has a token")?;
        Ok(Probe { client: Http1::connect(testbed.envoy.address())?, authorization })
    }

    fn status(&mut self) -> Result<u16> {
        let headers = [("authorization", self.authorization.as_str())];
        Ok(self.client.request("GET", "/v1/users/alice/documents/plan", &headers, b"")?.status)
    }
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}
