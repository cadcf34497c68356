use tollgate_budget::{InvalidCandidates, InvalidLabel, Label, Line, Lines, Scope, Unit, Window};
use tollgate_policy::set::budget::{self as rules, Charged, Model, Rules};

/// Whom calls count for, whatever serves them.
#[derive(Clone, Debug)]
pub(super) struct Payer {
    user: Label,
    org: Option<Label>,
}

/// Who cannot be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("calls of this {kind} cannot be counted: {source}")]
pub(super) struct Uncountable {
    kind: &'static str,
    source: InvalidLabel,
}

impl Payer {
    /// `org` is empty where there is none.
    pub(super) fn new(user: &str, org: &str) -> Result<Self, Uncountable> {
        let label = |kind, name: &str| Label::new(name).map_err(|source| Uncountable { kind, source });
        let org = if org.is_empty() { None } else { Some(label("organisation", org)?) };
        Ok(Payer { user: label("caller", user)?, org })
    }

    /// What a call counts for that this model serves: every limit that there is for it, and all that it is counted for
    /// besides, by the day. Each limit is left `below` per cent. Of a model that nobody knows, neither it nor its provider
    /// counts, nor what it costs.
    pub(super) fn lines(&self, rules: &Rules, served: Option<&Model>, below: u8) -> Result<Lines, InvalidCandidates> {
        let org = self.org.as_ref().map(Label::as_str);
        let (provider, model) = served.map_or(("", ""), |served| (&served.provider, &served.name));
        let charged = Charged { org, user: self.user.as_str(), provider, model };
        let scopes = self.scopes(served);
        let has_price = served.is_some_and(|served| served.price.is_some());
        let counted = |unit| unit == Unit::Tokens || has_price;
        let mut lines: Vec<Line> = rules
            .lines(&charged)
            .filter_map(|line| {
                let scope = scopes.iter().find(|scope| kind(line.scope) == scope.kind())?.clone();
                let (window, unit) = (window(line.window), unit(line.unit));
                Some(Line { scope, window, unit, limit: Some(line.limit), spare: share(line.limit, below) })
            })
            .filter(|line| counted(line.unit))
            .collect();
        for scope in scopes {
            for unit in Unit::ALL.into_iter().filter(|unit| counted(*unit)) {
                let is_there = |line: &Line| line.window == Window::Day && line.unit == unit && line.scope == scope;
                if !lines.iter().any(is_there) {
                    lines.push(Line { scope: scope.clone(), window: Window::Day, unit, limit: None, spare: 0 });
                }
            }
        }
        Lines::new(lines)
    }

    /// Whether there is a limit on what calls of this model cost.
    pub(super) fn has_cost_limit(&self, rules: &Rules, served: &Model) -> bool {
        let org = self.org.as_ref().map(Label::as_str);
        let charged = Charged { org, user: self.user.as_str(), provider: &served.provider, model: &served.name };
        rules.lines(&charged).any(|line| line.unit == rules::Unit::MicroDollars)
    }

    fn scopes(&self, served: Option<&Model>) -> Vec<Scope> {
        let mut scopes = vec![Scope::Global];
        scopes.extend(self.org.clone().map(Scope::Org));
        scopes.push(Scope::User(self.user.clone()));
        if let Some(served) = served {
            // INVARIANT: policy files take no name of a model or provider that is no label.
            scopes.extend(Label::new(&served.provider).ok().map(Scope::Provider));
            scopes.extend(Label::new(&served.name).ok().map(Scope::Model));
        }
        scopes
    }
}

/// So many per cent of a limit, rounded up.
fn share(limit: u64, per_cent: u8) -> u64 {
    let share = (u128::from(limit) * u128::from(per_cent.min(100))).div_ceil(100);
    // No more than the limit.
    u64::try_from(share).unwrap_or(limit)
}

pub(super) fn kind(kind: rules::ScopeKind) -> tollgate_budget::ScopeKind {
    match kind {
        rules::ScopeKind::Global => tollgate_budget::ScopeKind::Global,
        rules::ScopeKind::Org => tollgate_budget::ScopeKind::Org,
        rules::ScopeKind::User => tollgate_budget::ScopeKind::User,
        rules::ScopeKind::Provider => tollgate_budget::ScopeKind::Provider,
        rules::ScopeKind::Model => tollgate_budget::ScopeKind::Model,
    }
}

pub(super) fn window(window: rules::Window) -> Window {
    match window {
        rules::Window::Hour => Window::Hour,
        rules::Window::Day => Window::Day,
        rules::Window::Month => Window::Month,
    }
}

pub(super) fn unit(unit: rules::Unit) -> Unit {
    match unit {
        rules::Unit::Tokens => Unit::Tokens,
        rules::Unit::MicroDollars => Unit::MicroDollars,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{budgets, rules};
    use super::*;

    fn text(line: &Line) -> String {
        let limit = line.limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
        format!("{} {} {} {limit} spare {}", line.scope, line.window, line.unit, line.spare)
    }

    #[test]
    fn a_call_counts_for_its_limits_and_for_all_its_scopes_by_the_day() {
        let (budgets, rules) =
            (budgets(), rules("- {scope: user, tokens: 1000, window: hour}\n- {scope: org, tokens: 999}"));
        let payer = Payer::new("ann", "acme").unwrap();
        let lines = payer.lines(&rules, budgets.model("large"), 10).unwrap();
        let lines: Vec<_> = lines.iter().map(text).collect();
        let expected = [
            "org `acme` day tokens 999 spare 100",
            "user `ann` hour tokens 1000 spare 100",
            "global day tokens - spare 0",
            "global day microDollars - spare 0",
            "org `acme` day microDollars - spare 0",
            "user `ann` day tokens - spare 0",
            "user `ann` day microDollars - spare 0",
            "provider `openai` day tokens - spare 0",
            "provider `openai` day microDollars - spare 0",
            "model `large` day tokens - spare 0",
            "model `large` day microDollars - spare 0",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn of_a_model_that_nobody_knows_only_the_callers_scopes_count() {
        let rules = rules("- {scope: model, tokens: 5}\n- {scope: user, microDollars: 5}\n- {scope: user, tokens: 7}");
        let lines = Payer::new("ann", "").unwrap().lines(&rules, None, 0).unwrap();
        let lines: Vec<_> = lines.iter().map(text).collect();
        assert_eq!(lines, ["user `ann` day tokens 7 spare 0", "global day tokens - spare 0"]);
    }

    #[test]
    fn who_has_no_name_that_can_be_kept_is_not_counted_as_somebody_else() {
        assert!(Payer::new("", "acme").is_err());
        assert!(Payer::new("ann", &"x".repeat(513)).is_err());
        let error = Payer::new("a\nb", "").unwrap_err();
        assert!(error.to_string().contains("calls of this caller cannot be counted"), "{error}");
    }

    #[test]
    fn what_is_left_to_others_is_rounded_up_and_never_more_than_the_limit() {
        for (limit, below, expected) in
            [(100, 10, 10), (101, 10, 11), (0, 50, 0), (u64::MAX, 100, u64::MAX), (7, 255, 7)]
        {
            assert_eq!(share(limit, below), expected);
        }
    }
}
