//! Eight workers of Envoy and four companions on one Redis.

use anyhow::{Context, Result, ensure};
use tollgate_testbed::Companion;
use tollgate_testbed::budgets::{Mix, Seen, Traffic, Watch};

use super::site::{NOON, Site, Store};

/// How many calls are made against a budget for half of them, unless `TOLLGATE_FLEET_CALLS` says otherwise.
const CALLS: u64 = 10_000;

const CLIENTS: usize = 32;

const LIMITS: [&str; 2] = ["{scope: org, name: tight, tokens: 5000}", "{scope: org, name: wide, tokens: 50000000}"];

fn start(limits: &[&str]) -> Result<Site> {
    Site::start_with(Store::Redis, NOON, limits, |options| {
        options.workers = 8;
        options.companions = 4;
    })
}

fn mix(seed: u64) -> Mix {
    Mix { seed, beyond: 0, tight: 30, trouble: true }
}

/// What must hold after calls that something was restarted in.
fn require(site: &Site, traffic: Traffic, watch: Watch) -> Result<()> {
    let (made, watched) = (traffic.stop()?, watch.stop()?);
    ensure!(watched.exceeded.is_empty(), "limits were exceeded: {:?}", watched.exceeded);
    let audit = site.audit(&made)?;
    ensure!(audit.exact > 200, "too little was served: {made}\n{audit}");
    for budget in site.testbed.companion.budgets("org&name=tight")? {
        ensure!(budget.used <= 5000 && budget.used > 2500, "{budget:?}");
    }
    Ok(())
}

#[test]
fn a_budget_for_half_of_the_calls_is_spent_and_never_overspent() -> Result<()> {
    let said = std::env::var("TOLLGATE_FLEET_CALLS").ok().and_then(|calls| calls.parse().ok());
    let calls = said.unwrap_or(CALLS);
    let limit = calls / 2 * Mix::MEAN;
    let site = start(&[&format!("{{scope: global, tokens: {limit}}}")])?;
    let watch = site.watch();
    let made = site.traffic(CLIENTS, calls, mix(5))?.finish()?;
    let watched = watch.stop()?;
    println!("{} looks at the limit meanwhile", watched.looks);
    ensure!(watched.exceeded.is_empty(), "the limit was exceeded: {:?}", watched.exceeded);
    ensure!(made.0.len() as u64 == calls && made.count(Seen::Whole(429)) > 0, "{made}");
    for companion in site.testbed.companions() {
        let held = companion.metric("budget_calls_total{mode=\"strict\",outcome=\"held\"}")?;
        ensure!(held > Some(0.0), "a companion was never asked");
    }
    let audit = site.audit(&made)?;
    ensure!(audit.exact as u64 > calls / 3, "too little was served: {made}\n{audit}");
    let budgets = site.testbed.companion.budgets("global")?;
    let spent = budgets.first().context("nothing was counted")?;
    ensure!(spent.limit == Some(limit) && spent.used <= limit, "{spent:?}");
    // What was refused would not have fitted beside what all others held.
    ensure!(limit - spent.used < CLIENTS as u64 * (Mix::CAP + 20), "{spent:?}");
    Ok(())
}

#[test]
fn a_redis_that_is_killed_during_calls_loses_no_token() -> Result<()> {
    let mut site = start(&LIMITS)?;
    let (traffic, watch) = (site.traffic(16, u64::MAX, mix(6))?, site.watch());
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
    traffic.wait_for(400)?;
    require(&site, traffic, watch)
}

#[test]
fn companions_that_are_killed_during_calls_leave_them_to_the_others() -> Result<()> {
    let mut site = start(&LIMITS)?;
    let (traffic, watch) = (site.traffic(16, u64::MAX, mix(8))?, site.watch());
    traffic.wait_for(200)?;
    for round in 0..3 {
        let companion = site.testbed.more_companions.get_mut(round).context("no companion")?;
        companion.kill()?;
        // What it has held is settled by those that go on.
        traffic.wait_for(200)?;
        site.testbed.more_companions.iter_mut().try_for_each(Companion::start)?;
        site.wait_ready()?;
    }
    traffic.wait_for(200)?;
    require(&site, traffic, watch)
}
