//! Budgets: which models there are, what they cost, and what may be used of them, by environment.

mod environment;
mod limit;
mod model;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use crate::http::{BudgetMode, Downgrade, ModelApi, OrgAttribute, RouteBudget};
pub use environment::{Environment, NoRules};
pub use limit::{Limit, Pattern, ScopeKind, Unit, Whose, Window};
pub use model::{Model, Price, Tokens};
pub use rules::{Charged, Line, Rules, Twice};

/// What a set says of budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Sorted by name; names are unique.
    pub models: Vec<Model>,
    /// Those that the set has rules for.
    pub environments: BTreeMap<Environment, Rules>,
    /// Where the set is to serve, if that is known.
    pub serves: Option<Environment>,
}

impl Budgets {
    /// The model of this name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Model> {
        let place = self.models.binary_search_by(|model| model.name.as_str().cmp(name)).ok()?;
        self.models.get(place)
    }

    /// The rules that count in an environment. Staging without rules of its own has those of dev, and where that has none
    /// either, budgets are disabled there.
    ///
    /// # Errors
    /// If it is production, and there are none: nothing that costs money goes unlimited there because of an omission.
    pub fn environment(&self, of: Environment) -> Result<&Rules, NoRules> {
        static OFF: Rules = Rules::new(BudgetMode::Disabled, Vec::new());
        match self.rules_for(of).and_then(|own| self.environments.get(&own)) {
            Some(rules) => Ok(rules),
            None if of == Environment::Prod => Err(NoRules),
            None => Ok(&OFF),
        }
    }

    /// What becomes of calls that do not fit where the set is to serve, unless their routes say something else.
    #[must_use]
    pub fn mode(&self) -> Option<BudgetMode> {
        self.environment(self.serves?).ok().map(|rules| rules.mode)
    }

    /// The environment whose rules count in one: itself, another one, or none.
    #[must_use]
    pub fn rules_for(&self, environment: Environment) -> Option<Environment> {
        let instead = match environment {
            Environment::Staging => Some(Environment::Dev),
            Environment::Dev | Environment::Prod => None,
        };
        [Some(environment), instead].into_iter().flatten().find(|own| self.environments.contains_key(own))
    }
}
