//! Everything that can go wrong with the feed, for a minute, under load and with an edit every 100 ms.

mod clients;
mod editor;
mod faults;
mod seen;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use tollgate_testbed::{SnapshotId, Testbed, TestbedOptions, artifacts, until};

use clients::Clients;
use editor::Editor;

/// How long things go wrong, unless `TOLLGATE_CHAOS_SECONDS` says otherwise.
const DURATION: Duration = Duration::from_secs(60);

#[test]
fn whatever_happens_to_the_feed_no_worker_goes_back_or_lets_through_what_is_denied() -> Result<()> {
    let folder = TempDir::new()?;
    editor::write(folder.path(), 0)?;
    let mut testbed = Testbed::start(&TestbedOptions {
        workers: 4,
        policies: folder.path().to_owned(),
        module: Some(artifacts::guest("tollgate_trapping_guest")?),
        plugin_configuration: Some(json!({
            "feed": {"cluster": "tollgate_companion"},
            "forward": {
                "x-snapshot": "decision.snapshot",
                "x-policy": "decision.policy",
                "x-decision": "decision.id",
            },
        })),
        relay: true,
        hot_restart: true,
        // Every trap is an error that is meant.
        log_level: "critical".to_owned(),
        ..TestbedOptions::default()
    })?;
    testbed.wait_enforced()?;
    let (clients, editor) = (Clients::start(testbed.envoy.address()), Editor::start(testbed.policies()));
    let outcome = faults::run(&mut testbed, duration());
    let last_edit = editor.stop();
    let quiet = Instant::now();
    let converged = outcome.and_then(|faults| Ok((faults, converge(&testbed, last_edit?)?)));
    let took = quiet.elapsed();
    let seen = clients.stop();
    let (faults, last) = converged?;
    let seen = seen?;

    println!("{faults}; {seen}; converged to {last}");
    println!("figure chaos_converged_ms {} ms", took.as_millis());
    seen.require_sound()?;
    let published: BTreeSet<SnapshotId> = testbed.companion.history()?.into_iter().collect();
    let unknown: Vec<_> = seen.snapshots().filter(|id| !published.contains(id)).collect();
    ensure!(unknown.is_empty(), "requests were decided by snapshots that were never published: {unknown:?}");
    ensure!(seen.allowed > 1000 && seen.denied > 1000, "too little was seen: {seen}");
    ensure!(seen.unavailable < seen.allowed / 4, "too much was refused: {seen}");
    Ok(())
}

fn duration() -> Duration {
    let said = std::env::var("TOLLGATE_CHAOS_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    said.map_or(DURATION, Duration::from_secs)
}

/// Waits until every VM enforces the last edit, and whoever asks sees it.
fn converge(testbed: &Testbed, edit: u64) -> Result<SnapshotId> {
    until("every worker enforces the last edit", || {
        let id = testbed.wait_enforced()?;
        let answer = clients::ask(testbed.envoy.address())?;
        Ok(answer.filter(|(_, seen)| *seen == edit).map(|_| id))
    })
}
