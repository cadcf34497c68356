use tollgate_budget::{InvalidCandidates, InvalidLabel, Label, Line, Lines, Measure, Scope, Unit, Window};
use tollgate_policy::set::budget::{self as rules, Charged, Model, Rules};

use super::overrides::Overriding;

// A limit that cannot be reached would be none.
const _: () = assert!(rules::Limit::MOST == tollgate_budget::MOST_COUNTED);

/// Whom calls count for, whatever serves them.
#[derive(Clone, Debug)]
pub(super) struct Payer {
    /// Absent: it has no name that can be kept, and calls are counted as far as is possible.
    user: Option<Label>,
    org: Option<Label>,
}

/// What limits calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<'l> {
    /// What policies say.
    pub(super) rules: &'l Rules,
    /// What administrators have set instead.
    pub(super) overrides: &'l Overriding,
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
        Ok(Payer { user: Some(label("caller", user)?), org })
    }

    /// Without whoever has no name that can be kept.
    pub(super) fn as_far_as_is_possible(user: &str, org: &str) -> Self {
        Payer { user: Label::new(user).ok(), org: Label::new(org).ok() }
    }

    /// What a call counts for that this model serves: every limit that there is for it, and all that it is counted for
    /// besides, by the day. Each limit is left `below` per cent. Of a model that nobody knows, neither it nor its provider
    /// counts, nor what it costs.
    pub(super) fn lines(
        &self,
        limits: Limits<'_>,
        served: Option<&Model>,
        below: u8,
    ) -> Result<Lines, InvalidCandidates> {
        let has_price = served.is_some_and(|served| served.price.is_some());
        let counted = |unit| unit == Unit::Tokens || has_price;
        let mut lines = self.limited(limits, served);
        lines.retain(|line| counted(line.unit));
        for line in &mut lines {
            line.spare = line.limit.map_or(0, |limit| share(limit, below));
        }
        for scope in self.scopes(served) {
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
    pub(super) fn has_cost_limit(&self, limits: Limits<'_>, served: &Model) -> bool {
        let lines = self.limited(limits, Some(served));
        lines.iter().any(|line| line.unit == Unit::MicroDollars && line.limit.is_some())
    }

    /// What policies or administrators say of a call that this model serves. What has no limit only because an administrator
    /// says so is there, too.
    fn limited(&self, Limits { rules, overrides }: Limits<'_>, served: Option<&Model>) -> Vec<Line> {
        let org = self.org.as_ref().map(Label::as_str);
        let user = self.user.as_ref().map_or("", Label::as_str);
        let (provider, model) = served.map_or(("", ""), |served| (&served.provider, &served.name));
        let scopes = self.scopes(served);
        let line = |line: rules::Line| {
            let scope = scopes.iter().find(|scope| kind(line.scope) == scope.kind())?.clone();
            let (window, unit) = (window(line.window), unit(line.unit));
            Some(Line { scope, window, unit, limit: Some(line.limit), spare: 0 })
        };
        let mut lines: Vec<Line> = rules.lines(&Charged { org, user, provider, model }).filter_map(line).collect();
        if overrides.is_empty() {
            return lines;
        }
        let units = |window| Unit::ALL.map(|unit| (window, unit));
        for (scope, (window, unit)) in
            scopes.iter().flat_map(|scope| Window::ALL.into_iter().flat_map(units).map(move |of| (scope, of)))
        {
            let measure = Measure { scope: scope.clone(), window, unit };
            let Some(set) = overrides.of(&measure) else { continue };
            let is_same = |line: &&mut Line| line.window == window && line.unit == unit && line.scope == *scope;
            match lines.iter_mut().find(is_same) {
                Some(line) => line.limit = set.limit,
                None => lines.push(Line { scope: measure.scope, window, unit, limit: set.limit, spare: 0 }),
            }
        }
        lines
    }

    fn scopes(&self, served: Option<&Model>) -> Vec<Scope> {
        let mut scopes = vec![Scope::Global];
        scopes.extend(self.org.clone().map(Scope::Org));
        scopes.extend(self.user.clone().map(Scope::User));
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

    fn limits(rules: &Rules) -> Limits<'_> {
        static NONE: std::sync::LazyLock<Overriding> = std::sync::LazyLock::new(Overriding::default);
        Limits { rules, overrides: &NONE }
    }

    fn text(line: &Line) -> String {
        let limit = line.limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
        format!("{} {} {} {limit} spare {}", line.scope, line.window, line.unit, line.spare)
    }

    #[test]
    fn a_call_counts_for_its_limits_and_for_all_its_scopes_by_the_day() {
        let (budgets, rules) =
            (budgets(), rules("- {scope: user, tokens: 1000, window: hour}\n- {scope: org, tokens: 999}"));
        let payer = Payer::new("ann", "acme").unwrap();
        let lines = payer.lines(limits(&rules), budgets.model("large"), 10).unwrap();
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
        let lines = Payer::new("ann", "").unwrap().lines(limits(&rules), None, 0).unwrap();
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

    fn set(counter: &str, limit: Option<u64>, until: u64) -> tollgate_budget::Override {
        let label = |text| Label::new(text).unwrap();
        let (id, measure) = (tollgate_budget::AdjustmentId([1; 16]), Measure::of(&counter.parse().unwrap()));
        tollgate_budget::Override { id, measure, limit, at: 0, until, who: label("ann"), why: label("a test") }
    }

    #[test]
    fn what_administrators_set_counts_instead_of_what_policies_say() {
        let rules = rules("- {scope: org, tokens: 10}\n- {scope: user, tokens: 20}\n- {scope: global, tokens: 30}");
        let overrides: Overriding = [
            set("day:0:tokens:org:acme", Some(100), u64::MAX),
            set("day:0:tokens:user:ann", None, u64::MAX),
            set("hour:0:tokens:user:ann", Some(7), u64::MAX),
            set("day:0:tokens:user:bob", Some(1), u64::MAX),
            set("day:0:tokens:global", Some(1), 1),
        ]
        .into_iter()
        .collect();
        let limits = Limits { rules: &rules, overrides: &overrides };
        let lines = Payer::new("ann", "acme").unwrap().lines(limits, None, 10).unwrap();
        let mut lines: Vec<_> = lines.iter().map(text).collect();
        lines.sort();
        let expected = [
            "global day tokens 30 spare 3",
            "org `acme` day tokens 100 spare 10",
            "user `ann` day tokens - spare 0",
            "user `ann` hour tokens 7 spare 1",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_a_model_costs_is_limited_by_whoever_limits_it() {
        let (budgets, none, limited) = (budgets(), rules(""), rules("- {scope: org, microDollars: 10}"));
        let (payer, model) = (Payer::new("ann", "acme").unwrap(), budgets.model("unpriced").unwrap());
        let cost = |limit| [set("day:0:microDollars:org:acme", limit, u64::MAX)].into_iter().collect::<Overriding>();
        for (rules, overrides, expected) in [
            (&none, Overriding::default(), false),
            (&none, cost(Some(5)), true),
            (&limited, Overriding::default(), true),
            (&limited, cost(None), false),
        ] {
            assert_eq!(payer.has_cost_limit(Limits { rules, overrides: &overrides }, model), expected);
        }
    }

    #[test]
    fn who_has_no_name_that_can_be_kept_is_counted_as_far_as_is_possible() {
        let rules = rules("- {scope: user, tokens: 7}\n- {scope: org, tokens: 8}");
        let payer = Payer::as_far_as_is_possible("a\nb", "acme");
        let lines = payer.lines(limits(&rules), None, 0).unwrap();
        let lines: Vec<_> = lines.iter().map(text).collect();
        assert_eq!(lines, ["org `acme` day tokens 8 spare 0", "global day tokens - spare 0"]);
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
