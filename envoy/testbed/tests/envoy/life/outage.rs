use anyhow::Result;
use tempfile::TempDir;
use tollgate_testbed::client::Http1;
use tollgate_testbed::{Testbed, until};

use super::site::{answers, connections, only, options, save, start, status};

#[test]
fn envoy_without_a_companion_refuses_until_a_snapshot_arrives_and_needs_no_restart() -> Result<()> {
    let folder = TempDir::new()?;
    let mut testbed = Testbed::start_without_companion(&options(&folder, "first")?)?;
    // Kept open over the arrival of the first snapshot.
    let mut connections: Vec<_> = (0..8).map(|_| Http1::connect(testbed.envoy.address())).collect::<Result<_>>()?;
    for connection in &mut connections {
        let response = connection.request("GET", "/first", &[], b"")?;
        assert_eq!((response.status, &response.json()?["code"]), (503, &"POLICY_UNAVAILABLE".into()));
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
    }
    assert_eq!(testbed.upstream.requests(), 0);
    testbed.companion.start()?;
    testbed.wait_enforced()?;
    assert_eq!(answers(&mut connections, "first")?, [200; 8]);
    assert_eq!(answers(&mut connections, "second")?, [403; 8]);
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}

#[test]
fn a_companion_that_is_killed_is_missed_by_nobody() -> Result<()> {
    let mut testbed = start("first")?;
    let mut connections = connections(&testbed, 2)?;
    let gauge = "wasmcustom.tollgate.feed.connected";
    until("the feed counts as connected", || Ok(testbed.envoy.stat(gauge)?.filter(|connected| *connected == 1)))?;
    testbed.companion.kill()?;
    until("the feed counts as lost", || Ok(testbed.envoy.stat(gauge)?.filter(|connected| *connected == 0)))?;
    save(&testbed, &only("second"))?;
    for _ in 0..20 {
        assert!(answers(&mut connections, "first")?.iter().all(|status| *status == 200));
        assert!(answers(&mut connections, "second")?.iter().all(|status| *status == 403));
    }
    assert_eq!(status(&testbed, "first")?, 200, "new connections are decided too");
    // What was saved in the meantime holds as soon as there is a companion.
    testbed.companion.start()?;
    until("the edit is enforced", || {
        testbed.wait_enforced()?;
        Ok((status(&testbed, "second")? == 200).then_some(()))
    })?;
    assert!(answers(&mut connections, "first")?.iter().all(|status| *status == 403));
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}
