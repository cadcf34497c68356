use std::fs;

use anyhow::{Result, ensure};
use tollgate_testbed::until;

use crate::decided::{Verdict, ask, trap};

use super::site::{only, remove_database, save, start_trapping};

/// The VM that is started again has nothing in force, or a snapshot that another VM has left: neither may let in what is older
/// than what this Envoy has enforced, and a companion that has forgotten it is only believed under a higher epoch.
#[test]
fn a_vm_that_is_started_again_takes_nothing_older_from_a_companion_that_was_put_back() -> Result<()> {
    let mut testbed = start_trapping("first")?;
    let saved = testbed.folder().join("backup");
    testbed.companion.terminate()?;
    fs::copy(testbed.companion.state(), &saved)?;
    testbed.companion.start()?;
    save(&testbed, &only("second"))?;
    until("the edit is enforced", || {
        testbed.wait_enforced()?;
        Ok(matches!(ask(&testbed, "second")?, Verdict::Allowed(_)).then_some(()))
    })?;
    let newest = testbed.wait_enforced()?;

    testbed.companion.kill()?;
    trap(&testbed)?;
    remove_database(testbed.companion.state())?;
    fs::copy(&saved, testbed.companion.state())?;
    save(&testbed, &only("first"))?;
    testbed.companion.start()?;
    let after = until("the companion goes past what it has forgotten", || {
        if let Verdict::Allowed(by) = ask(&testbed, "second")? {
            ensure!(by.snapshot == newest, "{} has allowed what only {newest} allows", by.snapshot);
        }
        match ask(&testbed, "first")? {
            Verdict::Allowed(by) => Ok(Some(by.snapshot)),
            _ => Ok(None),
        }
    })?;
    assert!(after.epoch > newest.epoch, "{after} after {newest}");
    assert!(testbed.wait_enforced()? >= after);
    Ok(())
}
