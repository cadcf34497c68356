use std::collections::BTreeMap;
use std::collections::btree_map;

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::companion::Companion;

/// What a ledger says of a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Under which name it was reserved, in hexadecimal digits.
    pub id: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// When it was settled.
    pub settled_at: u64,
    /// How.
    pub outcome: Ending,
    /// What was held for it.
    pub held: Amounts,
    /// What it counts as.
    pub used: Amounts,
    /// Whether it was settled too late for its counters.
    pub late: bool,
}

/// How a call was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// At what the provider says.
    Committed,
    /// At an estimate.
    Estimated,
    /// By its lease.
    Expired,
    /// As one that used nothing.
    Released,
}

/// Amounts by unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amounts {
    /// Tokens.
    pub tokens: u64,
    /// Millionths of a dollar.
    pub micro_dollars: u64,
}

/// How a counter stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Budget {
    /// `global`, `org`, `user`, `provider` or `model`.
    pub scope: String,
    /// Which; none for `global`.
    #[serde(default)]
    pub name: String,
    /// When its period begins, in seconds since 1970.
    pub begins: u64,
    /// None where it is only counted.
    pub limit: Option<u64>,
    /// What has been used.
    pub used: u64,
    /// What is held for calls under way.
    pub held: u64,
}

#[derive(Deserialize)]
struct Rows {
    rows: Vec<Entry>,
    next: Option<i64>,
}

#[derive(Deserialize)]
struct Budgets {
    budgets: Vec<Budget>,
}

#[derive(Deserialize)]
struct Holds {
    all: u64,
}

impl Companion {
    /// Its whole ledger.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not in this form.
    pub fn ledger(&self) -> Result<Vec<Entry>> {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let page: Rows = self.read(&format!("/v1/budgets/ledger/rows?limit=10000&after={after}"))?;
            all.extend(page.rows);
            match page.next {
                Some(next) => after = next,
                None => return Ok(all),
            }
        }
    }

    /// How the days' counters of tokens stand, of all days that are kept, of this scope: `org`, or `org&name=acme`.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not in this form.
    pub fn budgets(&self, scope: &str) -> Result<Vec<Budget>> {
        let all: Budgets = self.read(&format!("/v1/budgets?window=day&unit=tokens&at=all&scope={scope}"))?;
        Ok(all.budgets)
    }

    /// How many calls something is held for.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not in this form.
    pub fn holds(&self) -> Result<u64> {
        let holds: Holds = self.read("/v1/budgets/holds?limit=1")?;
        Ok(holds.all)
    }
}

/// What all ledgers together say, by the names of calls. A call that one says has expired may be settled in another.
///
/// # Errors
///
/// When a companion does not answer, or a call is settled twice.
pub fn ledgers<'c>(companions: impl IntoIterator<Item = &'c Companion>) -> Result<BTreeMap<String, Entry>> {
    let mut all = BTreeMap::new();
    for companion in companions {
        for entry in companion.ledger()? {
            match all.entry(entry.id.clone()) {
                btree_map::Entry::Vacant(place) => drop(place.insert(entry)),
                btree_map::Entry::Occupied(mut known) => match (known.get().outcome, entry.outcome) {
                    (Ending::Expired, _) => drop(known.insert(entry)),
                    (_, Ending::Expired) => {}
                    _ => bail!("settled twice: {:?} and {entry:?}", known.get()),
                },
            }
        }
    }
    Ok(all)
}
