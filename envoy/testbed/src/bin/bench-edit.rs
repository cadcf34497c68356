//! How long an edit of one policy takes from the saved file until every worker enforces it, in sets of 1 000 and 10 000
//! policies: `make bench-edit`. Workers are polled every other millisecond, which is part of the figures.
#![expect(clippy::print_stdout, reason = "a bench shows what it measured")]

use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tollgate_testbed::{Testbed, TestbedOptions, until};

const EDITS: usize = 31;

fn main() -> Result<()> {
    let testbed = Testbed::start(&TestbedOptions::default())?;
    for policies in [1_000, 10_000] {
        let mut times = edits(&testbed, policies)?;
        times.sort_unstable();
        for (name, percent) in [("p50", 50), ("p90", 90), ("max", 100)] {
            let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            let time = times.get(at).context("no edit was timed")?;
            println!("figure edit_enforced_ms_{name}_{policies} {:.1} ms", time.as_secs_f64() * 1e3);
        }
    }
    Ok(())
}

/// Edits one of this many policies again and again; how long each took.
fn edits(testbed: &Testbed, policies: usize) -> Result<Vec<Duration>> {
    let path = testbed.policies().join("generated.yaml");
    let draft = testbed.folder().join("generated.yaml");
    let mut times = Vec::with_capacity(EDITS);
    for round in 0..=EDITS {
        let before = testbed.companion.workers()?.current;
        fs::write(&draft, generated(policies, round)?)?;
        let saved = Instant::now();
        fs::rename(&draft, &path)?;
        until("every worker enforces the edit", || {
            let workers = testbed.companion.workers()?;
            Ok(workers.current.filter(|current| Some(*current) > before && testbed.all_enforce(&workers, *current)))
        })?;
        // The first round brings the policies in; it is no edit of one.
        if round > 0 {
            times.push(saved.elapsed());
        }
        // Edits that follow one another at once would be gathered into one.
        thread::sleep(Duration::from_millis(200));
    }
    Ok(times)
}

/// Policies over many kinds, 60 % with a condition; the first one differs from round to round.
fn generated(policies: usize, round: usize) -> Result<String> {
    let mut text = String::from("policies:\n");
    for index in 0..policies {
        let kind = index / 5;
        writeln!(
            text,
            "  - name: generated-{index}\n    resource: kind{kind}\n    actions: [view, edit]\n    roles: [role{}]",
            index % 20
        )?;
        match index {
            0 => writeln!(text, "    condition: resource.revision == {round}")?,
            _ if index % 5 < 3 => {
                writeln!(text, "    condition: resource.ownerId == principal.id && resource.size < {index}")?;
            }
            _ => {}
        }
    }
    Ok(text)
}
