use anyhow::{Context, Result};
use tollgate_testbed::until;

use super::site::{answers, connections, only, save, start_with, status};

#[test]
fn a_snapshot_that_arrives_damaged_is_refused_and_the_last_good_one_stays() -> Result<()> {
    let testbed = start_with("first", |options| options.relay = true)?;
    let relay = testbed.relay.as_ref().context("a relay")?;
    let mut connections = connections(&testbed, 2)?;
    let before = testbed.wait_enforced()?;
    relay.damage(true);
    save(&testbed, &only("second"))?;
    let workers = until("every VM refuses the snapshot", || {
        let workers = testbed.companion.workers()?;
        Ok(workers.workers.iter().all(|worker| worker.last_nack.is_some()).then_some(workers))
    })?;
    assert_eq!(workers.workers.len(), 3, "two workers and the VM on Envoy's main thread");
    for worker in &workers.workers {
        let nack = worker.last_nack.as_ref().context("a refusal")?;
        assert!(nack.id == workers.current && nack.id > Some(before), "{nack:?}");
        assert!(nack.reason.contains("cannot be used"), "{}", nack.reason);
        assert_eq!(worker.applied, Some(before));
    }
    assert!(relay.damaged() >= 3);
    let nacks = testbed.companion.metric("tollgate_feed_nacks_total")?;
    assert!(nacks >= Some(3.0), "{nacks:?}");
    assert!(answers(&mut connections, "first")?.iter().all(|status| *status == 200));
    assert!(answers(&mut connections, "second")?.iter().all(|status| *status == 403));
    until("envoy counts the refused snapshots", || {
        Ok(testbed.envoy.stat("wasmcustom.tollgate.snapshots.result.refused")?.filter(|count| *count >= 3))
    })?;
    // Nothing has to be edited for the snapshot to be offered again.
    relay.damage(false);
    until("the snapshot is enforced after all", || {
        testbed.wait_enforced()?;
        Ok((status(&testbed, "second")? == 200).then_some(()))
    })?;
    assert!(answers(&mut connections, "first")?.iter().all(|status| *status == 403));
    assert!(testbed.companion.workers()?.workers.iter().all(|worker| worker.last_nack.is_none()));
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}
