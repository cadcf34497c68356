use std::fs;

use anyhow::Result;
use tollgate_testbed::{SnapshotId, Testbed, until};

use super::site::{only, remove_database, save, start, start_with, status};

#[test]
fn a_companion_that_comes_back_with_its_state_serves_the_same_version() -> Result<()> {
    let mut testbed = start("first")?;
    let before = testbed.wait_enforced()?;
    testbed.companion.kill()?;
    testbed.companion.start()?;
    assert_eq!(testbed.wait_enforced()?, before);
    testbed.companion.terminate()?;
    testbed.companion.start()?;
    assert_eq!(testbed.wait_enforced()?, before);
    assert_eq!(status(&testbed, "first")?, 200);
    Ok(())
}

#[test]
fn a_companion_that_has_lost_its_state_raises_the_epoch_and_every_worker_follows() -> Result<()> {
    let mut testbed = start("first")?;
    save(&testbed, &only("second"))?;
    let before = wait_for(&testbed, "second")?;
    testbed.companion.kill()?;
    remove_database(testbed.companion.state())?;
    save(&testbed, &only("third"))?;
    testbed.companion.start()?;
    let after = wait_for(&testbed, "third")?;
    assert!(after.epoch > before.epoch, "{after} after {before}");
    assert_eq!(status(&testbed, "second")?, 403);
    Ok(())
}

#[test]
fn a_companion_whose_state_was_put_back_goes_past_its_workers() -> Result<()> {
    let mut testbed = start("first")?;
    let saved = testbed.folder().join("backup");
    testbed.companion.terminate()?;
    fs::copy(testbed.companion.state(), &saved)?;
    testbed.companion.start()?;
    for page in ["second", "third"] {
        save(&testbed, &only(page))?;
        wait_for(&testbed, page)?;
    }
    let before = testbed.wait_enforced()?;
    testbed.companion.kill()?;
    remove_database(testbed.companion.state())?;
    fs::copy(&saved, testbed.companion.state())?;
    save(&testbed, &only("fourth"))?;
    testbed.companion.start()?;
    let after = wait_for(&testbed, "fourth")?;
    assert!(after.epoch > before.epoch, "{after} after {before}");
    assert_eq!(status(&testbed, "third")?, 403);
    Ok(())
}

#[test]
fn an_envoy_that_takes_over_decides_as_the_one_before() -> Result<()> {
    let mut testbed = start_with("first", |options| options.hot_restart = true)?;
    let before = testbed.wait_enforced()?;
    testbed.envoy.hot_restart()?;
    until("the new envoy's workers enforce the snapshot", || {
        testbed.wait_enforced()?;
        Ok((status(&testbed, "first")? == 200).then_some(()))
    })?;
    assert_eq!(testbed.wait_enforced()?, before);
    assert_eq!(status(&testbed, "second")?, 403);
    Ok(())
}

/// Waits until every worker enforces that this page may be seen.
fn wait_for(testbed: &Testbed, page: &str) -> Result<SnapshotId> {
    until("the edit is enforced", || {
        testbed.wait_enforced()?;
        Ok((status(testbed, page)? == 200).then_some(()))
    })?;
    testbed.wait_enforced()
}
