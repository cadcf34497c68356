use std::path::Path;

use tempfile::{TempDir, tempdir};
use tokio::sync::mpsc;
use tollgate_budget::{Durability, SqliteStore, SystemClock};
use tollgate_policy::set::budget::Environment;

use super::super::fixture::budgets_with;
use super::super::rulebook::Pages;
use super::super::till::Job;
use super::*;

/// A desk over a store of its own.
struct Place {
    dir: TempDir,
    desk: Desk,
    pages: Pages,
    jobs: mpsc::Receiver<Job>,
}

fn place() -> Place {
    let dir = tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("budgets"), Durability::Process, SystemClock).unwrap();
    let metrics = Arc::new(Metrics::new(None));
    let (rulebook, pages) = Rulebook::new(Environment::Dev);
    let events = Arc::new(Events::new(Arc::clone(&metrics)));
    let (till, jobs) = Till::new(Arc::clone(&metrics));
    let desk = Desk::new(Arc::new(store), rulebook, Lease::default(), till, events, metrics);
    Place { dir, desk, pages, jobs }
}

impl Place {
    fn with(mode: &str, limits: &str) -> Place {
        let place = place();
        place.pages.turn(budgets_with(mode, limits));
        place
    }

    async fn ask(&self, id: u8, request: ReserveRequest) -> Outcome {
        self.desk.reserve(ReservationId([id; 16]), request).await.outcome.unwrap()
    }
}

/// Of Ann's, with 10 tokens of prompt and 90 of answer.
fn call(model: &str) -> ReserveRequest {
    ReserveRequest {
        user: "ann".to_owned(),
        org: "acme".to_owned(),
        model: model.to_owned(),
        prompt_tokens: 10,
        output_cap: Some(90),
        ..ReserveRequest::default()
    }
}

fn in_mode(mode: proto::Mode, request: ReserveRequest) -> ReserveRequest {
    ReserveRequest { mode: mode.into(), ..request }
}

#[track_caller]
fn held(outcome: Outcome) -> proto::Held {
    match outcome {
        Outcome::Held(held) => held,
        other => panic!("not held: {other:?}"),
    }
}

/// Takes the file for itself until dropped.
fn lock(dir: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(dir.join("budgets")).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[tokio::test]
async fn a_call_is_held_until_nothing_is_left_and_the_refusal_names_the_limit() {
    let place = Place::with("strict", "- {scope: org, tokens: 250}");
    for id in 1..=2 {
        let held = held(place.ask(id, call("large")).await);
        assert_eq!((held.model.as_str(), held.output_cap, held.lease_seconds, held.passed), ("large", 90, 900, false));
        let standing = held.standing.unwrap();
        assert_eq!((standing.scope.as_str(), standing.name.as_str()), ("org", "acme"));
        assert_eq!((standing.unit.as_str(), standing.window.as_str()), ("tokens", "day"));
        assert_eq!((standing.limit, standing.used, standing.held), (250, 0, 100 * u64::from(id)));
        assert!((1..=86_400).contains(&standing.resets_in));
    }
    match place.ask(3, call("large")).await {
        Outcome::Exceeded(proto::Exceeded { standing: Some(standing), asked: 100 }) => {
            assert_eq!((standing.scope.as_str(), standing.held, standing.limit), ("org", 200, 250));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(place.desk.events.after(0, 9).len(), 2, "at 80 per cent, and the refusal");
}

#[tokio::test]
async fn asked_again_with_the_same_id_it_holds_nothing_more() {
    let place = Place::with("strict", "- {scope: user, tokens: 100}");
    let first = held(place.ask(1, call("large")).await);
    let again = held(place.ask(1, call("large")).await);
    assert_eq!(first.reservation, again.reservation);
}

#[tokio::test]
async fn of_a_prompt_that_is_elsewhere_the_context_is_held_and_the_plugin_told_so() {
    let place = Place::with("strict", "- {scope: user, tokens: 15000}");
    let partial = || ReserveRequest { is_partial: true, ..call("large") };
    let first = held(place.ask(1, partial()).await);
    assert_eq!((first.prompt_tokens, first.output_cap, first.standing.unwrap().held), (9_910, 90, 10_000));
    assert!(matches!(place.ask(2, partial()).await, Outcome::Exceeded(proto::Exceeded { asked: 10_000, .. })));
    let other = held(place.ask(3, in_mode(proto::Mode::Advisory, partial())).await);
    assert_eq!((other.prompt_tokens, other.passed), (10, false));
}

#[tokio::test]
async fn a_cheaper_model_serves_where_little_would_be_left() {
    let place = Place::with("strict", "- {scope: user, tokens: 150}");
    let downgrade = Some(proto::Downgrade { below: 50 });
    let held = held(place.ask(1, ReserveRequest { downgrade, ..call("large") }).await);
    assert_eq!(held.model, "small");
    let receipt = Receipt::decode(&held.reservation).unwrap();
    assert!(receipt.reservation.counters.iter().any(|counter| counter.to_string().ends_with(":model:small")));
    assert_eq!(receipt.price.unwrap().output, 400_000);
}

#[tokio::test]
async fn what_nobody_knows_is_refused_where_budgets_are_strict_and_counted_where_they_are_advisory() {
    let place = Place::with("strict", "- {scope: user, tokens: 50}");
    match place.ask(1, call("huge")).await {
        Outcome::Invalid(why) => {
            assert!(why.code == "MODEL_UNKNOWN" && why.reason.contains("`huge`"), "{why:?}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(place.ask(1, ReserveRequest { user: String::new(), ..call("large") }).await, Outcome::Invalid(_)));
    let held = held(place.ask(2, in_mode(proto::Mode::Advisory, call("huge"))).await);
    assert!(held.passed);
    let receipt = Receipt::decode(&held.reservation).unwrap();
    assert_eq!((receipt.reservation.held.tokens(), receipt.price), (100, None));
}

#[tokio::test]
async fn advisory_budgets_let_calls_pass_and_disabled_ones_hold_nothing() {
    let place = Place::with("advisory", "- {scope: user, tokens: 50}");
    assert!(held(place.ask(1, call("large")).await).passed);
    assert!(matches!(place.ask(2, in_mode(proto::Mode::Strict, call("large"))).await, Outcome::Exceeded(_)));
    assert!(matches!(place.ask(3, in_mode(proto::Mode::Disabled, call("large"))).await, Outcome::Disabled(_)));
    place.pages.turn(budgets_with("disabled", ""));
    assert!(matches!(place.ask(4, in_mode(proto::Mode::Strict, call("large"))).await, Outcome::Disabled(_)));
}

#[tokio::test]
async fn before_the_first_policies_nothing_is_known() {
    let place = place();
    assert!(matches!(place.ask(1, call("large")).await, Outcome::Unavailable(_)));
    assert_eq!(held(place.ask(1, in_mode(proto::Mode::Advisory, call("large"))).await).reservation, Vec::<u8>::new());
}

#[tokio::test]
async fn while_the_store_does_not_answer_strict_calls_wait_for_it_and_advisory_ones_do_not() {
    let mut place = Place::with("strict", "- {scope: user, tokens: 1000}");
    let locked = lock(place.dir.path());
    match place.ask(1, call("large")).await {
        Outcome::Unavailable(unavailable) => assert!(unavailable.retry_after > 0 && !unavailable.reason.is_empty()),
        other => panic!("{other:?}"),
    }
    let unheld = held(place.ask(2, in_mode(proto::Mode::Advisory, call("large"))).await);
    assert_eq!((unheld.reservation.len(), unheld.model.as_str(), unheld.output_cap), (0, "large", 90));
    drop(locked);
    // What came to be held after all is given back.
    for _ in 0..2 {
        let Job { work, waiting } = place.jobs.recv().await.unwrap();
        assert_eq!((work.kind(), waiting.is_none()), (crate::metrics::Ended::Released, true));
    }
    held(place.ask(3, call("large")).await);
}

#[tokio::test]
async fn who_does_not_wait_for_the_answer_holds_nothing() {
    let mut place = Place::with("strict", "- {scope: user, tokens: 1000}");
    let locked = lock(place.dir.path());
    let asking = place.ask(1, call("large"));
    assert!(timeout(Duration::from_millis(20), asking).await.is_err());
    drop(locked);
    assert_eq!(place.jobs.recv().await.unwrap().work.kind(), crate::metrics::Ended::Released);
}

#[tokio::test]
async fn a_caller_of_no_known_organisation_is_refused_where_budgets_are_strict_and_counted_where_they_are_not() {
    let place = Place::with("strict", "[{scope: org, tokens: 1000}]");
    let unknown = || ReserveRequest { org: String::new(), org_unknown: true, ..call("large") };
    assert!(matches!(place.ask(1, unknown()).await, Outcome::Invalid(why) if why.reason.contains("organisation")));
    assert!(matches!(place.ask(2, in_mode(proto::Mode::Advisory, unknown())).await, Outcome::Held(_)));
}
