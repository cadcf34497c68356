use anyhow::Result;

use super::site::{Call, Site, chat};

const ADVISORY: &str = "/advisory/v1/chat/completions";

#[test]
fn without_a_companion_strict_routes_refuse_and_advisory_ones_do_not() -> Result<()> {
    let mut site = Site::start()?;
    site.0.companion.kill()?;
    let refused = site.call(&chat("", true))?;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{}", refused.text());
    assert_eq!(refused.json()?["error"]["code"], "BUDGET_UNAVAILABLE");
    assert!(site.provider()?.served().is_empty());
    let passed = site.call(&Call { path: ADVISORY, ..chat("words=4", true) })?;
    assert_eq!((passed.status, passed.text().matches("word ").count()), (200, 4));
    // Nothing has to be started again.
    site.0.companion.start()?;
    site.0.wait_enforced()?;
    assert_eq!(site.call(&chat("", true))?.status, 200);
    site.settled(1)?;
    Ok(())
}

#[test]
fn what_ends_while_the_companion_is_away_is_settled_when_it_is_back() -> Result<()> {
    let mut site = Site::start()?;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(site.begin(&chat("words=100 pause=20", true))?);
    }
    tollgate_testbed::until("all are with the provider", || {
        Ok((site.provider()?.served().iter().filter(|call| call.output > 0).count() == 3).then_some(()))
    })?;
    site.0.companion.kill()?;
    for client in &mut clients {
        client.read(false)?;
    }
    assert!(site.provider()?.served().iter().all(|call| call.is_whole));
    site.0.companion.start()?;
    let rows = site.settled(3)?;
    let counted: u64 = site.provider()?.served().iter().map(|call| call.input + call.output).sum();
    assert_eq!(rows.iter().map(|row| row.used).sum::<u64>(), counted);
    assert_eq!(site.used_and_held("acme")?, (counted, 0));
    Ok(())
}
