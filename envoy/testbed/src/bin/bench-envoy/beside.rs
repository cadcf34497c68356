//! Tollgate beside itself: while its companion has nothing to do, and while policy search there works as hard as it can.
//!
//! Migration follows migration: every policy is embedded and put into a new index again and again. A round measures idle,
//! busy and idle again, so that the two that should be equal say how much chance there is in the difference that counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tollgate_testbed::{Companion, until};

use crate::cpu;
use crate::proxy::Proxy;
use crate::rounds::{Sample, Subject, measure};
use crate::variant::Variant;

pub(crate) const VARIANTS: [Variant; 2] = [Variant::Noop, Variant::Tollgate];

pub(crate) const SUBJECTS: [Subject; 3] =
    [Subject::allowed(Variant::Noop), Subject::allowed(Variant::Tollgate), Subject::denied(Variant::Tollgate)];

/// Between two looks at a companion.
const LOOK: Duration = Duration::from_millis(50);

/// One subject in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beside {
    pub(crate) before: Sample,
    pub(crate) busy: Sample,
    pub(crate) after: Sample,
}

/// What was measured, and how hard search has worked.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// By subject, in their order.
    pub(crate) rounds: [Vec<Beside>; SUBJECTS.len()],
    /// Of the companion while it was to be busy: seconds of processor time a second.
    pub(crate) load: Vec<f64>,
    /// Whole migrations.
    pub(crate) migrations: usize,
}

/// Every subject idle, busy and idle again, round by round; the first round only warms up.
pub(crate) fn run(proxy: &Proxy, rounds: usize) -> Result<Measured> {
    let companion = proxy.companions().first().context("no companion")?;
    let mut measured = Measured::default();
    for round in 0..=rounds {
        let before = each(proxy)?;
        let (busy, load, migrations) = while_busy(companion, || each(proxy))?;
        let after = each(proxy)?;
        if round == 0 {
            continue;
        }
        measured.load.push(load);
        measured.migrations += migrations;
        let samples = before.into_iter().zip(busy).zip(after);
        for (rounds, ((before, busy), after)) in measured.rounds.iter_mut().zip(samples) {
            rounds.push(Beside { before, busy, after });
        }
    }
    ensure!(measured.migrations > 0, "no migration came to its end");
    Ok(measured)
}

fn each(proxy: &Proxy) -> Result<Vec<Sample>> {
    SUBJECTS.into_iter().map(|subject| measure(proxy, subject)).collect()
}

/// Measures while one migration follows the other; gives the companion's processor time a second and the number of them, too.
fn while_busy<T>(companion: &Companion, measure: impl FnOnce() -> Result<T>) -> Result<(T, f64, usize)> {
    let process = companion.id().context("the companion does not run")?;
    let stop = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        let migrating = scope.spawn(|| migrate(companion, &stop));
        let (start, before) = (std::time::Instant::now(), cpu::process(process)?);
        let measured = measure();
        let load = (cpu::process(process)? - before).as_secs_f64() / start.elapsed().as_secs_f64();
        stop.store(true, Ordering::Relaxed);
        let migrations = migrating.join().ok().context("migrating ended in a panic")??;
        Ok::<_, anyhow::Error>((measured?, load, migrations))
    })?;
    rest(process)?;
    Ok(outcome)
}

/// Migrates, goes back, forgets, and does it again until it is told to stop; returns how often it came to the end.
fn migrate(companion: &Companion, stop: &AtomicBool) -> Result<usize> {
    let mut whole = 0;
    while !stop.load(Ordering::Relaxed) {
        companion.migrate("")?;
        while companion.migrations()?.is_under_way() {
            if stop.load(Ordering::Relaxed) {
                companion.migrate("/cancel")?;
            }
            thread::sleep(LOOK);
        }
        if companion.migrations()?.kept.is_some() {
            companion.migrate("/rollback")?;
            until("the rollback is there", || Ok(companion.migrations()?.serving.filter(|one| one.version == "v1")))?;
            companion.migrate("/forget")?;
            until("it is forgotten", || Ok(companion.migrations()?.kept.is_none().then_some(())))?;
            whole += 1;
        }
    }
    Ok(whole)
}

/// Waits until a process has next to nothing to do.
fn rest(process: u32) -> Result<()> {
    until("the companion comes to rest", || {
        let before = cpu::process(process)?;
        thread::sleep(Duration::from_millis(500));
        Ok((cpu::process(process)? - before <= Duration::from_millis(20)).then_some(()))
    })
}
