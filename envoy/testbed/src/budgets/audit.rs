use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context, Result, ensure};

use crate::provider::Served;

use super::accounts::{Ending, Entry};
use super::traffic::{CALL, Made, Seen};

/// The header by which the provider learns under which name a call is reserved.
pub(super) const DECISION: &str = "x-decision";

/// The ledgers beside what the provider has counted, call by call.
#[derive(Debug, Default)]
pub struct Audit {
    /// Calls of which both say the same.
    pub exact: usize,
    /// Tokens of these.
    pub exact_tokens: u64,
    /// What the ledgers say of all calls.
    pub ledger_tokens: u64,
    /// What the provider says of all calls.
    pub provider_tokens: u64,
    /// Calls that are settled by an estimate, as the documentation says.
    pub estimated: Vec<Estimated>,
    /// What must not be, in words.
    wrong: Vec<String>,
}

/// A call that is settled by an estimate.
#[derive(Clone, Debug)]
pub struct Estimated {
    /// Under which name it was reserved.
    pub id: String,
    /// Why nobody knows better.
    pub why: &'static str,
    /// What the provider counts.
    pub counted: u64,
    /// What the ledger says.
    pub settled: u64,
}

/// What a reservation is called for a decision's id, which has the VM's and a number.
#[must_use]
pub fn reservation(decision: &str) -> Option<String> {
    let (vm, number) = decision.split_once('-')?;
    Some(format!("{vm}{number:0>16}"))
}

/// The VM that has reserved a call, by the call's name.
#[must_use]
pub fn vm(reservation: &str) -> &str {
    reservation.get(..16).unwrap_or(reservation)
}

impl Audit {
    /// Compares what the ledgers say with what the provider has counted and what clients saw. `lost` are the VMs that ended with
    /// what they had still to tell.
    ///
    /// # Errors
    ///
    /// When the provider has not been told of names and numbers, or of one twice.
    pub fn of(
        ledger: &BTreeMap<String, Entry>,
        served: &[Served],
        made: &Made,
        lost: &BTreeSet<String>,
    ) -> Result<Self> {
        let mut audit = Audit::default();
        let mut unserved: BTreeSet<&String> = ledger.keys().collect();
        let mut names = BTreeSet::new();
        for call in served {
            let id = call.header(DECISION).and_then(reservation).context("a call that nothing was reserved for")?;
            ensure!(names.insert(id.clone()), "two calls of one reservation: {id}");
            unserved.remove(&id);
            let number = call.header(CALL).and_then(|number| number.parse().ok());
            let seen = number.and_then(|number: u64| made.0.get(&number)).copied();
            let is_lost = lost.contains(vm(&id));
            audit.judge(&id, Some(call), ledger.get(&id), seen, is_lost);
        }
        for id in unserved {
            audit.judge(id, None, ledger.get(id), None, lost.contains(vm(id)));
        }
        Ok(audit)
    }

    fn judge(&mut self, id: &str, served: Option<&Served>, entry: Option<&Entry>, seen: Option<Seen>, is_lost: bool) {
        let counted = served.map(Served::tokens).unwrap_or_default();
        self.provider_tokens += counted;
        let Some(entry) = entry else {
            return self.wrong.push(format!("{id} is in no ledger: {served:?}"));
        };
        let settled = entry.used.tokens;
        self.ledger_tokens += settled;
        let had_its_answer = matches!((seen, served), (Some(Seen::Whole(seen)), Some(call)) if seen == call.status);
        let why = match (entry.outcome, served) {
            (Ending::Committed, Some(_)) | (Ending::Released, _) if settled == counted => {
                self.exact += 1;
                self.exact_tokens += counted;
                return;
            }
            (Ending::Estimated, Some(_)) if !had_its_answer => "nobody had the whole answer",
            (Ending::Estimated, None) => "it was sent, and did not arrive",
            (Ending::Expired, Some(_)) if is_lost => "its VM has gone, and nothing was heard of it",
            (Ending::Expired, None) => "its reserve was not answered, and nothing was heard of it",
            _ => return self.wrong.push(format!("{id}, seen as {seen:?}: {entry:?}, but {served:?}")),
        };
        self.estimated.push(Estimated { id: id.to_owned(), why, counted, settled });
    }

    /// Fails if any call is settled as it must not be, or sums do not add up.
    ///
    /// # Errors
    ///
    /// With the first of what is wrong.
    pub fn require_sound(&self) -> Result<()> {
        let first: Vec<_> = self.wrong.iter().take(5).collect();
        ensure!(first.is_empty(), "{} calls are settled wrongly, first: {first:#?}\n{self}", self.wrong.len());
        let settled: u64 = self.estimated.iter().map(|call| call.settled).sum();
        let counted: u64 = self.estimated.iter().map(|call| call.counted).sum();
        ensure!(self.ledger_tokens - settled == self.provider_tokens - counted, "sums differ: {self}");
        Ok(())
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Audit { exact, exact_tokens, ledger_tokens, provider_tokens, .. } = self;
        writeln!(
            f,
            "{exact} calls to the token, {exact_tokens} tokens; all: ledger {ledger_tokens}, provider {provider_tokens}"
        )?;
        let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
        for call in &self.estimated {
            *reasons.entry(call.why).or_default() += 1;
        }
        writeln!(f, "{} by estimates: {reasons:?}", self.estimated.len())?;
        for Estimated { id, why, counted, settled } in &self.estimated {
            writeln!(f, "  {id}: ledger {settled}, provider {counted}: {why}")?;
        }
        Ok(())
    }
}
