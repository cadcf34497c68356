//! Budgets in Redis.

use anyhow::Result;
use tollgate_testbed::{Keeps, Redis, client, until};

use super::site::{Site, chat, message};

fn site(redis: &Redis) -> Result<Site> {
    let site = Site::start_with(|options| options.companion_arguments = redis.arguments())?;
    is_ready(&site)?;
    Ok(site)
}

/// Until calls can be counted.
fn is_ready(site: &Site) -> Result<()> {
    until("the store can be used", || {
        let ready = client::get(site.0.companion.address(), "/readyz")?.json()?;
        Ok((ready.pointer("/budgets/state").is_some_and(|state| state == "open")).then_some(()))
    })
}

#[test]
fn calls_are_settled_in_redis_to_the_token_that_the_provider_counts() -> Result<()> {
    let redis = Redis::start(Keeps::Nothing)?;
    let site = site(&redis)?;
    let calls = [chat("words=30", false), chat("words=31", true), message("words=33", false)];
    for call in &calls {
        let response = site.call(call)?;
        assert_eq!(response.status, 200, "{}", response.text());
    }
    let rows = site.settled(calls.len())?;
    let counted: Vec<u64> = site.provider()?.served().iter().map(|served| served.input + served.output).collect();
    assert_eq!(rows.iter().map(|row| row.used).collect::<Vec<_>>(), counted);
    assert!(rows.iter().all(|row| row.outcome == "committed"), "{rows:?}");
    assert_eq!(site.used_and_held("acme")?, (counted.iter().sum(), 0));
    Ok(())
}

#[test]
fn a_redis_that_goes_and_comes_back_empty_costs_refusals_and_no_token() -> Result<()> {
    let mut redis = Redis::start(Keeps::Nothing)?;
    let site = site(&redis)?;
    assert_eq!(site.call(&chat("words=7", false))?.status, 200);
    let mut client = site.begin(&chat("words=100 pause=20", true))?;
    until("the provider streams", || Ok((site.provider()?.served().len() == 2).then_some(())))?;
    redis.kill()?;
    let refused = site.call(&chat("", false))?;
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(refused.json()?["error"]["code"], "BUDGET_UNAVAILABLE");
    assert!(refused.header("retry-after").is_some());
    // What began before ends as it would have.
    client.read(false)?;
    assert!(site.provider()?.served().iter().all(|call| call.is_whole));
    redis.resume()?;
    is_ready(&site)?;
    let rows = site.settled(2)?;
    let counted: Vec<u64> = site.provider()?.served().iter().map(|served| served.input + served.output).collect();
    assert_eq!(rows.iter().map(|row| row.used).collect::<Vec<_>>(), counted);
    assert_eq!(site.used_and_held("acme")?, (counted.iter().sum(), 0));
    assert_eq!(site.call(&chat("words=1", false))?.status, 200);
    Ok(())
}
