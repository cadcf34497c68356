use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tollgate_testbed::client::Http1;
use tollgate_testbed::{Testbed, until};

/// How long all is left alone between two faults.
const REST: Duration = Duration::from_millis(900);

/// How often each thing went wrong.
#[derive(Debug, Default)]
pub(super) struct Faults {
    kills: u64,
    cuts: u64,
    damaged: u64,
    traps: u64,
    hot_restarts: u64,
}

/// Lets one thing after the other go wrong, for this long. All of them have been mended when it returns.
pub(super) fn run(testbed: &mut Testbed, duration: Duration) -> Result<Faults> {
    let end = Instant::now() + duration;
    let mut faults = Faults::default();
    for fault in [kill, cut, trap, damage, hot_restart].iter().cycle() {
        fault(testbed, &mut faults)?;
        if Instant::now() > end {
            break;
        }
        thread::sleep(REST);
    }
    Ok(faults)
}

/// The companion ends as by a crash, and comes back a little later.
fn kill(testbed: &mut Testbed, faults: &mut Faults) -> Result<()> {
    testbed.companion.kill()?;
    thread::sleep(Duration::from_millis(300));
    testbed.companion.start()?;
    faults.kills += 1;
    Ok(())
}

/// Connections end in the middle of a snapshot.
fn cut(testbed: &mut Testbed, faults: &mut Faults) -> Result<()> {
    let relay = testbed.relay.as_ref().context("a relay")?;
    relay.cut(3);
    until("the connections are cut", || Ok((relay.to_cut() == 0).then_some(())))?;
    faults.cuts += 3;
    Ok(())
}

/// Snapshots arrive damaged for a while.
fn damage(testbed: &mut Testbed, faults: &mut Faults) -> Result<()> {
    let relay = testbed.relay.as_ref().context("a relay")?;
    let before = relay.damaged();
    relay.damage(true);
    until("snapshots are damaged", || Ok((relay.damaged() >= before + 10).then_some(())))?;
    relay.damage(false);
    faults.damaged += relay.damaged() - before;
    Ok(())
}

/// VMs end in the middle of a request. What becomes of that request is up to Envoy.
fn trap(testbed: &mut Testbed, faults: &mut Faults) -> Result<()> {
    let before = testbed.envoy.vm_reloads()?;
    for _ in 0..6 {
        let _ = Http1::connect(testbed.envoy.address())?.request("GET", "/probe", &[("x-tollgate-trap", "1")], b"");
    }
    until("a VM is replaced", || Ok((testbed.envoy.vm_reloads()? > before).then_some(())))?;
    faults.traps += testbed.envoy.vm_reloads()? - before;
    Ok(())
}

/// Another Envoy takes over.
fn hot_restart(testbed: &mut Testbed, faults: &mut Faults) -> Result<()> {
    testbed.envoy.hot_restart()?;
    faults.hot_restarts += 1;
    Ok(())
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Faults { kills, cuts, damaged, traps, hot_restarts } = self;
        write!(
            f,
            "{kills} companions killed, {cuts} connections cut in a frame, {damaged} frames damaged, {traps} VMs \
             replaced, {hot_restarts} hot restarts"
        )
    }
}
