//! Eight workers of Envoy and four companions on one Redis.

use anyhow::{Context, Result, ensure};
use tollgate_testbed::budgets::{Made, Mix, Seen};

use super::site::{NOON, Site, Store};

/// How many calls are made, unless `TOLLGATE_FLEET_CALLS` says otherwise.
const CALLS: u64 = 2000;

const CLIENTS: usize = 32;

fn start(limit: u64) -> Result<Site> {
    Site::start_with(Store::Redis, NOON, &[&format!("{{scope: global, tokens: {limit}}}")], |options| {
        options.workers = 8;
        options.companions = 4;
    })
}

/// What everything comes to in the end.
fn require(site: &Site, made: &Made, calls: u64) -> Result<()> {
    let audit = site.audit(made)?;
    ensure!(audit.exact as u64 > calls / 3, "too little was served: {made}\n{audit}");
    Ok(())
}

#[test]
fn a_budget_for_half_of_the_calls_is_spent_and_never_overspent() -> Result<()> {
    let said = std::env::var("TOLLGATE_FLEET_CALLS").ok().and_then(|calls| calls.parse().ok());
    let calls = said.unwrap_or(CALLS);
    let limit = calls / 2 * Mix::MEAN;
    let site = start(limit)?;
    let watch = site.watch();
    let made = site.traffic(CLIENTS, calls, Mix { seed: 5, beyond: 0, tight: 0, trouble: true })?.finish()?;
    let watched = watch.stop()?;
    ensure!(watched.exceeded.is_empty(), "the limit was exceeded: {:?}", watched.exceeded);
    ensure!(made.0.len() as u64 == calls && made.count(Seen::Whole(429)) > 0, "{made}");
    for companion in site.testbed.companions() {
        let held = companion.metric("budget_calls_total{mode=\"strict\",outcome=\"held\"}")?;
        ensure!(held > Some(0.0), "a companion was never asked");
    }
    require(&site, &made, calls)?;
    let budgets = site.testbed.companion.budgets("global")?;
    let spent = budgets.first().context("nothing was counted")?;
    ensure!(spent.limit == Some(limit) && spent.used <= limit, "{spent:?}");
    // What is left is less than one more call would have held.
    ensure!(limit - spent.used < 2 * Mix::CAP, "{spent:?} of {limit}");
    Ok(())
}

#[test]
fn a_redis_that_is_killed_during_calls_loses_no_token() -> Result<()> {
    let mut site = start(100_000_000)?;
    let traffic = site.traffic(16, u64::MAX, Mix { seed: 6, beyond: 0, tight: 0, trouble: true })?;
    for round in 0..3 {
        traffic.wait_for(200)?;
        let redis = site.redis.as_mut().context("no redis")?;
        redis.kill()?;
        // What ends meanwhile waits.
        traffic.wait_for(30)?;
        if round == 1 {
            // All that it knew is gone, too: the companions have it in their ledgers.
            redis.forget()?;
        }
        redis.resume()?;
        site.wait_ready()?;
    }
    traffic.wait_for(200)?;
    let made = traffic.stop()?;
    ensure!(made.count(Seen::Whole(503)) > 0, "nothing was refused meanwhile: {made}");
    require(&site, &made, 600)
}
