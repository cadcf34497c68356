use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;

use tempfile::{TempDir, tempdir};
use tokio::time::timeout;
use tollgate_budget::{
    Adjustment, AdjustmentId, Amounts, Change, Durability, Expired, Holds, Label, MOST_COUNTED, Overridden, Override,
    OverrideChange, Reserved, Scopes, Settled, Settlement, SqliteStore, Standing, SystemClock, UsageFilter,
};
use tollgate_policy::set::budget::Environment;

use super::super::fixture::budgets_with;
use super::super::rulebook::Pages;
use super::super::till::{Job, Jobs, Work};
use super::*;

/// A desk over a store of its own.
struct Place {
    dir: TempDir,
    desk: Desk,
    pages: Pages,
    jobs: Jobs,
}

fn place() -> Place {
    place_with(|store| Arc::new(store))
}

fn place_with(store: impl FnOnce(SqliteStore) -> Arc<dyn Store>) -> Place {
    let dir = tempdir().unwrap();
    let store = store(SqliteStore::open(&dir.path().join("budgets"), Durability::Process, SystemClock).unwrap());
    let metrics = Arc::new(Metrics::new(None));
    let (rulebook, pages) = Rulebook::new(Environment::Dev);
    let events = Arc::new(Events::new(Arc::clone(&metrics)));
    let (till, jobs) = Till::new(Arc::clone(&metrics));
    let desk = Desk::new(store, rulebook, Lease::default(), till, events, metrics);
    Place { dir, desk, pages, jobs }
}

impl Place {
    fn with(mode: &str, limits: &str) -> Place {
        let place = place();
        place.pages.turn(budgets_with(mode, limits));
        place
    }

    /// How many calls are on their way.
    async fn all_held(&self) -> u64 {
        self.desk.store.holds(&Scopes::All, 0).await.unwrap().all
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

/// Whose reservation is given back.
#[track_caller]
fn released(job: &Job) -> ReservationId {
    match &*job.work {
        Work::Settle { settlement, .. } if settlement.outcome == tollgate_budget::Outcome::Released => {
            settlement.reservation.id
        }
        other => panic!("{other:?}"),
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
    let place = Place::with("strict", "- {scope: user, tokens: 1000}");
    let locked = lock(place.dir.path());
    match place.ask(1, call("large")).await {
        Outcome::Unavailable(unavailable) => assert!(unavailable.retry_after > 0 && !unavailable.reason.is_empty()),
        other => panic!("{other:?}"),
    }
    let unheld = held(place.ask(2, in_mode(proto::Mode::Advisory, call("large"))).await);
    assert_eq!((unheld.model.as_str(), unheld.output_cap, unheld.standing), ("large", 90, None));
    drop(locked);
    held(place.ask(3, call("large")).await);
    // What was not begun in time was not done: nothing is to be given back.
    assert_eq!((place.all_held().await, place.jobs.len()), (1, 0));
    // What the call has used counts, when that is said.
    let Receipt { reservation, .. } = Receipt::decode(&unheld.reservation).unwrap();
    assert_eq!((reservation.held, reservation.least), (Amounts::NONE, Amounts::NONE));
    let outcome = tollgate_budget::Outcome::Committed { used: Amounts::new(70, 0), is_estimate: false };
    place.desk.store.settle(&Settlement { reservation, outcome }).await.unwrap();
    let standing = held(place.ask(4, call("large")).await).standing.unwrap();
    assert_eq!((standing.used, standing.held), (70, 200));
}

#[tokio::test]
async fn who_does_not_wait_for_the_answer_holds_nothing() {
    let mut place = Place::with("strict", "- {scope: user, tokens: 1000}");
    let locked = lock(place.dir.path());
    let asking = place.ask(1, call("large"));
    assert!(timeout(Duration::from_millis(20), asking).await.is_err());
    drop(locked);
    assert_eq!(released(&place.jobs.recv().await.unwrap()), ReservationId([1; 16]));
}

#[tokio::test]
async fn a_caller_of_no_known_organisation_is_refused_where_budgets_are_strict_and_counted_where_they_are_not() {
    let place = Place::with("strict", "[{scope: org, tokens: 1000}]");
    let unknown = || ReserveRequest { org: String::new(), org_unknown: true, ..call("large") };
    assert!(matches!(place.ask(1, unknown()).await, Outcome::Invalid(why) if why.reason.contains("organisation")));
    assert!(matches!(place.ask(2, in_mode(proto::Mode::Advisory, unknown())).await, Outcome::Held(_)));
}

/// A store that does what it is asked, and at times does not say so.
struct Mute {
    store: SqliteStore,
    is_mute: AtomicBool,
}

impl Store for Mute {
    fn now(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        self.store.now()
    }

    fn reserve<'s>(&'s self, reserve: &'s Reserve) -> BoxFuture<'s, Result<Reserved, StoreError>> {
        Box::pin(async {
            let reserved = self.store.reserve(reserve).await;
            match self.is_mute.load(Ordering::SeqCst) {
                true => Err(StoreError::Unanswered("it says nothing".to_owned())),
                false => reserved,
            }
        })
    }

    fn settle<'s>(&'s self, settlement: &'s Settlement) -> BoxFuture<'s, Result<Settled, StoreError>> {
        self.store.settle(settlement)
    }

    fn renew<'s>(
        &'s self,
        id: ReservationId,
        so_far: Amounts,
        lease: Lease,
    ) -> BoxFuture<'s, Result<bool, StoreError>> {
        self.store.renew(id, so_far, lease)
    }

    fn expire(&self, most: usize) -> BoxFuture<'_, Result<Vec<Expired>, StoreError>> {
        self.store.expire(most)
    }

    fn usage<'s>(&'s self, filter: &'s UsageFilter) -> BoxFuture<'s, Result<Vec<Standing>, StoreError>> {
        self.store.usage(filter)
    }

    fn holds<'s>(&'s self, scopes: &'s Scopes, most: usize) -> BoxFuture<'s, Result<Holds, StoreError>> {
        self.store.holds(scopes, most)
    }

    fn adjust<'s>(&'s self, adjustment: &'s Adjustment) -> BoxFuture<'s, Result<Option<Standing>, StoreError>> {
        self.store.adjust(adjustment)
    }

    fn override_limit<'s>(&'s self, change: &'s OverrideChange) -> BoxFuture<'s, Result<Overridden, StoreError>> {
        self.store.override_limit(change)
    }

    fn overrides(&self) -> BoxFuture<'_, Result<Vec<Override>, StoreError>> {
        self.store.overrides()
    }
}

#[tokio::test]
async fn what_the_store_holds_without_saying_so_is_given_back() {
    let mute = |store| -> Arc<dyn Store> { Arc::new(Mute { store, is_mute: AtomicBool::new(true) }) };
    let mut place = place_with(mute);
    place.pages.turn(budgets_with("strict", "- {scope: user, tokens: 1000}"));
    assert!(matches!(place.ask(1, call("large")).await, Outcome::Unavailable(_)));
    assert_eq!(place.all_held().await, 1);
    let job = place.jobs.recv().await.unwrap();
    assert_eq!(released(&job), ReservationId([1; 16]));
    if let Work::Settle { settlement, .. } = &*job.work {
        assert_eq!(place.desk.store.settle(settlement).await.unwrap(), Settled::Now);
    }
    assert_eq!(place.all_held().await, 0);
}

#[tokio::test]
async fn what_the_store_was_not_asked_is_not_given_back() {
    let place = Place::with("strict", "- {scope: user, tokens: 1000}");
    let (file, away) = (place.dir.path().join("budgets"), place.dir.path().join("away"));
    std::fs::rename(&file, &away).unwrap();
    assert!(matches!(place.ask(1, call("large")).await, Outcome::Unavailable(_)));
    std::fs::rename(&away, &file).unwrap();
    held(place.ask(1, call("large")).await);
    assert_eq!(place.jobs.len(), 0);
}

#[tokio::test]
async fn an_id_that_somebody_still_asks_for_is_not_given_back() {
    let place = Place::with("strict", "- {scope: user, tokens: 1000}");
    let locked = lock(place.dir.path());
    assert!(timeout(Duration::from_millis(20), place.ask(1, call("large"))).await.is_err());
    let unlock = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(locked);
    };
    let (again, ()) = tokio::join!(place.ask(1, call("large")), unlock);
    held(again);
    while place.desk.slots.available_permits() < AT_ONCE {
        tokio::task::yield_now().await;
    }
    assert_eq!((place.all_held().await, place.jobs.len()), (1, 0));
}

#[tokio::test]
async fn no_call_of_an_advisory_route_holds_more_than_it_may_use() {
    let place = Place::with("advisory", "- {scope: global, tokens: 1000000}");
    let greedy = |model| ReserveRequest { answers: u32::MAX, output_cap: Some(u64::MAX), ..call(model) };
    for (id, model) in [(1, "huge"), (2, "large")] {
        let receipt = Receipt::decode(&held(place.ask(id, greedy(model)).await).reservation).unwrap();
        assert_eq!(receipt.reservation.held.tokens(), 10 + 128 * 2000, "{model}");
    }
    let strict = in_mode(proto::Mode::Strict, greedy("large"));
    assert!(matches!(place.ask(3, strict).await, Outcome::Invalid(why) if why.reason.contains("128")));
}

#[tokio::test]
async fn an_advisory_call_is_made_even_if_nothing_can_be_counted_any_further() {
    let place = Place::with("advisory", "");
    let at = place.desk.store.now().await.unwrap();
    let counter = tollgate_budget::Period::containing(tollgate_budget::Window::Day, at).begins();
    let counter = format!("day:{counter}:tokens:global").parse().unwrap();
    let (id, change) = (AdjustmentId([1; 16]), Change::By(i64::try_from(MOST_COUNTED).unwrap()));
    let label = |text| Label::new(text).unwrap();
    let adjustment = Adjustment { id, counter, change, who: label("root"), why: label("a test") };
    place.desk.store.adjust(&adjustment).await.unwrap();
    let unheld = held(place.ask(1, call("large")).await);
    assert_eq!(Receipt::decode(&unheld.reservation).unwrap().reservation.held, Amounts::NONE);
    let strict = in_mode(proto::Mode::Strict, call("large"));
    assert!(matches!(place.ask(2, strict).await, Outcome::Exceeded(_)));
}

#[tokio::test]
async fn asked_again_by_other_policies_it_says_which_model_is_held_for() {
    let place = Place::with("strict", "- {scope: user, tokens: 150}");
    let downgrade = Some(proto::Downgrade { below: 50 });
    let first = held(place.ask(1, ReserveRequest { downgrade, ..call("large") }).await);
    let again = held(place.ask(1, call("large")).await);
    assert_eq!((first.model.as_str(), again.model.as_str()), ("small", "small"));
    assert_eq!(first.reservation, again.reservation);
}
