//! One call at a time on one connection: what a client waits when nobody else is there.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use tollgate_testbed::client::Http1;
use tollgate_testbed::{SCRIPT, Testbed};

use crate::sites::{Sites, Store};
use crate::statistics::{Spread, percentile};

/// Of each measurement.
const DURATION: Duration = Duration::from_millis(400);

const WITH: &str = "/v1/chat/completions";

const WITHOUT: &str = "/unlimited/v1/chat/completions";

pub(crate) fn measure(sites: &Sites, rounds: usize, figures: &mut Vec<String>) -> Result<()> {
    println!("one call at a time, microseconds: median over {rounds} rounds [quartiles]");
    let (mut added, mut noise, mut bare) = ([Vec::new(), Vec::new()], Vec::new(), Vec::new());
    // The first round only warms up.
    for round in 0..=rounds {
        for (store, added) in Store::ALL.into_iter().zip(&mut added) {
            let testbed = sites.of(store);
            // In another order each time, so that nobody always comes first.
            let (with, without) = if round % 2 == 0 {
                let with = p50(testbed, WITH)?;
                (with, p50(testbed, WITHOUT)?)
            } else {
                let without = p50(testbed, WITHOUT)?;
                (p50(testbed, WITH)?, without)
            };
            let again = p50(testbed, WITHOUT)?;
            if round > 0 {
                added.push(with - without);
                noise.push(again - without);
                bare.push(without);
            }
        }
    }
    let bare = Spread::of(bare);
    println!("  without a budget                {bare}");
    for (store, added) in Store::ALL.into_iter().zip(added) {
        let (name, added) = (store.name(), Spread::of(added));
        println!("  added by a budget, {name:<12} {added}  ({:.2} times a call without)", added.median / bare.median);
        figures.push(format!("figure budget_reserve_added_us_p50_{name} {:.1} us", added.median));
        figures.push(format!("figure budget_reserve_added_ratio_{name} {:.3} ratio", added.median / bare.median));
    }
    let noise = Spread::of(noise);
    println!("  the same route twice, noise     {noise}");
    figures.push(format!("figure budget_reserve_noise_us {:.1} us", noise.width()));
    Ok(())
}

/// The median of what calls at this path take.
fn p50(testbed: &Testbed, path: &str) -> Result<f64> {
    let token = testbed.keys.token(&json!({"sub": "ann", "org": "acme"}), Duration::from_secs(3600))?;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), (SCRIPT, "words=5")];
    let body = json!({"model": "large", "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hello there, how are you today?"}]});
    let body = body.to_string();
    let mut client = Http1::connect(testbed.envoy.address())?;
    let (mut times, start) = (Vec::new(), Instant::now());
    while start.elapsed() < DURATION || times.len() < 50 {
        let sent = Instant::now();
        let answer = client.request("POST", path, &headers, body.as_bytes())?;
        times.push(sent.elapsed().as_secs_f64() * 1e6);
        ensure!(answer.status == 200, "{path}: {} {}", answer.status, answer.text());
    }
    times.sort_unstable_by(f64::total_cmp);
    Ok(percentile(&times, 0.5))
}
