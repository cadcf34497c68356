use super::super::Held;
use super::super::fixture::{STREAM, chat};
use super::*;

fn is_sent(mode: Option<BudgetMode>, verdict: Result<Verdict, Failure>) -> bool {
    let counters = Counters::default();
    matches!(resolve(&chat(mode, STREAM), STREAM, verdict, &counters, Duration::ZERO), Resolved::Go(_))
}

const STRICT: Option<BudgetMode> = Some(BudgetMode::Strict);
const ADVISORY: Option<BudgetMode> = Some(BudgetMode::Advisory);

#[test]
fn where_budgets_are_strict_nothing_goes_that_nothing_is_held_for() {
    let unheld = || Ok(Verdict::Held(Held::default()));
    assert!(!is_sent(STRICT, unheld()));
    assert!(is_sent(ADVISORY, unheld()) && is_sent(None, unheld()));
    let silence = || Err(Failure::NoAnswer(4));
    assert!(!is_sent(STRICT, silence()) && !is_sent(None, silence()));
    assert!(is_sent(ADVISORY, silence()) && is_sent(Some(BudgetMode::Disabled), silence()));
}

#[test]
fn the_operator_is_told_what_becomes_of_calls_and_why() {
    let told = |mode, verdict| trouble(&chat(mode, STREAM), &verdict);
    let away = || Ok(Verdict::Unavailable { reason: "the store is away".into(), retry_after: 2 });
    assert_eq!(told(STRICT, away()), Some((Trouble::Refused, "the companion says: the store is away".into())));
    let unheld = || Ok(Verdict::Held(Held::default()));
    assert_eq!(told(STRICT, unheld()).map(|(trouble, _)| trouble), Some(Trouble::Refused));
    assert_eq!(told(ADVISORY, unheld()).map(|(trouble, _)| trouble), Some(Trouble::Uncounted));
    let (trouble, why) = told(ADVISORY, Err(Failure::NoAnswer(14))).unwrap();
    assert!(trouble == Trouble::Uncounted && why.contains("gRPC status 14"), "{why}");
    assert_eq!(told(ADVISORY, Ok(Verdict::Disabled)), None);
}
