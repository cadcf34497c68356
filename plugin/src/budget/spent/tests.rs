use super::super::fixture::{STREAM, chat};
use super::*;

const NOW: Duration = Duration::from_secs(50);

fn standing(scope: &str, name: &str, used: u64) -> Standing {
    let [unit, window] = ["tokens", "day"].map(str::to_owned);
    Standing { scope: scope.into(), name: name.into(), unit, window, limit: 1000, used, held: 0, resets_in: 600 }
}

#[test]
fn a_spent_limit_refuses_calls_of_its_mode_for_a_moment() {
    let spent = Spent::default();
    let strict = chat(None, STREAM);
    let org = standing("org", "acme", 1000);
    spent.remember(&strict, &org, NOW);
    assert_eq!(spent.refusing(&strict, NOW), Some(org));
    assert_eq!(spent.refusing(&strict, NOW + MEMORY), None);
    assert_eq!(spent.refusing(&chat(Some(BudgetMode::Advisory), STREAM), NOW), None);
}

#[test]
fn a_limit_of_other_callers_or_of_a_model_refuses_nobody_unasked() {
    let spent = Spent::default();
    let call = chat(None, STREAM);
    for (scope, name) in [("org", "other"), ("user", "bob"), ("model", "large"), ("provider", "openai"), ("x", "")] {
        spent.remember(&call, &standing(scope, name, 2000), NOW);
        assert_eq!(spent.refusing(&call, NOW), None, "{scope}");
    }
    for (scope, name) in [("user", "ann"), ("global", "")] {
        let spent = Spent::default();
        spent.remember(&call, &standing(scope, name, 2000), NOW);
        assert!(spent.refusing(&call, NOW).is_some(), "{scope}");
    }
}

#[test]
fn a_limit_with_anything_left_is_not_spent() {
    let spent = Spent::default();
    let call = chat(None, STREAM);
    spent.remember(&call, &standing("org", "acme", 999), NOW);
    assert_eq!(spent.refusing(&call, NOW), None);
}

#[test]
fn what_is_held_may_be_given_back_and_what_money_there_is_says_nothing_of_calls_that_cost_none() {
    let spent = Spent::default();
    let call = chat(None, STREAM);
    spent.remember(&call, &Standing { held: 100, ..standing("org", "acme", 900) }, NOW);
    spent.remember(&call, &Standing { unit: "micro-dollars".into(), ..standing("user", "ann", 1000) }, NOW);
    assert_eq!(spent.refusing(&call, NOW), None);
}

#[test]
fn no_more_is_remembered_than_there_is_room_for_and_each_limit_once() {
    let spent = Spent::default();
    let call = chat(None, STREAM);
    for _ in 0..2 {
        for number in 0..2 * MAX_REMEMBERED {
            spent.remember(&call, &standing("org", &number.to_string(), 1000), NOW);
        }
    }
    assert_eq!(spent.0.borrow().len(), MAX_REMEMBERED);
    spent.remember(&call, &standing("org", "acme", 1000), NOW + MEMORY);
    assert_eq!(spent.0.borrow().len(), 1);
}
