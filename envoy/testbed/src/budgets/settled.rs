use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::clock::Clock;
use crate::stack::Testbed;
use crate::wait::until;

use super::accounts::{Entry, ledgers};
use super::audit::{DECISION, reservation, vm};

/// Longer than any lease.
const LEASES: Duration = Duration::from_secs(16 * 60);

/// Between two looks at whole ledgers.
const PAUSE: Duration = Duration::from_millis(50);

const DAY: u64 = 24 * 60 * 60;

/// What the ledgers say once they have every call that the provider has served. `lost` are the VMs that ended with what they
/// had still to tell: calls of theirs are not waited for.
///
/// # Errors
///
/// When a call is not settled in time, or a companion does not answer.
pub fn told(testbed: &Testbed, lost: &BTreeSet<String>) -> Result<BTreeMap<String, Entry>> {
    let provider = testbed.provider.as_ref().context("the testbed has no provider")?;
    until("what VMs have to tell is settled", || {
        let ledger = ledgers(testbed.companions())?;
        let served = provider.served();
        let mut ids = served.iter().filter_map(|call| reservation(call.header(DECISION)?));
        if ids.all(|id| lost.contains(vm(&id)) || ledger.contains_key(&id)) {
            return Ok(Some(ledger));
        }
        std::thread::sleep(PAUSE);
        Ok(None)
    })
}

/// The same, and that of which nothing more will be heard has been settled by its lease: nothing is held any more.
///
/// # Errors
///
/// When a call is not settled in time, or a companion does not answer.
pub fn settled(testbed: &Testbed, clock: &Clock, lost: &BTreeSet<String>) -> Result<BTreeMap<String, Entry>> {
    told(testbed, lost)?;
    clock.advance(LEASES)?;
    until("all holds end", || {
        let mut companions = testbed.companions();
        let holds = companions.try_fold(0, |all, companion| anyhow::Ok(all + companion.holds()?))?;
        Ok((holds == 0).then_some(()))
    })?;
    ledgers(testbed.companions())
}

/// Fails unless the counters of all calls together have, day by day, what the ledgers have, and nothing is held.
///
/// # Errors
///
/// When they have not, or the companion does not answer.
pub fn require_counted(testbed: &Testbed, ledger: &BTreeMap<String, Entry>) -> Result<()> {
    let mut days: BTreeMap<u64, u64> = BTreeMap::new();
    for entry in ledger.values() {
        *days.entry(entry.at / DAY * DAY).or_default() += entry.used.tokens;
    }
    for companion in testbed.companions() {
        let counters = companion.budgets("global")?;
        let counted: BTreeMap<u64, u64> = counters.iter().map(|budget| (budget.begins, budget.used)).collect();
        ensure!(counted == days, "counters have {counted:?}, and ledgers {days:?}");
        ensure!(counters.iter().all(|budget| budget.held == 0), "{counters:?}");
    }
    Ok(())
}
