//! Anything that may happen to a store, in any order, against the reference.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::calls::*;
use super::{Reference, Subject, Tested};
use crate::*;

/// What happens, and the limits at that time.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    limits: Vec<(Option<u64>, u64)>,
    begins: u64,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    /// Asked again, it is what was asked first.
    Reserve {
        call: u8,
        ways: Vec<(u8, Amounts)>,
        lease: u64,
        is_strict: bool,
    },
    Settle {
        call: u8,
        outcome: Outcome,
    },
    Renew {
        call: u8,
        so_far: Amounts,
        lease: u64,
    },
    Expire {
        most: usize,
    },
    Adjust {
        number: u8,
        line: usize,
        change: Change,
    },
    Override {
        number: u8,
        line: usize,
        overriding: Overriding,
    },
    Wait {
        seconds: u64,
    },
    /// Somebody sets the clock.
    SetClock {
        by: i64,
    },
    Restart,
}

/// What calls may count for.
fn lines(limits: &[(Option<u64>, u64)]) -> Vec<Line> {
    let scopes = [Scope::Global, org("a"), org("b"), user("a"), model("large"), model("small")];
    let all = scopes.into_iter().flat_map(|scope| Window::ALL.map(|window| (scope.clone(), window)));
    let all = all.flat_map(|(scope, window)| Unit::ALL.map(|unit| (scope.clone(), window, unit)));
    std::iter::zip(all, limits)
        .map(|((scope, window, unit), (limit, spare))| Line { scope, window, unit, limit: *limit, spare: *spare })
        .collect()
}

const LINES: usize = 6 * 3 * 2;

pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    let limit = prop_oneof![2 => (0..400_u64).prop_map(Some), 1 => Just(None), 1 => Just(Some(u64::MAX))];
    let spare = prop_oneof![3 => Just(0), 1 => 0..100_u64];
    (vec((limit, spare), LINES), 0..7200_u64, vec(steps(), 0..80)).prop_map(|(limits, before, steps)| Script {
        limits,
        begins: NEXT_DAY - before,
        steps,
    })
}

fn steps() -> impl Strategy<Value = Step> {
    let call = || 0..16_u8;
    let some = || (0..150_u64, 0..150_u64).prop_map(|(tokens, dollars)| Amounts::new(tokens, dollars));
    let outcome = prop_oneof![
        3 => (some(), any::<bool>()).prop_map(|(used, is_estimate)| Outcome::Committed { used, is_estimate }),
        1 => Just(Outcome::Released),
    ];
    let change = prop_oneof![(-200..200_i64).prop_map(Change::By), Just(Change::Reset)];
    let until = prop_oneof![Just(None), (0..200_000_u64).prop_map(|after| Some(NEXT_DAY - 7200 + after))];
    let limit = prop_oneof![Just(None), (0..400_u64).prop_map(Some)];
    let set = (limit, until).prop_map(|(limit, until)| Overriding::Set { limit, until });
    let overriding = prop_oneof![2 => set, 1 => Just(Overriding::Unset)];
    let seconds = prop_oneof![5 => 0..90_u64, 2 => Just(HOUR), 1 => Just(24 * HOUR), 1 => 47 * HOUR..75 * HOUR];
    let by = prop_oneof![-100..100_i64, -7200..7200_i64, -500_000..500_000_i64];
    prop_oneof![
        8 => (call(), vec((any::<u8>(), some()), 1..4), 1..120_u64, any::<bool>())
            .prop_map(|(call, ways, lease, is_strict)| Step::Reserve { call, ways, lease, is_strict }),
        6 => (call(), outcome).prop_map(|(call, outcome)| Step::Settle { call, outcome }),
        2 => (call(), some(), 1..120_u64).prop_map(|(call, so_far, lease)| Step::Renew { call, so_far, lease }),
        2 => (0..4_usize).prop_map(|most| Step::Expire { most }),
        1 => (call(), 0..LINES, change).prop_map(|(number, line, change)| Step::Adjust { number, line, change }),
        1 => (call(), 0..LINES, overriding)
            .prop_map(|(number, line, overriding)| Step::Override { number, line, overriding }),
        3 => seconds.prop_map(|seconds| Step::Wait { seconds }),
        1 => by.prop_map(|by| Step::SetClock { by }),
        1 => Just(Step::Restart),
    ]
}

/// Some of the lines, as the bits of a number choose: one that is as good as any other.
fn some_lines(all: &[Line], choice: u8) -> Vec<Line> {
    let bits = u64::from(choice).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let chosen = all.iter().enumerate().filter(|(place, _)| bits >> (place + 20) & 3 == 0);
    chosen.map(|(_, line)| line.clone()).collect()
}

/// A store and what it should be.
struct Play<'s> {
    subject: &'s mut dyn Subject,
    reference: Reference,
    lines: Vec<Line>,
    /// What the store says.
    now: u64,
    /// What its clock shows.
    clock: u64,
    /// When the latest reservation was made.
    stamped: u64,
    asked: BTreeMap<u8, Reserve>,
    reservations: BTreeMap<u8, Reservation>,
    /// From when on a store need not know any more what it has settled.
    forgotten: BTreeMap<u8, u64>,
    adjusted: BTreeMap<u8, Adjustment>,
}

/// Does it all with a store and the reference, and ends every lease.
pub(crate) fn play(subject: &mut dyn Subject, script: &Script) {
    let lines = lines(&script.limits);
    let (asked, reservations) = (BTreeMap::new(), BTreeMap::new());
    let (forgotten, adjusted) = (BTreeMap::new(), BTreeMap::new());
    let (reference, clock) = (Reference::default(), 0);
    let (now, stamped) = (0, 0);
    let mut play = Play { subject, reference, lines, now, clock, stamped, asked, reservations, forgotten, adjusted };
    play.wait(script.begins);
    for step in &script.steps {
        play.step(step);
        play.compare();
    }
    play.wait(2 * 120);
    play.expire(usize::MAX);
    play.compare();
    assert_eq!(play.store().holds(&Scopes::All, 1).all, 0, "all holds end");
    assert_eq!(play.subject.ledger(), play.reference.ledger(), "every call is in the ledger once");
}

impl Play<'_> {
    fn store(&self) -> Tested<'_> {
        Tested(&*self.subject)
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Reserve { call, ways, lease, is_strict } => self.reserve(*call, ways, *lease, *is_strict),
            Step::Settle { call, outcome } => self.settle(*call, *outcome),
            Step::Renew { call, so_far, lease } => {
                let renewed = self.store().renew(id(*call), *so_far, seconds(*lease));
                assert_eq!(renewed, Tested(&self.reference).renew(id(*call), *so_far, seconds(*lease)));
            }
            Step::Expire { most } => self.expire(*most),
            Step::Adjust { number, line, change } => {
                let counter = self.lines[*line].at(self.now).to_string();
                let new = || adjustment(*number, &counter, *change);
                let adjustment = self.adjusted.entry(*number).or_insert_with(new).clone();
                assert_eq!(self.store().adjust(&adjustment), Tested(&self.reference).adjust(&adjustment));
            }
            Step::Override { number, line, overriding } => {
                let measure = Measure::of(&self.lines[*line % 4].at(self.now));
                let change = super::calls::overriding(*number, measure, *overriding);
                assert_eq!(self.store().override_limit(&change), Tested(&self.reference).override_limit(&change));
            }
            Step::Wait { seconds } => self.wait(*seconds),
            Step::SetClock { by } => {
                self.clock = self.clock.checked_add_signed(*by).unwrap();
                self.subject.step_clock(self.clock);
                self.look_at_the_clock();
            }
            Step::Restart => {
                self.subject.restart();
                self.look_at_the_clock();
            }
        }
    }

    fn wait(&mut self, seconds: u64) {
        let before = self.now;
        self.clock += seconds;
        self.subject.set_time(self.clock);
        self.look_at_the_clock();
        assert!(self.now >= before + seconds / 2, "{seconds} seconds after {before} it is {}", self.now);
    }

    fn look_at_the_clock(&mut self) {
        self.now = self.store().now();
        self.reference.set_time(self.now);
        assert!(self.now >= self.stamped, "it is {} after {}", self.now, self.stamped);
    }

    /// Whether the store may have forgotten that it has settled the call.
    fn is_forgotten(&self, call: u8) -> bool {
        self.forgotten.get(&call).is_some_and(|from| *from <= self.now)
    }

    fn reserve(&mut self, call: u8, candidates: &[(u8, Amounts)], lease: u64, is_strict: bool) {
        if self.is_forgotten(call) {
            return;
        }
        let all = &self.lines;
        let candidates = || candidates.iter().map(|(choice, amounts)| way(*amounts, some_lines(all, *choice)));
        let new = || Reserve { lease: seconds(lease), is_strict, ..ways(call, candidates().collect::<Vec<_>>()) };
        let reserve = self.asked.entry(call).or_insert_with(new).clone();
        let reserved = self.store().reserve(&reserve);
        assert_eq!(reserved, Tested(&self.reference).reserve(&reserve));
        if let Reserved::Held(held) = reserved {
            self.stamped = self.stamped.max(held.reservation.at);
            let is_new = self.reservations.insert(call, held.reservation).is_none();
            let passes =
                |standing: &Standing| standing.limit.is_some_and(|limit| standing.used + standing.held > limit);
            assert!(!is_new || !reserve.is_strict || !held.standings.iter().any(passes), "more than the limit is held");
        }
    }

    fn settle(&mut self, call: u8, outcome: Outcome) {
        let unknown = || {
            let counters = Lines::new(some_lines(&self.lines, call)).unwrap().at(self.now);
            Reservation { id: id(call), at: self.now, counters, held: tokens(10), least: tokens(1) }
        };
        let reservation = self.reservations.entry(call).or_insert_with(unknown).clone();
        let is_late = reservation.late_from().is_some_and(|late| late <= self.now);
        if self.is_forgotten(call) && !is_late {
            return;
        }
        let settled = self.store().settle(&reservation, outcome);
        assert_eq!(settled, Tested(&self.reference).settle(&reservation, outcome));
        self.ended(call);
    }

    fn expire(&mut self, most: usize) {
        let expired = self.store().expire(most);
        assert_eq!(expired, Tested(&self.reference).expire(most));
        expired.iter().for_each(|expired| self.ended(expired.reservation.id.0[15]));
    }

    fn ended(&mut self, call: u8) {
        let until = self.reservations[&call].marked_until(self.now);
        self.forgotten.entry(call).or_insert(until);
    }

    fn compare(&self) {
        let (store, reference) = (self.store(), Tested(&self.reference));
        assert_eq!(store.counts(), reference.counts());
        assert_eq!(store.overrides(), reference.overrides());
        assert_eq!(store.holds(&Scopes::All, usize::MAX), reference.holds(&Scopes::All, usize::MAX));
    }
}
