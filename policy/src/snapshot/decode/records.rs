use crate::engine::Rules;
use crate::snapshot::counts::Counts;
use crate::snapshot::names::Bucket;
use crate::snapshot::program::Uses;
use crate::snapshot::totals::Totals;

/// Policies that were read from some chunks.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) rules: Rules,
    pub(super) sum: Sum,
    /// Their names, by bucket.
    pub(super) names: Vec<(usize, Bucket)>,
    /// What there is besides them.
    pub(super) beside: Beside,
}

/// How much the policies are that limits count together with those that are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside {
    pub(super) policies: usize,
    pub(super) entries: usize,
}

/// What policies come to together.
#[derive(Clone, Debug, Default)]
pub(in crate::snapshot) struct Sum {
    pub(in crate::snapshot) totals: Totals,
    /// Combinations of kind, action and role.
    pub(super) entries: usize,
    /// Shadow policies.
    pub(in crate::snapshot) shadow: usize,
    pub(in crate::snapshot) uses: Uses,
    /// Globs of actions, by their symbols.
    pub(super) globs: Counts,
}

/// What is no longer the same once policies have been replaced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changed {
    /// Which headers or query parameters are read.
    pub(super) reads: bool,
    /// Which globs there are.
    pub(super) globs: bool,
}

impl Sum {
    /// What there is besides a part of it.
    pub(super) fn without(&self, part: &Sum) -> Beside {
        Beside {
            policies: self.totals.policies.saturating_sub(part.totals.policies),
            entries: self.entries.saturating_sub(part.entries),
        }
    }

    /// Takes policies out that were counted in before, and counts others in.
    pub(super) fn replace(&mut self, gone: &Sum, new: &Sum) -> Changed {
        let count = |own: &mut usize, gone: usize, new: usize| *own = (*own + new).saturating_sub(gone);
        count(&mut self.totals.policies, gone.totals.policies, new.totals.policies);
        count(&mut self.totals.name_bytes, gone.totals.name_bytes, new.totals.name_bytes);
        count(&mut self.totals.rules, gone.totals.rules, new.totals.rules);
        count(&mut self.entries, gone.entries, new.entries);
        count(&mut self.shadow, gone.shadow, new.shadow);
        count(&mut self.uses.time, gone.uses.time, new.uses.time);
        count(&mut self.uses.source, gone.uses.source, new.uses.source);
        count(&mut self.uses.body, gone.uses.body, new.uses.body);
        let headers = self.uses.headers.replace(&gone.uses.headers, &new.uses.headers);
        let query = self.uses.query.replace(&gone.uses.query, &new.uses.query);
        Changed { reads: headers | query, globs: self.globs.replace(&gone.globs, &new.globs) }
    }
}
