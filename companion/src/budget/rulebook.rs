use std::sync::Arc;

use tokio::sync::watch;
use tollgate_policy::set::Budgets;
use tollgate_policy::set::budget::{BudgetMode, Charged, Environment, Rules};

use tollgate_budget::{Counter, Scope};

use crate::catalogue::Catalogue;
use crate::daemon::Shutdown;
use crate::proto::Mode;

use super::payer::{kind, unit, window};

/// What is in force for budgets where this companion serves.
#[derive(Clone, Debug)]
pub(crate) struct Rulebook {
    environment: Environment,
    budgets: watch::Receiver<Option<Arc<Budgets>>>,
}

/// What is in force at a moment.
#[derive(Clone, Debug)]
pub(super) struct InForce {
    pub(super) budgets: Arc<Budgets>,
    environment: Environment,
}

/// Why nothing is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoRules {
    #[error("no policies have been read yet")]
    NoPolicies,
    #[error(transparent)]
    Missing(#[from] tollgate_policy::set::budget::NoRules),
}

impl Rulebook {
    /// Also gives what keeps it up to date with the policies in force.
    pub(crate) fn new(environment: Environment) -> (Self, Pages) {
        let (pages, budgets) = watch::channel(None);
        (Rulebook { environment, budgets }, Pages(pages))
    }

    pub(super) fn in_force(&self) -> Result<InForce, NoRules> {
        let budgets = self.budgets.borrow().clone().ok_or(NoRules::NoPolicies)?;
        budgets.environment(self.environment)?;
        Ok(InForce { budgets, environment: self.environment })
    }
}

impl InForce {
    pub(super) fn rules(&self) -> Result<&Rules, NoRules> {
        Ok(self.budgets.environment(self.environment)?)
    }

    /// The limit that counts for a counter now.
    pub(super) fn limit_of(&self, counter: &Counter) -> Option<u64> {
        let name = counter.scope.name().map_or("", |name| name.as_str());
        let mut charged = Charged { org: None, user: "", provider: "", model: "" };
        match counter.scope {
            Scope::Global => {}
            Scope::Org(_) => charged.org = Some(name),
            Scope::User(_) => charged.user = name,
            Scope::Provider(_) => charged.provider = name,
            Scope::Model(_) => charged.model = name,
        }
        let is_of = |line: &tollgate_policy::set::budget::Line| {
            kind(line.scope) == counter.scope.kind()
                && window(line.window) == counter.period.window()
                && unit(line.unit) == counter.unit
        };
        let rules = self.rules().ok()?;
        rules.lines(&charged).find(is_of).map(|line| line.limit)
    }
}

/// What a call does about budgets: as its route says, or else the environment; nothing where that has them disabled.
pub(super) fn mode(rules: &Rules, route: Mode) -> BudgetMode {
    match (rules.mode, route) {
        (BudgetMode::Disabled, _) | (_, Mode::Disabled) => BudgetMode::Disabled,
        (_, Mode::Strict) => BudgetMode::Strict,
        (_, Mode::Advisory) => BudgetMode::Advisory,
        (own, Mode::Unspecified) => own,
    }
}

/// Where what is in force is written.
#[derive(Debug)]
pub(crate) struct Pages(watch::Sender<Option<Arc<Budgets>>>);

impl Pages {
    /// Follows the policies in force until shutdown is requested.
    pub(crate) async fn follow(self, catalogue: Catalogue, mut shutdown: Shutdown) {
        let mut changes = catalogue.follow();
        loop {
            // What is there before anything is published says nothing: it would have budgets disabled.
            let is_published = changes.borrow_and_update().is_some();
            if let Some(budgets) = catalogue.surroundings().budgets.clone().filter(|_| is_published) {
                self.0.send_if_modified(|kept| {
                    let is_new = kept.as_ref().is_none_or(|kept| !Arc::ptr_eq(kept, &budgets));
                    *kept = Some(budgets);
                    is_new
                });
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() {
                    shutdown.requested().await;
                    return;
                },
                () = shutdown.requested() => return,
            }
        }
    }

    #[cfg(test)]
    pub(super) fn turn(&self, budgets: Arc<Budgets>) {
        self.0.send_replace(Some(budgets));
    }
}

#[cfg(test)]
mod tests {
    use tollgate_policy::set::PolicySet;
    use tollgate_policy::snapshot::SnapshotId;

    use super::super::fixture::{budgets, budgets_with};
    use super::*;

    #[test]
    fn nothing_is_in_force_before_the_first_policies_and_in_production_without_rules() {
        let (rulebook, pages) = Rulebook::new(Environment::Prod);
        assert_eq!(rulebook.in_force().unwrap_err(), NoRules::NoPolicies);
        pages.turn(budgets());
        assert!(matches!(rulebook.in_force(), Err(NoRules::Missing(_))));
        let (rulebook, pages) = Rulebook::new(Environment::Staging);
        pages.turn(budgets());
        assert_eq!(rulebook.in_force().unwrap().rules().unwrap().mode, BudgetMode::Strict);
    }

    #[tokio::test]
    async fn an_empty_catalogue_says_nothing_until_it_is_published() {
        let (rulebook, pages) = Rulebook::new(Environment::Dev);
        let (catalogue, set) = (Catalogue::default(), PolicySet::default());
        catalogue.replace(&set, None);
        let following = tokio::spawn(pages.follow(catalogue.clone(), Shutdown::never()));
        tokio::task::yield_now().await;
        assert_eq!(rulebook.in_force().unwrap_err(), NoRules::NoPolicies);
        catalogue.replace(&set, Some(SnapshotId { epoch: 1, version: 1 }));
        let mut budgets = rulebook.budgets.clone();
        budgets.wait_for(Option::is_some).await.unwrap();
        following.abort();
    }

    #[test]
    fn a_route_says_more_than_its_environment_unless_that_is_disabled() {
        let rules = |mode| budgets_with(mode, "").environment(Environment::Dev).unwrap().clone();
        assert_eq!(mode(&rules("strict"), Mode::Unspecified), BudgetMode::Strict);
        assert_eq!(mode(&rules("strict"), Mode::Advisory), BudgetMode::Advisory);
        assert_eq!(mode(&rules("advisory"), Mode::Strict), BudgetMode::Strict);
        assert_eq!(mode(&rules("advisory"), Mode::Disabled), BudgetMode::Disabled);
        assert_eq!(mode(&rules("disabled"), Mode::Strict), BudgetMode::Disabled);
    }

    #[test]
    fn the_limit_of_a_counter_is_the_most_specific_one_of_its_kind() {
        let (rulebook, pages) = Rulebook::new(Environment::Dev);
        pages.turn(budgets_with("strict", "- {scope: org, tokens: 10}\n- {scope: org, name: acme, tokens: 50}"));
        let in_force = rulebook.in_force().unwrap();
        let limit = |text: &str| in_force.limit_of(&text.parse().unwrap());
        assert_eq!(limit("day:0:tokens:org:acme"), Some(50));
        assert_eq!(limit("day:0:tokens:org:other"), Some(10));
        for text in
            ["hour:0:tokens:org:acme", "day:0:microDollars:org:acme", "day:0:tokens:user:acme", "day:0:tokens:global"]
        {
            assert_eq!(limit(text), None, "{text}");
        }
    }
}
