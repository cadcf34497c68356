use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tollgate_testbed::{Testbed, until};

use super::site::{save, start_with, status};

/// Everyone may see the page `first`; other policies are like the one that says so, but are about others.
fn pages(more: &str) -> String {
    let policy = |name: &str, role: &str| {
        format!(
            "  - {{name: {name}, resource: page, actions: [view], roles: [{role}], condition: resource.id == 'first'}}\n"
        )
    };
    format!(
        "routes:
  - {{match: {{path: '/{{page}}'}}, action: view, resource: {{kind: page, id: path.page}}, auth: optional}}
policies:
{}{}{}{more}",
        policy("first-page", "anonymous"),
        policy("first-page-of-authors", "author"),
        policy("first-page-of-readers", "reader"),
    )
}

/// One more policy, about others again.
fn another(role: &str) -> String {
    format!(
        "  - {{name: first-page-of-{role}, resource: page, actions: [view], roles: [{role}], condition: resource.id == 'first'}}\n"
    )
}

fn start(relay: bool) -> Result<Testbed> {
    let testbed = start_with("first", |options| {
        options.relay = relay;
        // Single decisions are for who asks for them.
        options.log_level = "debug".to_owned();
    })?;
    save(&testbed, &pages(""))?;
    Ok(testbed)
}

/// What the last line about a denial of the page `second` says is related.
fn named(testbed: &Testbed) -> Result<Option<String>> {
    assert_eq!((status(testbed, "first")?, status(testbed, "second")?), (200, 403));
    let log = fs::read(testbed.folder().join("envoy.log"))?;
    let log = String::from_utf8_lossy(&log);
    let line = log.lines().rfind(|line| line.contains(": forbidden: ")).context("a line about the denial")?;
    Ok(line.split_once("; related to ").map(|(_, named)| named.trim_end().to_owned()))
}

fn until_named(testbed: &Testbed, policy: &str) -> Result<()> {
    until("the operator's line about a denial names related policies", || {
        Ok(named(testbed)?.filter(|named| named.starts_with("`first-page`: `") && named.contains(policy)).map(|_| ()))
    })
}

#[test]
fn a_denial_names_related_policies_to_the_operator_and_a_companion_that_is_gone_changes_nothing() -> Result<()> {
    let mut testbed = start(false)?;
    until_named(&testbed, "`first-page-of-authors` ")?;
    testbed.companion.kill()?;
    until_named(&testbed, "`first-page-of-readers` ")?;
    testbed.companion.start()?;
    testbed.wait_enforced()?;
    save(&testbed, &pages(&another("editors")))?;
    until_named(&testbed, "`first-page-of-editors` ")?;
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}

#[test]
fn parts_that_arrive_damaged_are_refused_and_no_verdict_changes() -> Result<()> {
    let testbed = start(true)?;
    let relay = testbed.relay.as_ref().context("a relay")?;
    let mut tries = 0;
    until("every VM refuses the index snapshot", || {
        relay.damage(false);
        let before = testbed.wait_enforced()?;
        tries += 1;
        save(&testbed, &pages(&another(&format!("try-{tries}"))))?;
        until("the edit is enforced", || Ok((testbed.wait_enforced()? > before).then_some(())))?;
        // The index snapshot follows when nothing has changed for two seconds: most often this is in time.
        relay.damage(true);
        for _ in 0..100 {
            assert_eq!((status(&testbed, "first")?, status(&testbed, "second")?), (200, 403));
            let refused = testbed.envoy.stat("wasmcustom.tollgate.index_parts.result.refused")?;
            if refused >= Some(3) {
                return Ok(Some(()));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(None)
    })?;
    let refused = testbed.companion.metric("tollgate_related_parts_refused_total{reason=\"refused\"}")?;
    assert!(refused >= Some(3.0), "{refused:?}");
    relay.damage(false);
    // It is not sent to them again; the next one is.
    save(&testbed, &pages(&another("editors")))?;
    until_named(&testbed, "`first-page-of-editors` ")?;
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}
