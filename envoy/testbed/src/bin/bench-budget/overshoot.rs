//! How far a limit is exceeded, by how many calls use more than is held for them.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tollgate_testbed::budgets::{Audit, Mix, Plan, Seen, Traffic, Watch, told};
use tollgate_testbed::{Companion, Keeps, Redis, Testbed, TestbedOptions};

use crate::sites::options;

const CLIENTS: usize = 32;

/// How many calls of a hundred use up to four times of what they may, and the organisation of each of these rounds.
const SHARES: [(u64, &str); 6] = [(0, "s0"), (1, "s1"), (5, "s5"), (10, "s10"), (25, "s25"), (50, "s50")];

pub(crate) fn measure(calls: u64, figures: &mut Vec<String>) -> Result<()> {
    let folder = TempDir::with_prefix("tollgate-bench-")?;
    let server = Redis::start(Keeps::Nothing)?;
    let limit = calls / 2 * Mix::MEAN;
    let limits = format!("{{scope: org, tokens: {limit}}}");
    let testbed = Testbed::start(&TestbedOptions {
        workers: 8,
        companions: 4,
        companion_arguments: server.arguments(),
        ..options(folder.path(), &[&limits])?
    })?;
    testbed.wait_enforced_by_all()?;
    println!("\na limit of {limit} tokens, {calls} calls of {CLIENTS} clients, 8 workers, 4 companions, one Redis");
    println!("  calls beyond their hold   served   refused   most over the limit   used in the end");
    for (share, org) in SHARES {
        let mix = Mix { seed: 7 + share, beyond: share, tight: 0, trouble: false };
        let watch = Watch::start(testbed.companions().map(Companion::address).collect());
        let before = testbed.provider.as_ref().context("no provider")?.count();
        let plan = move |number| Plan { org, ..mix.plan(number) };
        let made = Traffic::start(testbed.envoy.address(), &testbed.keys, &[org], CLIENTS, calls, plan)?.finish()?;
        told(&testbed, &BTreeSet::new())?;
        let watched = watch.stop()?;
        let over = watched.exceeded.iter().filter(|budget| budget.name == org);
        let most = over.map(|budget| budget.used + budget.held).max().unwrap_or(limit) - limit;
        let used = testbed.companion.budgets(&format!("org&name={org}"))?;
        let used = used.first().context("nothing was counted")?.used;
        let most = most.max(used.saturating_sub(limit));
        let share_of = |tokens: u64| tokens as f64 * 100.0 / limit as f64;
        let served = testbed.provider.as_ref().context("no provider")?.count() - before;
        println!(
            "  {share:>20} %   {served:>8}   {:>7}   {:>18.2} %   {:>13.2} %",
            made.count(Seen::Whole(429)),
            share_of(most),
            share_of(used)
        );
        figures.push(format!("figure budget_overshoot_percent_{share} {:.3} percent", share_of(most)));
    }
    let served = testbed.provider.as_ref().context("no provider")?.served();
    let made = tollgate_testbed::budgets::Made::default();
    let audit = Audit::of(&told(&testbed, &BTreeSet::new())?, &served, &made, &BTreeSet::new())?;
    audit.require_sound()?;
    println!(
        "  ledgers of four companions and the provider: {} calls, {} tokens, equal",
        audit.exact, audit.exact_tokens
    );
    Ok(())
}
