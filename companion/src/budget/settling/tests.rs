use std::path::PathBuf;

use tempfile::{TempDir, tempdir};
use tokio::task::JoinHandle;
use tollgate_budget::{
    Amounts, Candidate, Candidates, Durability, Held, Label, Line, Lines, ReservationId, Reserve, Reserved, Scope,
    Scopes, SqliteStore, SystemClock, Unit, UsageFilter, Window,
};

use super::super::receipt::Receipt;
use super::super::till::Till;
use super::super::ways::Served;
use super::*;
use crate::proto::{self, settlement};

struct Place {
    dir: TempDir,
    store: Arc<SqliteStore>,
    till: Till,
    events: Arc<Events>,
    _settling: JoinHandle<()>,
}

impl Place {
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(&dir.path().join("budgets"), Durability::Process, SystemClock).unwrap());
        let metrics = Arc::new(Metrics::new(None));
        let events = Arc::new(Events::new(Arc::clone(&metrics)));
        let (till, jobs) = Till::new(Arc::clone(&metrics));
        let settling = Settling {
            store: Arc::clone(&store) as Arc<dyn Store>,
            lease: Lease::default(),
            events: Arc::clone(&events),
            metrics,
            log: Arc::default(),
        };
        let settling = tokio::spawn(settling.run(jobs, Shutdown::never()));
        Place { dir, store, till, events, _settling: settling }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("budgets")
    }

    /// Holds 100 tokens for Ann.
    async fn hold(&self, id: u8) -> Vec<u8> {
        let scope = Scope::User(Label::new("ann").unwrap());
        let line = Line { scope, window: Window::Day, unit: Unit::Tokens, limit: Some(1000), spare: 0 };
        let lines = Lines::new(vec![line]).unwrap();
        let candidate = Candidate { lines, amounts: Amounts::new(100, 0), least: Amounts::new(10, 0) };
        let reserve = Reserve {
            id: ReservationId([id; 16]),
            candidates: Candidates::from(candidate),
            lease: Lease::default(),
            is_strict: true,
        };
        match self.store.reserve(&reserve).await.unwrap() {
            Reserved::Held(Held { reservation, .. }) => {
                let served = Served { model: "large".to_owned(), price: None, prompt: 10, output_cap: 90 };
                Receipt::new(reservation, &served).encode()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Used and held by Ann.
    async fn stands(&self) -> (u64, u64) {
        let filter = UsageFilter { scopes: Scopes::All, window: None, unit: None, at: None, most: 9 };
        let standings = self.store.usage(&filter).await.unwrap();
        standings.first().map_or((0, 0), |standing| (standing.used, standing.held))
    }
}

fn used(tokens: u64) -> settlement::Outcome {
    settlement::Outcome::Used(proto::Usage { input: tokens, ..proto::Usage::default() })
}

fn said(told: Vec<(u64, Vec<u8>, settlement::Outcome)>) -> proto::Settlements {
    let settlement =
        |(sequence, reservation, outcome)| proto::Settlement { sequence, reservation, outcome: Some(outcome) };
    proto::Settlements { settlements: told.into_iter().map(settlement).collect() }
}

#[tokio::test]
async fn what_is_acknowledged_counts_and_counts_once() {
    let place = Place::new();
    let (said_done, mut done) = mpsc::unbounded_channel();
    let (first, second) = (place.hold(1).await, place.hold(2).await);
    let released = settlement::Outcome::Released(proto::Released {});
    for _ in 0..3 {
        let told = vec![(7, first.clone(), used(60)), (8, second.clone(), released)];
        place.till.take(said(told), &said_done).unwrap();
        let mut sequences = [done.recv().await.unwrap(), done.recv().await.unwrap()];
        sequences.sort_unstable();
        assert_eq!(sequences, [7, 8]);
        assert_eq!(place.stands().await, (60, 0));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_acknowledged_and_settles_nothing() {
    let place = Place::new();
    let (said_done, mut done) = mpsc::unbounded_channel();
    place.hold(1).await;
    place.till.take(said(vec![(1, b"\x01nonsense".to_vec(), used(60))]), &said_done).unwrap();
    assert_eq!(done.recv().await, Some(1));
    assert_eq!(place.stands().await, (0, 100));
}

#[tokio::test]
async fn a_call_that_goes_on_is_acknowledged_and_stays_held() {
    let place = Place::new();
    let (said_done, mut done) = mpsc::unbounded_channel();
    let receipt = place.hold(1).await;
    let usage = proto::Usage { input: 10, output: 30, ..proto::Usage::default() };
    place.till.take(said(vec![(1, receipt, settlement::Outcome::SoFar(usage))]), &said_done).unwrap();
    assert_eq!(done.recv().await, Some(1));
    let holds = place.store.holds(&Scopes::All, 9).await.unwrap();
    assert_eq!(holds.listed[0].so_far.tokens(), 40);
}

#[tokio::test]
async fn while_the_store_is_not_to_be_had_nothing_is_acknowledged_and_nothing_lost() {
    let place = Place::new();
    let (said_done, mut done) = mpsc::unbounded_channel();
    let receipt = place.hold(1).await;
    let away = place.dir.path().join("away");
    std::fs::rename(place.file(), &away).unwrap();
    place.till.take(said(vec![(1, receipt, used(60))]), &said_done).unwrap();
    assert!(timeout(Duration::from_millis(300), done.recv()).await.is_err());
    std::fs::rename(&away, place.file()).unwrap();
    assert_eq!(done.recv().await, Some(1));
    assert_eq!(place.stands().await, (60, 0));
}

#[tokio::test]
async fn who_uses_far_more_than_was_held_is_told_of() {
    let place = Place::new();
    let (said_done, mut done) = mpsc::unbounded_channel();
    let (near, far) = (place.hold(1).await, place.hold(2).await);
    place.till.take(said(vec![(1, near, used(500)), (2, far, used(501))]), &said_done).unwrap();
    done.recv().await.unwrap();
    done.recv().await.unwrap();
    let events = place.events.after(0, 9);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(place.stands().await, (1001, 0));
}
