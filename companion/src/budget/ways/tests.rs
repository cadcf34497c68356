use tollgate_policy::set::budget::{BudgetMode, Environment};

use super::super::fixture::budgets_with;
use super::super::overrides::Overriding;
use super::*;
use crate::proto::ReserveRequest;

/// The models of the ways, what each leaves of the first limit, and what it holds in tokens.
fn ways(model: &str, prompt: u64, downgrade: Option<u8>) -> Result<Vec<(String, u64, u64)>, NoWay> {
    let budgets = budgets_with("strict", "- {scope: user, tokens: 1000}");
    let rules = budgets.environment(Environment::Dev).unwrap();
    let request = ReserveRequest { prompt_tokens: prompt, ..ReserveRequest::default() };
    let call = Call::of(&request, BudgetMode::Strict);
    let payer = Payer::new("ann", "").unwrap();
    let limits = Limits { rules, overrides: &Overriding::default() };
    let asked = Asked { budgets: &budgets, limits, payer: &payer, call: &call, model, downgrade };
    let ways = asked.ways(prompt)?;
    let told = ways.candidates.iter().enumerate();
    Ok(told.map(|(place, way)| (ways.served[place].model.clone(), way.lines[0].spare, way.amounts.tokens())).collect())
}

fn way(model: &str, spare: u64, tokens: u64) -> (String, u64, u64) {
    (model.to_owned(), spare, tokens)
}

#[test]
fn without_leave_only_the_model_that_is_asked_for_serves() {
    assert_eq!(ways("large", 100, None).unwrap(), [way("large", 0, 2100)]);
}

#[test]
fn cheaper_models_serve_before_too_little_is_left_the_cheapest_first() {
    let expected = [way("large", 100, 2100), way("small", 0, 600), way("medium", 0, 1100), way("large", 0, 2100)];
    assert_eq!(ways("large", 100, Some(10)).unwrap(), expected);
}

#[test]
fn the_last_way_is_the_model_that_is_asked_for_which_a_refusal_names() {
    let expected = [way("large", 0, 2100), way("small", 0, 600), way("medium", 0, 1100), way("large", 0, 2100)];
    assert_eq!(ways("large", 100, Some(0)).unwrap(), expected);
    assert_eq!(ways("medium", 100, Some(10)).unwrap(), [way("medium", 0, 1100)]);
}

#[test]
fn a_prompt_that_is_too_long_goes_to_a_larger_model_if_it_may() {
    assert_eq!(ways("large", 20_000, Some(10)).unwrap(), [way("medium", 0, 21_000)]);
    let error = ways("large", 20_000, None).unwrap_err();
    assert_eq!(error, NoWay::NoRoom { model: "large".to_owned(), prompt: 20_000, context: 10_000 });
    assert!(matches!(ways("large", 200_000, Some(10)), Err(NoWay::NoRoom { .. })));
}

#[test]
fn a_model_that_is_too_small_for_the_prompt_is_no_alternative() {
    let expected = [way("large", 100, 8000), way("medium", 0, 7000), way("large", 0, 8000)];
    assert_eq!(ways("large", 6000, Some(10)).unwrap(), expected);
}

#[test]
fn a_model_that_does_not_write_as_much_as_is_asked_for_is_no_alternative() {
    let budgets = budgets_with("strict", "- {scope: user, tokens: 1000}");
    let rules = budgets.environment(Environment::Dev).unwrap();
    let payer = Payer::new("ann", "").unwrap();
    let limits = Limits { rules, overrides: &Overriding::default() };
    let models = |output_cap, answers| {
        let request = ReserveRequest { prompt_tokens: 100, output_cap, answers, ..ReserveRequest::default() };
        let call = Call::of(&request, BudgetMode::Strict);
        let asked =
            Asked { budgets: &budgets, limits, payer: &payer, call: &call, model: "large", downgrade: Some(10) };
        asked.ways(100).map(|ways| ways.served.into_iter().map(|served| served.model).collect::<Vec<_>>())
    };
    assert_eq!(models(Some(500), 1).unwrap(), ["large", "small", "medium", "large"]);
    assert_eq!(models(Some(501), 1).unwrap(), ["large", "medium", "large"]);
    assert_eq!(models(Some(1001), 1).unwrap(), ["large"]);
    assert_eq!(models(None, 129).unwrap_err(), NoWay::Answers(129));
}

#[test]
fn a_model_that_nobody_knows_is_never_free() {
    assert_eq!(ways("huge", 100, Some(10)).unwrap_err(), NoWay::UnknownModel("huge".to_owned()));
    let budgets = budgets_with("strict", "- {scope: user, microDollars: 1000}");
    let rules = budgets.environment(Environment::Dev).unwrap();
    let (payer, call) = (Payer::new("ann", "").unwrap(), Call::of(&ReserveRequest::default(), BudgetMode::Strict));
    let limits = Limits { rules, overrides: &Overriding::default() };
    let asked = Asked { budgets: &budgets, limits, payer: &payer, call: &call, model: "unpriced", downgrade: None };
    assert_eq!(asked.ways(0).unwrap_err(), NoWay::Unpriced("unpriced".to_owned()));
    let regardless = asked.regardless().unwrap();
    assert_eq!(regardless.candidates.first().amounts.micro_dollars(), 0);
    assert!(regardless.candidates.first().amounts.tokens() > 0);
}
