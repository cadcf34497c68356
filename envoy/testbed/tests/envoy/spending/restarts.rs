use anyhow::{Result, ensure};
use tollgate_testbed::budgets::{Made, Mix, Watched};
use tollgate_testbed::until;

use super::site::{NOON, Site, Store};

const LIMITS: [&str; 3] = [
    "{scope: global, tokens: 100000000}",
    "{scope: org, name: tight, tokens: 4000}",
    "{scope: org, name: wide, tokens: 50000000}",
];

const MIX: Mix = Mix { seed: 2, beyond: 0, tight: 30, trouble: true };

/// Waits until as much is served as [`require`] wants: calls that are refused because nobody can be asked take no time.
fn wait_served(site: &Site) -> Result<()> {
    until("enough is served", || {
        let tight = site.testbed.companion.budgets("org&name=tight")?;
        let is_enough = tight.iter().any(|budget| budget.used > 2000) && site.provider()?.count() > 400;
        Ok(is_enough.then_some(()))
    })
}

/// What must hold whatever was restarted.
fn require(site: &Site, made: &Made, watched: &Watched) -> Result<()> {
    ensure!(watched.exceeded.is_empty(), "limits were exceeded: {:?}", watched.exceeded);
    let audit = site.audit(made)?;
    ensure!(audit.exact > 100, "too little was served: {made}\n{audit}");
    // The limit was reached, or nothing could have exceeded it.
    let tight = site.testbed.companion.budgets("org&name=tight")?;
    ensure!(tight.iter().all(|budget| budget.used <= 4000 && budget.used > 2000), "{tight:?}");
    Ok(())
}

#[test]
fn a_companion_that_is_killed_during_calls_loses_no_token() -> Result<()> {
    let mut site = Site::start(Store::Sqlite, NOON, &LIMITS)?;
    let (traffic, watch) = (site.traffic(12, u64::MAX, MIX)?, site.watch());
    for _ in 0..4 {
        traffic.wait_for(120)?;
        site.testbed.companion.kill()?;
        // Calls that are under way end meanwhile.
        traffic.wait_for(40)?;
        site.testbed.companion.start()?;
        site.wait_ready()?;
    }
    wait_served(&site)?;
    let (made, watched) = (traffic.stop()?, watch.stop()?);
    require(&site, &made, &watched)
}

#[test]
fn an_envoy_that_is_killed_during_calls_leaves_nothing_held() -> Result<()> {
    let mut site = Site::start(Store::Sqlite, NOON, &LIMITS)?;
    let (traffic, watch) = (site.traffic(12, u64::MAX, MIX)?, site.watch());
    for _ in 0..2 {
        traffic.wait_for(150)?;
        site.restart_envoy()?;
    }
    traffic.wait_for(150)?;
    // In good order, too: what has been told is settled before the end.
    site.testbed.companion.terminate()?;
    site.testbed.companion.start()?;
    site.wait_ready()?;
    wait_served(&site)?;
    let (made, watched) = (traffic.stop()?, watch.stop()?);
    require(&site, &made, &watched)
}
