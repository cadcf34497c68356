use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDate, NaiveTime};
use tollgate_budget::{Label, Period, Scope, ScopeKind, Scopes, Unit, Window};

use crate::api::problem::Problem;

use super::invalid;

/// The scopes of a kind, or one of them, or all.
pub(super) fn scopes(kind: Option<&str>, name: Option<&str>) -> Result<Scopes, Problem> {
    match (kind, name) {
        (None, None) => Ok(Scopes::All),
        (None, Some(_)) => Err(invalid("a `name` needs the `scope` that it is one of")),
        (Some(word), None) => Ok(Scopes::Kind(kind_of(word)?)),
        (Some(word), Some(_)) => scope(word, name).map(Scopes::One),
    }
}

/// One scope.
pub(super) fn scope(kind: &str, name: Option<&str>) -> Result<Scope, Problem> {
    let kind = kind_of(kind)?;
    let label = name.map(Label::new).transpose().map_err(|error| invalid(error.to_string()))?;
    Scope::new(kind, label).ok_or_else(|| match kind {
        ScopeKind::Global => invalid("scope `global` has no name"),
        _ => invalid(format!("scope `{kind}` needs a `name`")),
    })
}

pub(super) fn window(word: &str) -> Result<Window, Problem> {
    let unknown = || invalid(format!("`{word}` is no window: `hour`, `day` and `month` are"));
    Window::from_word(word).ok_or_else(unknown)
}

pub(super) fn unit(word: &str) -> Result<Unit, Problem> {
    Unit::from_word(word).ok_or_else(|| invalid(format!("`{word}` is no unit: `tokens` and `microDollars` are")))
}

/// The first second of a day, written as 2026-11-22, in UTC.
pub(super) fn day(text: &str) -> Result<u64, Problem> {
    let no_day = || invalid(format!("`{text}` is no day: it is written as 2026-11-22"));
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| no_day())?;
    u64::try_from(date.and_time(NaiveTime::MIN).and_utc().timestamp()).map_err(|_| no_day())
}

/// A day, or a time as RFC 3339 writes it.
pub(super) fn time(text: &str) -> Result<u64, Problem> {
    let no_time = || invalid(format!("`{text}` is no time: it is written as 2026-11-22, or as 2026-11-22T14:00:00Z"));
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => u64::try_from(time.timestamp()).map_err(|_| no_time()),
        Err(_) => day(text).map_err(|_| no_time()),
    }
}

/// The period that a time is in, if it has begun by now.
pub(super) fn begun(window: Window, at: u64, now: u64) -> Result<Period, Problem> {
    let period = Period::containing(window, at);
    match period.begins() > now {
        true => Err(invalid(format!("this {window} has not begun"))),
        false => Ok(period),
    }
}

/// A day as it is written.
pub(super) fn day_text(begins: u64) -> String {
    let date = i64::try_from(begins).ok().and_then(|begins| chrono::DateTime::from_timestamp(begins, 0));
    date.map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default()
}

/// In seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn kind_of(word: &str) -> Result<ScopeKind, Problem> {
    ScopeKind::from_word(word)
        .ok_or_else(|| invalid(format!("`{word}` is no scope: `global`, `org`, `user`, `provider` and `model` are")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written() {
        for text in ["1970-01-01", "2024-02-29", "2026-11-22"] {
            assert_eq!(day_text(day(text).unwrap()), text);
        }
        assert_eq!(day("1970-01-02").unwrap(), 86_400);
        for text in ["", "2026-13-01", "2025-02-29", "1969-12-31", "22.11.2026", "today"] {
            assert!(day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_read_whatever_its_zone_and_what_has_not_begun_is_refused() {
        let expected = day("2026-11-22").unwrap() + 14 * 3600;
        for text in ["2026-11-22T14:00:00Z", "2026-11-22T15:00:00+01:00", "2026-11-22T14:00:00.9z"] {
            assert_eq!(time(text).unwrap(), expected, "{text}");
        }
        assert_eq!(time("2026-11-22").unwrap(), day("2026-11-22").unwrap());
        for text in ["", "now", "2026-11-22T14:00:00", "1969-12-31T23:59:59Z", "14:00"] {
            assert!(time(text).is_err(), "{text}");
        }
        assert!(begun(Window::Hour, expected, expected).is_ok() && begun(Window::Month, expected, expected).is_ok());
        assert!(begun(Window::Hour, expected + 3600, expected + 3599).is_err());
        assert!(begun(Window::Day, u64::MAX, expected).is_err());
    }

    #[test]
    fn a_name_goes_with_a_kind_that_has_names() {
        assert_eq!(scopes(None, None).unwrap(), Scopes::All);
        assert_eq!(scopes(Some("org"), None).unwrap(), Scopes::Kind(ScopeKind::Org));
        assert!(matches!(scopes(Some("org"), Some("acme")).unwrap(), Scopes::One(Scope::Org(_))));
        for (kind, name) in
            [(None, Some("acme")), (Some("global"), Some("x")), (Some("team"), None), (Some("org"), Some(""))]
        {
            assert!(scopes(kind, name).is_err(), "{kind:?} {name:?}");
        }
        assert!(scope("org", None).is_err());
        assert_eq!(scope("global", None).unwrap(), Scope::Global);
    }
}
