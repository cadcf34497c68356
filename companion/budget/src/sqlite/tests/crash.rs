//! Processes that are killed at any moment, and what is left of what they were told.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Write as _, stdout};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures::executor::block_on;

use crate::ledger::{Ending, Row};
use crate::testing::SetClock;
use crate::testing::calls::*;
use crate::*;

/// Names the file of a child.
const FILE: &str = "TOLLGATE_BUDGET_FILE";
const ROUNDS: u64 = 20;
const CALLERS: u64 = 6;
const LIMIT: u64 = 5000;

#[test]
fn what_was_acknowledged_is_there_after_a_kill_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budget.db");
    let clock = Arc::new(SetClock::new(0));
    let mut told = Told::default();
    let mut killed_at_work = 0;
    for round in 0..ROUNDS {
        let before = told.0.len();
        told.listen_until_killed(&path, Duration::from_micros(5000 + 9173 * round));
        killed_at_work += u32::from(told.0.len() > before);
        let store = SqliteStore::open(&path, Durability::Process, Arc::clone(&clock)).unwrap();
        check(&store, &told);
    }
    assert!(u64::from(killed_at_work) > ROUNDS / 2, "killed at work only {killed_at_work} times");
    // A day later, every lease has ended.
    clock.set(SystemClock.now() + 24 * 3600);
    let store = SqliteStore::open(&path, Durability::Process, Arc::clone(&clock)).unwrap();
    let held = block_on(store.holds(&Scopes::All, usize::MAX)).unwrap();
    assert_eq!(block_on(store.expire(usize::MAX)).unwrap().len() as u64, held.all);
    assert_eq!(block_on(store.holds(&Scopes::All, 0)).unwrap().all, 0);
    let rows = check(&store, &told);
    assert!(told.0.keys().all(|id| rows.contains_key(id)), "every hold is freed or settled");
}

/// What calls have come to, as far as somebody was told.
#[derive(Default)]
struct Told(BTreeMap<ReservationId, Word>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Held,
    Ended(Ending),
}

impl Told {
    /// Starts a child, and kills it a while after its first word.
    fn listen_until_killed(&mut self, path: &Path, life: Duration) {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "sqlite::tests::crash::child", "--ignored", "--nocapture", "--test-threads=1"])
            .env(FILE, path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("ready") {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the child ended");
        }
        let killer = thread::spawn(move || {
            thread::sleep(life);
            child.kill().unwrap();
            child.wait().unwrap();
        });
        loop {
            line.clear();
            // What has no end was not told.
            if output.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
                break;
            }
            let words: Vec<_> = line.split_whitespace().collect();
            if let [id, word, tokens] = words[..] {
                self.0.insert(id.parse().unwrap(), Word::parse(word, tokens.parse().unwrap()));
            }
        }
        killer.join().unwrap();
    }
}

impl Word {
    fn parse(word: &str, used: u64) -> Self {
        match word {
            "held" => Word::Held,
            "committed" => Word::Ended(Ending::Committed(tokens(used))),
            "released" => Word::Ended(Ending::Released),
            other => panic!("{other}"),
        }
    }
}

/// That all that was told is there, and that counters are what ledger and holds come to.
fn check(store: &SqliteStore, told: &Told) -> BTreeMap<ReservationId, Row> {
    let rows = block_on(store.ledger().rows(0, usize::MAX)).unwrap();
    let rows: BTreeMap<_, _> = rows.into_iter().map(|(_, row)| (row.id, row)).collect();
    let holds = block_on(store.holds(&Scopes::All, usize::MAX)).unwrap().listed;
    let holds: BTreeMap<_, _> = holds.into_iter().map(|hold| (hold.reservation.id, hold.reservation)).collect();
    for (id, word) in &told.0 {
        let row = rows.get(id).map(|row| row.ending);
        match word {
            Word::Held => assert!(row.is_some() != holds.contains_key(id), "{id}: {row:?}"),
            Word::Ended(ending) => assert_eq!(row, Some(*ending), "{id}"),
        }
    }
    let mut expected = BTreeMap::<String, (u64, u64)>::new();
    for row in rows.values() {
        row.counters
            .iter()
            .for_each(|it| expected.entry(it.to_string()).or_default().0 += row.ending.used().of(it.unit));
    }
    for hold in holds.values() {
        hold.counters.iter().for_each(|it| expected.entry(it.to_string()).or_default().1 += hold.held.of(it.unit));
    }
    expected.retain(|_, counts| *counts != (0, 0));
    let all = UsageFilter { scopes: Scopes::All, window: None, unit: None, at: None, after: None, most: usize::MAX };
    let usage = block_on(store.usage(&all)).unwrap();
    assert!(usage.iter().all(|it| it.used + it.held <= LIMIT || it.counter.scope == Scope::Global));
    let found: BTreeMap<_, _> = usage.into_iter().map(|it| (it.counter.to_string(), (it.used, it.held))).collect();
    assert_eq!(found, expected);
    rows
}

#[test]
#[ignore = "it is started, and killed, by the test above"]
fn child() {
    let Some(path) = env::var_os(FILE) else { return };
    let store = SqliteStore::open(Path::new(&path), Durability::Process, SystemClock).unwrap();
    let store = store.with_patience(Duration::from_secs(60));
    // The harness has begun a line.
    say("\nready");
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let store = &store;
            scope.spawn(move || (0..u64::MAX).for_each(|number| call_once(store, caller, number)));
        }
    });
}

/// Says what it is told, after it is told.
fn call_once(store: &SqliteStore, caller: u64, number: u64) {
    let id = u128::from(std::process::id()) << 96 | u128::from(caller) << 64 | u128::from(number);
    let id = ReservationId(id.to_be_bytes());
    let held = tokens(1 + number % 60);
    // So few calls for one user that most of them are refused in the end.
    let user = user(&format!("{}-{}", std::process::id(), number / 100));
    let reserve = call(0, held, [line(Scope::Global, u64::MAX), line(user, LIMIT)]);
    let reserve = Reserve { id, lease: seconds(3600), ..reserve };
    let Reserved::Held(answer) = block_on(store.reserve(&reserve)).unwrap() else { return };
    say(&format!("{id} held 0"));
    let used = tokens(number % (held.tokens() + 1));
    let (outcome, word) = match number % 4 {
        0 => return,
        1 => (Outcome::Released, "released 0".to_owned()),
        2 | 3 => (Outcome::Committed { used, is_estimate: false }, format!("committed {}", used.tokens())),
        _ => panic!("no such remainder"),
    };
    let settlement = Settlement { reservation: answer.reservation, outcome };
    assert_eq!(block_on(store.settle(&settlement)).unwrap(), Settled::Now);
    say(&format!("{id} {word}"));
}

fn say(line: &str) {
    // In one piece, and at once.
    let _ = stdout().lock().write_all(format!("{line}\n").as_bytes());
}
