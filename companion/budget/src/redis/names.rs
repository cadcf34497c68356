//! Counters as scripts name them: the digit of the scope's kind, its name, a tab, the digits of the unit and the window, and
//! twelve digits of the period's first second. No name has a tab: sorted by bytes, they are in the order of [`Counter`].

use crate::amounts::Unit;
use crate::candidate::Line;
use crate::counter::Counter;
use crate::label::Label;
use crate::look::Scopes;
use crate::period::{Period, Window};
use crate::scope::{Scope, ScopeKind};

/// Of a line, without the time.
pub(super) fn of_line(line: &Line) -> String {
    let (unit, window) = (place(&Unit::ALL, line.unit), place(&Window::ALL, line.window));
    format!("{}\t{unit}{window}", of_scope(&line.scope))
}

/// Of a counter.
pub(super) fn of_counter(counter: &Counter) -> String {
    let mut name = of_scope(&counter.scope);
    name.push('\t');
    name.push_str(&of_unit(counter.unit));
    name.push_str(&of_period(counter.period));
    name
}

/// The end of the names of a period's counters.
pub(super) fn of_period(period: Period) -> String {
    format!("{}{:012}", place(&Window::ALL, period.window()), period.begins())
}

/// The counter that has such a name.
pub(super) fn parse(name: &str) -> Option<Counter> {
    let (scope, rest) = name.rsplit_once('\t')?;
    let (unit, period) = (place_of(rest.get(..1)?)?, parse_period(rest.get(1..)?)?);
    let kind = *ScopeKind::ALL.get(place_of(scope.get(..1)?)?)?;
    let label = scope.get(1..).filter(|label| !label.is_empty());
    let scope = Scope::new(kind, label.map(Label::new).transpose().ok()?)?;
    Some(Counter { scope, unit: *Unit::ALL.get(unit)?, period })
}

/// The period whose counters' names end so.
pub(super) fn parse_period(text: &str) -> Option<Period> {
    let window = place_of(text.get(..1)?)?;
    Period::beginning(*Window::ALL.get(window)?, text.get(1..)?.parse().ok()?).ok()
}

/// With what the names of a scope's counters begin; with nothing, if all are looked at.
pub(super) fn prefix(scopes: &Scopes) -> String {
    match scopes {
        Scopes::All => String::new(),
        Scopes::Kind(kind) => place(&ScopeKind::ALL, *kind).to_string(),
        Scopes::One(scope) => format!("{}\t", of_scope(scope)),
    }
}

pub(super) fn of_unit(unit: Unit) -> String {
    place(&Unit::ALL, unit).to_string()
}

fn of_scope(scope: &Scope) -> String {
    format!("{}{}", place(&ScopeKind::ALL, scope.kind()), scope.name().map_or("", Label::as_str))
}

fn place<T: PartialEq>(all: &[T], one: T) -> usize {
    all.iter().position(|other| *other == one).unwrap_or(all.len())
}

fn place_of(digit: &str) -> Option<usize> {
    digit.parse().ok()
}
