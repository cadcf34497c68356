use std::collections::BTreeMap;

use super::limit::{Limit, Pattern, ScopeKind, Unit, Whose, Window};
use super::{BudgetMode, RouteBudget};

/// What counts in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What becomes of calls that do not fit, unless their route says something else.
    pub mode: BudgetMode,
    /// The shares of a limit, in per cent, at which a warning is due; ascending, each once.
    pub warn_at: Vec<u8>,
    limits: BTreeMap<(ScopeKind, Window, Unit), Limits>,
}

/// The limits for one kind of scope, window and unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Limits {
    each: Option<u64>,
    named: BTreeMap<String, u64>,
    /// In the order of the file: the first that fits counts.
    matching: Vec<(Pattern, u64)>,
}

/// What a call counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged<'n> {
    /// The caller's organisation, if the route says where that is found.
    pub org: Option<&'n str>,
    /// The caller.
    pub user: &'n str,
    /// Who serves the model.
    pub provider: &'n str,
    /// The model that serves the call.
    pub model: &'n str,
}

/// The limit that counts for one scope of a call, over a window, in a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line {
    /// Of what kind the scope is: its name is the call's.
    pub scope: ScopeKind,
    /// For how long it counts.
    pub window: Window,
    /// What is counted.
    pub unit: Unit,
    /// How much of it may be used.
    pub limit: u64,
}

/// There is a limit for the same scope, window and unit already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twice;

impl Rules {
    /// Rules without limits.
    #[must_use]
    pub const fn new(mode: BudgetMode, warn_at: Vec<u8>) -> Self {
        Rules { mode, warn_at, limits: BTreeMap::new() }
    }

    /// Adds a limit. Of two patterns that fit a name, the one that was added first counts.
    ///
    /// # Errors
    /// If there is one already for the same scope, window and unit; that one stays.
    pub fn add(&mut self, limit: Limit) -> Result<(), Twice> {
        let Limit { scope, whose, window, unit, most } = limit;
        let limits = self.limits.entry((scope, window, unit)).or_default();
        match whose {
            Whose::Each if limits.each.is_none() => limits.each = Some(most),
            Whose::Named(name) if !limits.named.contains_key(&name) => drop(limits.named.insert(name, most)),
            Whose::Matching(pattern) if !limits.matching.iter().any(|(known, _)| *known == pattern) => {
                limits.matching.push((pattern, most));
            }
            Whose::Each | Whose::Named(_) | Whose::Matching(_) => return Err(Twice),
        }
        Ok(())
    }

    /// What becomes of calls of a route. Where the environment has budgets disabled, they are, whatever routes say.
    #[must_use]
    pub fn mode_of(&self, route: &RouteBudget) -> BudgetMode {
        match self.mode {
            BudgetMode::Disabled => BudgetMode::Disabled,
            mode => route.mode.unwrap_or(mode),
        }
    }

    /// The limits that count for a call: for each kind of scope, window and unit the most specific one, if there is any. A
    /// limit for the scope's name goes before a pattern that fits it, and that before one for each. In the order of scopes,
    /// then windows, then units.
    pub fn lines<'r>(&'r self, charged: &Charged<'r>) -> impl Iterator<Item = Line> + 'r {
        let charged = *charged;
        self.limits.iter().filter_map(move |(&(scope, window, unit), limits)| {
            let limit = limits.of(charged.name(scope)?)?;
            Some(Line { scope, window, unit, limit })
        })
    }

    /// All limits: by scope, window and unit, and of these the named ones first and the one for each last.
    pub fn limits(&self) -> impl Iterator<Item = Limit> + '_ {
        self.limits.iter().flat_map(|(&(scope, window, unit), limits)| {
            let limit = move |(whose, most)| Limit { scope, whose, window, unit, most };
            limits.all().map(limit)
        })
    }
}

impl Default for Rules {
    /// As an environment that says nothing more than that there is one.
    fn default() -> Self {
        Rules::new(BudgetMode::default(), vec![80, 95])
    }
}

impl Limits {
    fn of(&self, name: &str) -> Option<u64> {
        let matching = || self.matching.iter().find(|(pattern, _)| pattern.matches(name)).map(|(_, most)| *most);
        self.named.get(name).copied().or_else(matching).or(self.each)
    }

    fn all(&self) -> impl Iterator<Item = (Whose, u64)> + '_ {
        let named = self.named.iter().map(|(name, most)| (Whose::Named(name.clone()), *most));
        let matching = self.matching.iter().map(|(pattern, most)| (Whose::Matching(pattern.clone()), *most));
        named.chain(matching).chain(self.each.map(|most| (Whose::Each, most)))
    }
}

impl<'n> Charged<'n> {
    /// The name of the scope of a kind; empty for all calls together, which have none.
    fn name(&self, scope: ScopeKind) -> Option<&'n str> {
        match scope {
            ScopeKind::Global => Some(""),
            ScopeKind::Org => self.org,
            ScopeKind::User => Some(self.user),
            ScopeKind::Provider => Some(self.provider),
            ScopeKind::Model => Some(self.model),
        }
    }
}
