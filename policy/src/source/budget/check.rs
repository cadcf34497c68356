//! What only the whole set shows: models that are named and not there, alternatives that cost more, environments without
//! rules.

use std::collections::HashMap;

use crate::identity::IdentitySource;
use crate::set::Budgets;
use crate::set::budget::{Environment, Model, ScopeKind};
use crate::source::location::Place;
use crate::source::printable::shown;
use crate::source::report::{Problem, Report};
use crate::source::suggest::closest;

use super::model::Declared;
use super::{Draft, users};

const ADD_MODEL: &str = "add it to `budgets.models`";

impl Draft {
    /// `routes` are those with a budget: names, and where their budgets are written. `environment` is where the set is to
    /// serve, if that is known. `sources` are where principals come from.
    pub(in crate::source) fn finish<'r>(
        self,
        routes: impl Iterator<Item = (&'r str, Place)>,
        sources: &[IdentitySource],
        environment: Option<Environment>,
        report: &mut Report<'_>,
    ) -> Budgets {
        if !report.incomplete {
            self.models_referred_to.check("model", &self.model_names, ADD_MODEL, report);
            self.check_providers(report);
            self.check_patterns(report);
            users::check(&self.users, sources, report);
        }
        check_alternatives(&self.models, report);
        let mut models: Vec<Model> = self.models.into_iter().map(|declared| declared.model).collect();
        models.sort_by(|a, b| a.name.cmp(&b.name));
        let budgets = Budgets { models, environments: self.environments, serves: environment };
        // What is wrong with rules that are there has been said.
        let is_declared = environment.is_some_and(|environment| self.declared.contains_key(&environment));
        if let Some(environment) = environment
            && let Err(why) = budgets.environment(environment)
            && !report.incomplete
            && !is_declared
        {
            for (name, place) in routes {
                let message = format!("route {} has a budget, and {why}", shown(name));
                let help = "production does not serve models without saying what may be used of them";
                report.refuse(place, Problem::new(message).help(help));
            }
        }
        budgets
    }

    fn check_providers(&self, report: &mut Report<'_>) {
        let known = || self.providers.iter().map(String::as_str);
        for (name, places) in self.providers_referred_to.iter().filter(|(name, _)| !self.providers.contains(*name)) {
            let meant = closest(name, known()).map(|meant| format!("; did you mean `{meant}`?"));
            let message = format!("no model has the provider {}{}", shown(name), meant.unwrap_or_default());
            for place in places {
                report.refuse(*place, Problem::new(message.as_str()).help("providers are those of `budgets.models`"));
            }
        }
    }

    fn check_patterns(&self, report: &mut Report<'_>) {
        for (kind, pattern, place) in &self.patterns {
            let fits = match kind {
                ScopeKind::Provider => self.providers.iter().any(|provider| pattern.matches(provider)),
                _ => self.model_names.names().any(|model| pattern.matches(model)),
            };
            if !fits {
                let message = format!("{} fits no {} of `budgets.models`", shown(pattern.text()), kind.name());
                report.refuse(*place, Problem::new(message).help("correct it, or add the models that it is for"));
            }
        }
    }
}

fn check_alternatives(models: &[Declared], report: &mut Report<'_>) {
    let known: HashMap<&str, &Model> =
        models.iter().map(|declared| (declared.model.name.as_str(), &declared.model)).collect();
    for Declared { model, alternatives } in models {
        for (alternative, place) in model.alternatives.iter().zip(alternatives) {
            // Those that are not there are reported as such.
            let Some(alternative) = known.get(alternative.as_str()) else { continue };
            if let Some(problem) = problem_of(model, alternative) {
                report.refuse(
                    *place,
                    problem.help("alternatives serve where a budget has too little left for this model"),
                );
            }
        }
    }
}

fn problem_of(model: &Model, alternative: &Model) -> Option<Problem> {
    let (name, other) = (shown(&model.name), shown(&alternative.name));
    if model.name == alternative.name {
        return Some(Problem::new(format!("{name} is named as an alternative to itself; remove it")));
    }
    if model.max_output > 0 && alternative.max_output == 0 {
        return Some(Problem::new(format!(
            "{other} writes no answers, as {name} does: its `maxOutput` is 0; remove it"
        )));
    }
    match (&model.price, &alternative.price) {
        (Some(own), Some(price)) if price.is_below(own) => None,
        (Some(own), Some(price)) if price.output == own.output => Some(Problem::new(format!(
            "{other} is not cheaper than {name}: answers cost the same, and its prompts {} micro-dollars per million tokens \
             rather than {}; remove it, or correct a price",
            price.input, own.input
        ))),
        (Some(own), Some(price)) => Some(Problem::new(format!(
            "{other} is not cheaper than {name}: its answers cost {} micro-dollars per million tokens rather than {}; \
             remove it, or correct a price",
            price.output, own.output
        ))),
        (own, _) => {
            let unpriced = if own.is_none() { &name } else { &other };
            let message = format!("whether {other} is cheaper than {name} is not known; add the `price` of {unpriced}");
            Some(Problem::new(message))
        }
    }
}
