//! Calls for tests, in few words.

use std::time::Duration;

use crate::*;

/// 2024-02-29T12:00:00Z
pub(crate) const NOON: u64 = 1_709_208_000;
/// The midnights before and after it.
pub(crate) const DAY: u64 = 1_709_164_800;
pub(crate) const NEXT_DAY: u64 = 1_709_251_200;
pub(crate) const HOUR: u64 = 3600;

pub(crate) fn id(number: u8) -> ReservationId {
    let mut id = [0xa5; 16];
    id[15] = number;
    ReservationId(id)
}

pub(crate) fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

pub(crate) fn tokens(tokens: u64) -> Amounts {
    Amounts::new(tokens, 0)
}

pub(crate) fn org(name: &str) -> Scope {
    Scope::Org(label(name))
}

pub(crate) fn user(name: &str) -> Scope {
    Scope::User(label(name))
}

pub(crate) fn model(name: &str) -> Scope {
    Scope::Model(label(name))
}

/// Tokens by the day.
pub(crate) fn line(scope: Scope, limit: u64) -> Line {
    Line { scope, window: Window::Day, unit: Unit::Tokens, limit: Some(limit), spare: 0 }
}

pub(crate) fn by(window: Window, line: Line) -> Line {
    Line { window, ..line }
}

pub(crate) fn in_dollars(line: Line) -> Line {
    Line { unit: Unit::MicroDollars, ..line }
}

pub(crate) fn sparing(spare: u64, line: Line) -> Line {
    Line { spare, ..line }
}

pub(crate) fn counted(line: Line) -> Line {
    Line { limit: None, ..line }
}

/// Its prompt is a tenth of it.
pub(crate) fn way(amounts: Amounts, lines: impl Into<Vec<Line>>) -> Candidate {
    let least = Amounts::new(amounts.tokens() / 10, amounts.micro_dollars() / 10);
    Candidate { lines: Lines::new(lines.into()).unwrap(), amounts, least }
}

/// A strict call that can be served in several ways, with a lease of a minute.
pub(crate) fn ways(number: u8, ways: impl Into<Vec<Candidate>>) -> Reserve {
    let candidates = Candidates::new(ways.into()).unwrap();
    Reserve { id: id(number), candidates, lease: seconds(60), is_strict: true }
}

/// A strict call that can be served in one way, with a lease of a minute.
pub(crate) fn call(number: u8, amounts: Amounts, lines: impl Into<Vec<Line>>) -> Reserve {
    ways(number, [way(amounts, lines)])
}

pub(crate) fn advisory(reserve: Reserve) -> Reserve {
    Reserve { is_strict: false, ..reserve }
}

pub(crate) fn seconds(seconds: u64) -> Lease {
    Lease::new(Duration::from_secs(seconds))
}

pub(crate) fn adjustment(number: u8, counter: &str, change: Change) -> Adjustment {
    let counter = counter.parse().unwrap();
    Adjustment { id: AdjustmentId(id(number).0), counter, change, who: label("root"), why: label("a test") }
}

pub(crate) fn measure(counter: &str) -> Measure {
    Measure::of(&counter.parse().unwrap())
}

/// Of a number that no adjustment has.
pub(crate) fn overriding(number: u8, measure: Measure, overriding: Overriding) -> OverrideChange {
    let id = AdjustmentId(id(128 + number).0);
    OverrideChange { id, measure, overriding, who: label("root"), why: label("a test") }
}

/// Until the end of the period.
pub(crate) fn set(number: u8, measure: Measure, limit: Option<u64>) -> OverrideChange {
    overriding(number, measure, Overriding::Set { limit, until: None })
}

pub(crate) fn unset(number: u8, measure: Measure) -> OverrideChange {
    overriding(number, measure, Overriding::Unset)
}
