use std::path::PathBuf;

use futures::executor::block_on;
use tempfile::TempDir;

use super::*;
use crate::testing::calls::*;
use crate::*;

struct Site {
    outbox: Outbox,
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Site { outbox: open(&folder), folder }
    }

    fn restart(self) -> Self {
        drop(self.outbox);
        Site { outbox: open(&self.folder), folder: self.folder }
    }

    fn begin(&self, reservation: &Reservation, outcome: Outcome) -> Begun {
        block_on(self.outbox.begin(&Settlement { reservation: reservation.clone(), outcome })).unwrap()
    }

    fn finish(&self, reservation: &Reservation, counted: Counted) {
        block_on(self.outbox.finish(reservation.id, NOON + 5, counted)).unwrap();
    }

    /// Begun and finished.
    fn settle(&self, reservation: &Reservation, outcome: Outcome, counted: Counted) {
        assert_eq!(self.begin(reservation, outcome), Begun::Ask(outcome));
        self.finish(reservation, counted);
    }

    fn begin_expiry(&self, reservation: &Reservation) {
        block_on(self.outbox.begin_expiry(vec![reservation.clone()])).unwrap();
    }

    fn finish_expiry(&self, reservation: &Reservation, used: Option<Amounts>) {
        block_on(self.outbox.finish_expiry(reservation.id, NOON + 4, used)).unwrap();
    }

    fn pending(&self) -> Vec<Pending> {
        block_on(self.outbox.pending(100)).unwrap()
    }

    fn row(&self, reservation: &Reservation) -> Option<Row> {
        block_on(self.outbox.ledger().row(reservation.id)).unwrap()
    }

    fn ending(&self, reservation: &Reservation) -> Option<Ending> {
        self.row(reservation).map(|row| row.ending)
    }

    /// Of all calls together, on the day: calls and tokens.
    fn spent(&self) -> (i64, i64) {
        let scopes = Scopes::Kind(ScopeKind::Global);
        let spent = block_on(self.outbox.ledger().spent(&scopes, DAY, NEXT_DAY, 10)).unwrap();
        spent.iter().fold((0, 0), |(calls, tokens), it| (calls + it.calls, tokens + it.tokens))
    }

    fn shares(&self, now: u64) -> Vec<(String, i64)> {
        let mut shares: Vec<_> = block_on(self.outbox.shares(now)).unwrap();
        shares.sort();
        shares.into_iter().map(|(counter, used)| (counter.to_string(), used)).collect()
    }
}

fn open(folder: &TempDir) -> Outbox {
    Outbox::open(&PathBuf::from(folder.path()).join("ledger.db"), Durability::Process).unwrap()
}

fn reservation(number: u8) -> Reservation {
    let lines = vec![line(Scope::Global, 0), by(Window::Hour, line(Scope::Global, 0)), in_dollars(line(org("a"), 0))];
    let counters = Lines::new(lines).unwrap().at(NOON);
    let (held, least) = (Amounts::new(100, 50), Amounts::new(10, 5));
    Reservation { id: id(number), at: NOON, counters, held, least }
}

fn committed(used: u64) -> Outcome {
    Outcome::Committed { used: Amounts::new(used, 2 * used), is_estimate: false }
}

const HERE: Counted = Counted::Here { is_late: false, replaced: None };

#[test]
fn a_ledger_is_named_as_it_is_read() {
    for id in [LedgerId([0; 16]), LedgerId([0xab; 16])] {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    for text in ["", "ab", &"g".repeat(32), &format!("+{}", "1".repeat(31)), &"0".repeat(33)] {
        assert_eq!(text.parse::<LedgerId>(), Err(InvalidLedgerId), "{text}");
    }
}

#[test]
fn a_settlement_is_pending_until_it_is_finished_and_then_it_is_in_the_ledger() {
    let site = Site::new();
    let reservation = reservation(1);
    assert_eq!(site.begin(&reservation, committed(30)), Begun::Ask(committed(30)));
    assert_eq!(site.ending(&reservation), None);
    // A process that ends knows it afterwards.
    let site = site.restart();
    let settlement = Settlement { reservation: reservation.clone(), outcome: committed(30) };
    assert_eq!(site.pending(), [Pending::Settlement(settlement)]);
    site.finish(&reservation, HERE);
    assert_eq!(site.pending(), []);
    let expected = Row {
        id: reservation.id,
        at: NOON,
        settled_at: NOON + 5,
        counters: reservation.counters.clone(),
        held: reservation.held,
        ending: Ending::Committed(Amounts::new(30, 60)),
        is_late: false,
        replaced: None,
    };
    assert_eq!(site.row(&reservation), Some(expected.clone()));
    assert_eq!(block_on(site.outbox.ledger().rows(0, 10)).unwrap(), [(1, expected)]);
    assert_eq!(site.spent(), (1, 30));
    // Finishing and beginning it again changes nothing.
    site.finish(&reservation, HERE);
    assert_eq!(site.begin(&reservation, Outcome::Released), Begun::Before(Ending::Committed(Amounts::new(30, 60))));
    assert_eq!((site.pending().len(), site.spent()), (0, (1, 30)));
}

#[test]
fn what_was_begun_first_is_asked_for() {
    let site = Site::new();
    let reservation = reservation(1);
    let estimated = Outcome::Committed { used: tokens(7), is_estimate: true };
    assert_eq!(site.begin(&reservation, estimated), Begun::Ask(estimated));
    assert_eq!(site.begin(&reservation, Outcome::Released), Begun::Ask(estimated));
    site.finish(&reservation, HERE);
    assert_eq!(site.ending(&reservation), Some(Ending::Estimated(tokens(7))));
    assert_eq!(site.spent(), (1, 7));
}

#[test]
fn what_another_ledger_has_is_not_in_this_one() {
    let site = Site::new();
    site.settle(&reservation(1), committed(30), Counted::Elsewhere);
    assert_eq!((site.pending().len(), site.ending(&reservation(1)), site.spent()), (0, None, (0, 0)));
    assert_eq!(site.shares(NOON), []);
}

#[test]
fn a_lease_that_the_store_has_ended_is_in_the_ledger_until_more_is_known() {
    let site = Site::new();
    let reservation = reservation(1);
    site.begin_expiry(&reservation);
    site.begin_expiry(&reservation);
    assert_eq!(site.pending(), [Pending::Expiry(reservation.clone())]);
    site.finish_expiry(&reservation, Some(tokens(10)));
    assert_eq!((site.ending(&reservation), site.spent()), (Some(Ending::Expired(tokens(10))), (1, 10)));
    site.settle(&reservation, committed(40), HERE);
    assert_eq!((site.ending(&reservation), site.spent()), (Some(Ending::Committed(Amounts::new(40, 80))), (1, 40)));
    site.begin_expiry(&reservation);
    assert_eq!(site.pending(), []);
}

#[test]
fn a_lease_that_the_store_has_not_ended_is_not_in_the_ledger() {
    let site = Site::new();
    site.begin_expiry(&reservation(1));
    site.finish_expiry(&reservation(1), None);
    assert_eq!((site.pending().len(), site.ending(&reservation(1)), site.spent()), (0, None, (0, 0)));
}

#[test]
fn a_release_after_the_lease_takes_the_call_out_of_the_sums() {
    let site = Site::new();
    site.begin_expiry(&reservation(1));
    site.finish_expiry(&reservation(1), Some(tokens(10)));
    site.settle(&reservation(1), Outcome::Released, HERE);
    assert_eq!((site.ending(&reservation(1)), site.spent()), (Some(Ending::Released), (0, 0)));
}

#[test]
fn an_expiry_that_is_finished_after_the_commit_that_replaced_it_is_not_counted() {
    let site = Site::new();
    let reservation = reservation(1);
    site.begin_expiry(&reservation);
    site.settle(&reservation, committed(40), HERE);
    site.finish_expiry(&reservation, Some(tokens(10)));
    assert_eq!((site.pending().len(), site.spent()), (0, (1, 40)));
    assert_eq!(site.shares(NOON)[0].1, 40);
}

#[test]
fn ledgers_of_two_companions_come_to_what_was_used_once() {
    let (expires, commits) = (Site::new(), Site::new());
    assert_ne!(expires.outbox.id(), commits.outbox.id());
    let reservation = reservation(1);
    let estimate = Amounts::new(10, 5);
    expires.begin_expiry(&reservation);
    expires.finish_expiry(&reservation, Some(estimate));
    commits.settle(&reservation, committed(40), Counted::Here { is_late: false, replaced: Some(estimate) });
    assert_eq!(commits.row(&reservation).unwrap().replaced, Some(estimate));
    assert_eq!((expires.spent(), commits.spent()), ((1, 10), (0, 30)));
    let both = std::iter::zip(expires.shares(NOON), commits.shares(NOON));
    let sums: Vec<_> = both.map(|((counter, one), (other, two))| (counter == other, one + two)).collect();
    assert_eq!(sums, [(true, 40), (true, 40), (true, 80)]);
}

#[test]
fn what_is_late_is_in_the_ledger_and_no_share_of_a_counter() {
    let site = Site::new();
    site.settle(&reservation(1), committed(30), Counted::Here { is_late: true, replaced: None });
    assert!(site.row(&reservation(1)).unwrap().is_late);
    assert_eq!((site.spent(), site.shares(NOON)), ((1, 30), vec![]));
}

#[test]
fn shares_are_what_was_added_to_the_counters_that_are_kept() {
    let site = Site::new();
    site.settle(&reservation(1), committed(30), HERE);
    site.settle(&reservation(2), committed(3), HERE);
    site.settle(&reservation(3), Outcome::Released, HERE);
    let day = |kind: &str, unit: &str| format!("day:{DAY}:{unit}:{kind}");
    let (global, dollars) = ((day("global", "tokens"), 33), (day("org:a", "microDollars"), 66));
    assert_eq!(site.shares(NOON), [(format!("hour:{NOON}:tokens:global"), 33), global.clone(), dollars.clone()]);
    let hour_is_gone = NOON + 49 * HOUR;
    assert_eq!(site.shares(hour_is_gone), [global, dollars]);
    assert_eq!(block_on(site.outbox.forget_shares(hour_is_gone, 10)).unwrap(), 1);
    assert_eq!(site.shares(NOON).len(), 2);
    assert_eq!(site.shares(NEXT_DAY + 48 * HOUR), []);
}

#[test]
fn an_adjustment_is_pending_until_it_is_finished_once() {
    let site = Site::new();
    let counter = format!("day:{DAY}:tokens:global");
    let adjustment = adjustment(1, &counter, Change::By(-7));
    block_on(site.outbox.begin_adjustment(&adjustment)).unwrap();
    block_on(site.outbox.begin_adjustment(&adjustment)).unwrap();
    let site = site.restart();
    assert_eq!(block_on(site.outbox.pending_adjustments(10)).unwrap(), std::slice::from_ref(&adjustment));
    let audit = Audit { adjustment: adjustment.clone(), at: NOON, before: 5, after: 0 };
    for _ in 0..2 {
        block_on(site.outbox.finish_adjustment(adjustment.id, Some(audit.clone()))).unwrap();
        block_on(site.outbox.begin_adjustment(&adjustment)).unwrap();
    }
    assert_eq!(block_on(site.outbox.pending_adjustments(10)).unwrap(), []);
    assert_eq!(block_on(site.outbox.ledger().audits(0, 10)).unwrap(), [(1, audit)]);
    assert_eq!(site.shares(NOON), [(counter, -5)], "as much as came of it");
}

#[test]
fn an_adjustment_that_came_to_nothing_is_no_longer_pending() {
    let site = Site::new();
    let reset = adjustment(1, "day:0:tokens:global", Change::Reset);
    block_on(site.outbox.begin_adjustment(&reset)).unwrap();
    assert_eq!(block_on(site.outbox.pending_adjustments(10)).unwrap(), std::slice::from_ref(&reset));
    block_on(site.outbox.finish_adjustment(reset.id, None)).unwrap();
    assert_eq!(block_on(site.outbox.pending_adjustments(10)).unwrap(), []);
    assert_eq!(block_on(site.outbox.ledger().audits(0, 10)).unwrap(), []);
}

#[test]
fn sums_are_by_the_day_in_which_calls_were_made_and_count_a_scope_once() {
    let site = Site::new();
    for (number, at, name) in [(1, NOON, "a"), (2, NOON, "b"), (3, NEXT_DAY, "a"), (4, NOON, "a")] {
        let lines = vec![line(org(name), 0), by(Window::Month, line(org(name), 0)), in_dollars(line(org(name), 0))];
        let counters = Lines::new(lines).unwrap().at(at);
        let reservation = Reservation { at, counters, ..reservation(number) };
        let outcome = if number == 4 { Outcome::Released } else { committed(10) };
        site.settle(&reservation, outcome, HERE);
    }
    let spent = |scopes: Scopes, from, to| {
        let spent = block_on(site.outbox.ledger().spent(&scopes, from, to, 10)).unwrap();
        spent
            .into_iter()
            .map(|it| (it.day.begins(), it.scope, it.calls, it.tokens, it.micro_dollars))
            .collect::<Vec<_>>()
    };
    let day = |day, name| (day, org(name), 1, 10, 20);
    assert_eq!(spent(Scopes::All, 0, u64::MAX), [day(DAY, "a"), day(DAY, "b"), day(NEXT_DAY, "a")]);
    assert_eq!(spent(Scopes::One(org("a")), 0, NEXT_DAY), [day(DAY, "a")]);
    assert_eq!(spent(Scopes::Kind(ScopeKind::User), 0, u64::MAX), []);
    assert_eq!(spent(Scopes::All, NEXT_DAY, u64::MAX), [day(NEXT_DAY, "a")]);
}

#[test]
fn what_is_old_is_forgotten_a_part_at_a_time() {
    let site = Site::new();
    (1..=5).for_each(|number| site.settle(&reservation(number), committed(10), HERE));
    let ledger = site.outbox.ledger();
    let forget = |before, most| block_on(ledger.forget(before, most)).unwrap();
    let counters_go = NEXT_DAY + 48 * HOUR;
    assert_eq!(forget(counters_go - 1, 10), 2, "the sums of both scopes");
    assert_eq!((block_on(ledger.rows(0, 10)).unwrap().len(), site.spent()), (5, (0, 0)));
    assert_eq!(forget(counters_go, 3), 3);
    assert_eq!(forget(counters_go, 3), 2);
    assert_eq!((block_on(ledger.rows(0, 10)).unwrap(), forget(u64::MAX, 10)), (vec![], 0));
}

#[test]
fn the_sum_of_a_day_of_which_a_part_is_kept_is_kept() {
    let site = Site::new();
    site.settle(&reservation(1), committed(10), HERE);
    assert_eq!(block_on(site.outbox.ledger().forget(NEXT_DAY - 1, 10)).unwrap(), 0);
    assert_eq!(site.spent(), (1, 10));
}
