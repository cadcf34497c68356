use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tollgate_testbed::{SnapshotId, Testbed, until};

use crate::policies;

/// How long all is left alone between two edits.
const REST: Duration = Duration::from_millis(20);

/// What edits took, in milliseconds, and what they sent.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// From the publication until the last VM enforced it.
    pub(crate) enforced: Vec<f64>,
    /// From the PUT until the last VM enforced it; at least as long as it was.
    pub(crate) edited: Vec<f64>,
    /// For how long a VM could not take requests: for each edit and VM.
    pub(crate) stalls: Vec<f64>,
    /// Bytes of a delta, on average.
    pub(crate) delta_bytes: f64,
}

/// How often each policy has been edited so far.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    all: usize,
    of: HashMap<usize, usize>,
}

impl Edits {
    /// The next policy to edit, and how often it has been then.
    fn next(&mut self, policies: usize) -> (usize, usize) {
        self.all += 1;
        // Far from the one before; 7919 is a prime, so that all policies have their turn.
        let number = (self.all * 7919) % policies;
        let count = self.of.entry(number).or_default();
        *count += 1;
        (number, *count)
    }
}

/// Edits one policy after another.
pub(crate) fn run(testbed: &Testbed, policies: usize, edits: usize, so_far: &mut Edits) -> Result<Measured> {
    let companion = &testbed.companion;
    let mut measured = Measured::default();
    let before = deltas(testbed)?;
    for _ in 0..edits {
        let (number, count) = so_far.next(policies);
        let started = Instant::now();
        let id = companion.put(&policies::name(number), &policies::policy(number, count).to_string())?;
        let put = started.elapsed();
        let last = enforced(testbed, id)?;
        measured.enforced.push(milliseconds(last));
        measured.edited.push(milliseconds(put + last));
        let workers = companion.workers()?;
        let live = workers.workers.iter().filter(|worker| worker.alive && worker.applied == Some(id));
        measured.stalls.extend(live.filter_map(|worker| worker.last_apply_micros).map(|micros| micros as f64 / 1e3));
        thread::sleep(REST);
    }
    let after = deltas(testbed)?;
    measured.delta_bytes = (after.1 - before.1) / (after.0 - before.0);
    Ok(measured)
}

/// How many deltas were sent, and their bytes.
fn deltas(testbed: &Testbed) -> Result<(f64, f64)> {
    let sent = |what: &str| {
        let value = testbed.companion.metric(&format!("tollgate_feed_snapshots_sent{what}_total{{kind=\"delta\"}}"))?;
        Ok::<_, anyhow::Error>(value.unwrap_or_default())
    };
    Ok((sent("")?, sent("_bytes")?))
}

/// How long after its publication the last VM enforced it.
fn enforced(testbed: &Testbed, id: SnapshotId) -> Result<Duration> {
    until("every VM enforces the edit", || {
        let enforcement = testbed.companion.enforcement(id)?;
        let all = enforcement.applied_by >= enforcement.alive && enforcement.applied_by > testbed.workers();
        let last = || enforcement.last_ms.context("the time of the last VM");
        all.then(|| Ok(Duration::from_secs_f64(last()? / 1e3))).transpose()
    })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
