use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tollgate_testbed::budgets::{Mix, Plan, Seen, ledgers};
use tollgate_testbed::{Served, until};

use super::site::{MINUTE, Site, Store};

const DAY: u64 = 24 * 60 * 60;

/// Three minutes to midnight.
const LATE: Duration = Duration::from_secs(DAY - 180);

const LIMITS: [&str; 2] = ["{scope: org, name: tight, tokens: 3000}", "{scope: org, name: wide, tokens: 50000000}"];

const MIX: Mix = Mix { seed: 3, beyond: 0, tight: 30, trouble: true };

/// A stream that goes on for long.
fn long(_: u64) -> Plan {
    let body = json!({"model": "large", "stream": true, "max_tokens": 1000,
        "messages": [{"role": "user", "content": "Tell me everything"}]});
    Plan {
        path: "/v1/chat/completions",
        org: "wide",
        script: "input=5 words=800 pause=5".to_owned(),
        body: body.to_string(),
        leaves_after: None,
    }
}

/// Midnight comes while calls are made: each counts for the day on which it was reserved, and the new day's limit is whole.
fn pass_midnight(store: Store) -> Result<()> {
    let site = Site::start(store, LATE, &LIMITS)?;
    let eve = site.clock.now()? / DAY * DAY;
    let watch = site.watch();
    let traffic = site.traffic(8, u64::MAX, MIX)?;
    until("the day's budget is spent", || {
        let tight = site.testbed.companion.budgets("org&name=tight")?;
        Ok(tight.iter().any(|budget| budget.used + budget.held > 2900).then_some(()))
    })?;
    traffic.wait_for(50)?;
    ensure!(site.clock.now()? < eve + DAY, "midnight came by itself");
    // The new day begins in the midst of these.
    let before = site.provider()?.count();
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(site.begin(&long(0))?);
    }
    until("streams have begun", || {
        let served = site.provider()?.served();
        let is_long = |call: &Served| call.body.get("max_tokens").is_some_and(|most| *most == 1000);
        let begun = served.iter().skip(before).filter(|call| is_long(call) && call.output > 0);
        Ok((begun.count() == streams.len()).then_some(()))
    })?;
    site.clock.advance(4 * MINUTE)?;
    until("the new day's budget is spent", || {
        let tight = site.testbed.companion.budgets("org&name=tight")?;
        let today = tight.iter().find(|budget| budget.begins == eve + DAY);
        Ok(today.filter(|budget| budget.used + budget.held > 2900).map(drop))
    })?;
    for stream in &mut streams {
        let answer = stream.read(false)?.context("a stream ended without an answer")?;
        ensure!(answer.status == 200 && answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
    }
    let (made, watched) = (traffic.stop()?, watch.stop()?);
    ensure!(watched.exceeded.is_empty(), "limits were exceeded: {:?}", watched.exceeded);
    ensure!(made.count(Seen::Whole(429)) > 0, "nothing was refused: {made}");
    let audit = site.audit(&made)?;
    ensure!(audit.exact > 100, "too little was served: {made}\n{audit}");

    let ledger = ledgers(site.testbed.companions())?;
    let over: Vec<_> = ledger.values().filter(|entry| entry.at < eve + DAY && entry.settled_at >= eve + DAY).collect();
    let whole = over.iter().filter(|entry| entry.used.tokens == 805).count();
    ensure!(whole == streams.len(), "the streams that midnight came in: {over:?}");
    for budget in site.testbed.companion.budgets("org&name=tight")? {
        ensure!(budget.used <= 3000 && budget.used > 2000 && budget.held == 0, "{budget:?}");
    }
    Ok(())
}

#[test]
fn calls_count_for_the_day_on_which_they_were_reserved() -> Result<()> {
    pass_midnight(Store::Sqlite)
}

#[test]
fn by_the_clock_of_redis_too() -> Result<()> {
    pass_midnight(Store::Redis)
}
