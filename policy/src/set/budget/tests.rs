use proptest::prelude::*;

use super::*;

/// What a pattern says, tried out: a star takes any number of characters.
fn fits(pattern: &[char], name: &[char]) -> bool {
    match pattern {
        [] => name.is_empty(),
        ['*', rest @ ..] => (0..=name.len()).any(|taken| fits(rest, &name[taken..])),
        [first, rest @ ..] => name.first() == Some(first) && fits(rest, &name[1..]),
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    fits(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
}

/// Every limit that could count is looked at, for each kind of line.
fn naive(limits: &[Limit], charged: &Charged<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (_, scope) in ScopeKind::NAMES {
        let name = match scope {
            ScopeKind::Global => Some(""),
            ScopeKind::Org => charged.org,
            ScopeKind::User => Some(charged.user),
            ScopeKind::Provider => Some(charged.provider),
            ScopeKind::Model => Some(charged.model),
        };
        let Some(name) = name else { continue };
        for (_, window) in Window::NAMES {
            for unit in [Unit::Tokens, Unit::MicroDollars] {
                let own = || limits.iter().filter(|one| (one.scope, one.window, one.unit) == (scope, window, unit));
                let exact = own().find(|one| matches!(&one.whose, Whose::Named(own) if own == name));
                let fitting = own().find(|one| matches!(&one.whose, Whose::Matching(own) if matches(own.text(), name)));
                let each = own().find(|one| one.whose == Whose::Each);
                if let Some(found) = exact.or(fitting).or(each) {
                    lines.push(Line { scope, window, unit, limit: found.most });
                }
            }
        }
    }
    lines
}

fn whose(scope: ScopeKind) -> BoxedStrategy<Whose> {
    let name = "[ab]{0,3}".prop_map(Whose::Named);
    let pattern = "[ab*]{0,2}\\*[ab*]{0,2}".prop_map(|text| Whose::Matching(Pattern::new(&text).unwrap()));
    match scope {
        ScopeKind::Global => Just(Whose::Each).boxed(),
        _ => prop_oneof![1 => Just(Whose::Each), 3 => name, 4 => pattern].boxed(),
    }
}

fn limit() -> impl Strategy<Value = Limit> {
    let kind = (0..5_usize, 0..3_usize, any::<bool>(), 0..20_u64);
    kind.prop_flat_map(|(scope, window, is_tokens, most)| {
        let (_, scope) = ScopeKind::NAMES[scope];
        let unit = if is_tokens { Unit::Tokens } else { Unit::MicroDollars };
        whose(scope).prop_map(move |whose| Limit { scope, whose, window: Window::NAMES[window].1, unit, most })
    })
}

fn is_same(a: &Limit, b: &Limit) -> bool {
    (a.scope, &a.whose, a.window, a.unit) == (b.scope, &b.whose, b.window, b.unit)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_most_specific_limit_counts(
        all in prop::collection::vec(limit(), 0..40),
        org in prop::option::of("[ab]{0,4}"),
        (user, provider, model) in ("[ab]{0,4}", "[ab]{0,4}", "[ab]{0,4}"),
    ) {
        let mut rules = Rules::default();
        let mut limits: Vec<Limit> = Vec::new();
        for limit in all {
            let is_new = !limits.iter().any(|known| is_same(known, &limit));
            prop_assert_eq!(rules.add(limit.clone()).is_ok(), is_new);
            if is_new {
                limits.push(limit);
            }
        }
        let charged = Charged { org: org.as_deref(), user: &user, provider: &provider, model: &model };
        prop_assert_eq!(rules.lines(&charged).collect::<Vec<_>>(), naive(&limits, &charged));
        // What is listed is what was added, whose patterns are in their order.
        let mut again = Rules::default();
        rules.limits().for_each(|limit| again.add(limit).unwrap());
        prop_assert_eq!(rules.limits().count(), limits.len());
        prop_assert_eq!(again, rules);
    }
}

fn rules(mode: BudgetMode) -> Rules {
    Rules::new(mode, vec![80])
}

fn budgets(environments: &[(Environment, BudgetMode)]) -> Budgets {
    let environments = environments.iter().map(|(environment, mode)| (*environment, rules(*mode))).collect();
    Budgets { environments, ..Budgets::default() }
}

#[test]
fn staging_has_the_rules_of_dev_and_production_needs_its_own() {
    let all = budgets(&[
        (Environment::Dev, BudgetMode::Advisory),
        (Environment::Staging, BudgetMode::Strict),
        (Environment::Prod, BudgetMode::Disabled),
    ]);
    let mode = |budgets: &Budgets, of| budgets.environment(of).map(|rules| rules.mode);
    assert_eq!(mode(&all, Environment::Dev), Ok(BudgetMode::Advisory));
    assert_eq!(mode(&all, Environment::Staging), Ok(BudgetMode::Strict));
    assert_eq!(mode(&all, Environment::Prod), Ok(BudgetMode::Disabled));
    let dev = budgets(&[(Environment::Dev, BudgetMode::Advisory)]);
    assert_eq!(mode(&dev, Environment::Staging), Ok(BudgetMode::Advisory));
    assert_eq!(mode(&dev, Environment::Prod), Err(NoRules));
    let none = Budgets::default();
    assert_eq!(mode(&none, Environment::Dev), Ok(BudgetMode::Disabled));
    assert_eq!(mode(&none, Environment::Staging), Ok(BudgetMode::Disabled));
    assert_eq!(mode(&none, Environment::Prod), Err(NoRules));
    // Production's own are nobody else's.
    let prod = budgets(&[(Environment::Prod, BudgetMode::Strict)]);
    assert_eq!(mode(&prod, Environment::Staging), Ok(BudgetMode::Disabled));
}

#[test]
fn a_routes_mode_goes_before_the_environments_unless_that_is_disabled() {
    let route = |mode| RouteBudget { mode, ..RouteBudget::default() };
    for (environment, of_route, expected) in [
        (BudgetMode::Strict, None, BudgetMode::Strict),
        (BudgetMode::Strict, Some(BudgetMode::Advisory), BudgetMode::Advisory),
        (BudgetMode::Strict, Some(BudgetMode::Disabled), BudgetMode::Disabled),
        (BudgetMode::Advisory, Some(BudgetMode::Strict), BudgetMode::Strict),
        (BudgetMode::Disabled, Some(BudgetMode::Strict), BudgetMode::Disabled),
        (BudgetMode::Disabled, None, BudgetMode::Disabled),
    ] {
        assert_eq!(rules(environment).mode_of(&route(of_route)), expected, "{environment:?} {of_route:?}");
    }
}

#[test]
fn prices_are_rounded_up_and_never_wrap() {
    let of = |input, cached, cache_written, output| Tokens { input, cached, cache_written, output };
    let price = Price { input: 2_500_000, output: 10_000_000, cached: 1_250_000, cache_write: 3_000_000 };
    assert_eq!(price.of(of(1_000_000, 0, 0, 0)), 2_500_000);
    assert_eq!(price.of(of(0, 1_000_000, 0, 1)), 1_250_010);
    assert_eq!(price.of(of(0, 0, 1_000_000, 0)), 3_000_000);
    assert_eq!(price.of(of(1, 0, 0, 0)), 3);
    assert_eq!(price.of(Tokens::default()), 0);
    // 0.75, 0.1 and 0.5: rounded together.
    let small = Price { input: 250_000, output: 250_000, cached: 0, cache_write: 100_000 };
    assert_eq!(small.of(of(3, 9, 1, 2)), 2);
    let highest = Price { input: Price::MOST, output: u64::MAX, cached: u64::MAX, cache_write: u64::MAX };
    assert_eq!(highest.of(of(u64::MAX, u64::MAX, u64::MAX, u64::MAX)), u64::MAX);
    let dear = Price { input: Price::MOST, ..Price::default() };
    assert_eq!(dear.of(of(1 << 33, 0, 0, 0)), (1 << 33) * 1_000_000);
}

#[test]
fn cheaper_is_by_answers_first() {
    let price = |input, output| Price { input, output, ..Price::default() };
    assert!(price(9, 1).is_below(&price(1, 2)));
    assert!(price(1, 2).is_below(&price(2, 2)));
    assert!(!price(2, 2).is_below(&price(2, 2)));
    assert!(!price(1, 3).is_below(&price(9, 2)));
}

#[test]
fn environments_are_read_by_name() {
    for (name, environment) in Environment::NAMES {
        assert_eq!((name.parse(), environment.to_string().as_str()), (Ok(environment), name));
    }
    assert!("production".parse::<Environment>().is_err());
}
