use anyhow::Result;
use tollgate_testbed::{SnapshotId, Testbed, until};

use super::site::{answers, connections, only, save, start, start_with, status};

#[test]
fn every_one_of_four_workers_enforces_an_edit() -> Result<()> {
    let testbed = start_with("first", |options| options.workers = 4)?;
    let mut connections = connections(&testbed, 4)?;
    let mut before = testbed.wait_enforced()?;
    for page in ["second", "third", "first"] {
        save(&testbed, &only(page))?;
        before = enforced_after(&testbed, before)?;
        // They said so: every worker keeps its word at once.
        assert!(answers(&mut connections, page)?.iter().all(|status| *status == 200));
    }
    assert!(answers(&mut connections, "third")?.iter().all(|status| *status == 403));
    until("four workers and the VM on Envoy's main thread are all that lives", || {
        let live = testbed.companion.workers()?.workers.iter().filter(|worker| worker.alive).count();
        Ok((live == 5).then_some(()))
    })?;
    assert_eq!(testbed.companion.metric("tollgate_feed_nacks_total")?, Some(0.0));
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}

#[test]
fn edits_in_quick_succession_end_in_the_last() -> Result<()> {
    let testbed = start_with("first", |options| options.workers = 4)?;
    let mut connections = connections(&testbed, 4)?;
    for number in 0..60 {
        save(&testbed, &only(&format!("n{number}")))?;
        // Some edits fall together, some do not.
        std::thread::sleep(std::time::Duration::from_millis(number % 12));
    }
    until("the last edit is enforced", || {
        testbed.wait_enforced()?;
        Ok(answers(&mut connections, "n59")?.iter().all(|status| *status == 200).then_some(()))
    })?;
    for page in ["first", "n0", "n58"] {
        assert!(answers(&mut connections, page)?.iter().all(|status| *status == 403), "{page}");
    }
    assert_eq!(testbed.companion.metric("tollgate_policy_load_failures_total")?, Some(0.0));
    assert_eq!(testbed.companion.metric("tollgate_feed_nacks_total")?, Some(0.0));
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}

#[test]
fn a_bad_edit_changes_nothing_but_the_companions_health() -> Result<()> {
    let testbed = start("first")?;
    let before = testbed.wait_enforced()?;
    let second = only("second");
    for (number, (bad, problem)) in [
        (second.replace("kind: page", "kind: [page"), "pages.yaml:"),
        (second.replace("== 'second'", "== 'second' +"), "pages.yaml:4:"),
        (second.replace("actions: [view], roles: [anonymous]", "actions: [], roles: [anonymous]"), "`actions`"),
    ]
    .into_iter()
    .enumerate()
    {
        save(&testbed, &bad)?;
        until("the edit is refused", || {
            let health = testbed.companion.readiness()?.json()?;
            let text = health["problem"].as_str().unwrap_or_default();
            let failures = testbed.companion.metric("tollgate_policy_load_failures_total")?;
            let is_degraded = health["status"] == "degraded" && text.contains("pages.yaml:") && text.contains(problem);
            Ok((is_degraded && failures == Some(number as f64 + 1.0)).then_some(()))
        })?;
        assert_eq!(testbed.companion.readiness()?.status, 200, "it is still serving");
        assert_eq!(testbed.companion.metric("tollgate_degraded")?, Some(1.0));
        assert_eq!(testbed.wait_enforced()?, before);
        assert_eq!((status(&testbed, "first")?, status(&testbed, "second")?), (200, 403));
    }
    save(&testbed, &second)?;
    enforced_after(&testbed, before)?;
    assert_eq!((status(&testbed, "first")?, status(&testbed, "second")?), (403, 200));
    assert_eq!(testbed.companion.readiness()?.json()?["status"], "ready");
    assert_eq!(testbed.companion.metric("tollgate_degraded")?, Some(0.0));
    Ok(())
}

/// Waits until every worker enforces something newer.
fn enforced_after(testbed: &Testbed, before: SnapshotId) -> Result<SnapshotId> {
    until("every worker enforces the edit", || Ok(Some(testbed.wait_enforced()?).filter(|id| *id > before)))
}
