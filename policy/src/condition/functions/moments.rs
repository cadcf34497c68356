//! Parts of timestamps, in a time zone, and of durations.

use crate::condition::fault::FaultKind;
use crate::condition::value::Value;
use crate::condition::workspace::Workspace;
use crate::time::{Civil, Duration, Offset, Timestamp, Zone};

use super::Signature;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

pub(super) const TABLE: &[Signature<Moment>] = &[
    Signature::method("getFullYear", (1, 2), Moment::FullYear),
    Signature::method("getMonth", (1, 2), Moment::Month),
    Signature::method("getDate", (1, 2), Moment::Date),
    Signature::method("getDayOfMonth", (1, 2), Moment::DayOfMonth),
    Signature::method("getDayOfWeek", (1, 2), Moment::DayOfWeek),
    Signature::method("getDayOfYear", (1, 2), Moment::DayOfYear),
    Signature::method("getHours", (1, 2), Moment::Hours),
    Signature::method("getMinutes", (1, 2), Moment::Minutes),
    Signature::method("getSeconds", (1, 2), Moment::Seconds),
    Signature::method("getMilliseconds", (1, 2), Moment::Milliseconds),
];

pub(super) fn call<'a>(
    moment: Moment,
    arguments: &[Value<'a>],
    _workspace: &mut Workspace<'a, '_>,
) -> Result<Value<'a>, FaultKind> {
    match *arguments {
        [Value::Timestamp(time)] => Ok(Value::Int(of_time(moment, time, Offset::UTC))),
        [Value::Timestamp(time), zone] => Ok(Value::Int(of_time(moment, time, offset(time, zone)?))),
        [Value::Duration(span)] => of_span(moment, span).map(Value::Int).ok_or(FaultKind::Types),
        _ => Err(FaultKind::Types),
    }
}

/// Of a time zone at an instant. Zones that policies name are tables by now.
fn offset(time: Timestamp, zone: Value<'_>) -> Result<Offset, FaultKind> {
    match zone {
        Value::Str(text) => Offset::parse(text).ok_or(FaultKind::Invalid(
            "has a time zone that is neither `UTC`, an offset such as `+02:00` nor a name written out as a literal",
        )),
        Value::Bytes(table) => Zone::from_bytes(table).map(|zone| zone.offset_at(time)).ok_or(FaultKind::Types),
        _ => Err(FaultKind::Types),
    }
}

fn of_time(moment: Moment, time: Timestamp, zone: Offset) -> i64 {
    let local = Civil::new(time, zone);
    match moment {
        Moment::FullYear => local.year,
        Moment::Month => local.month - 1,
        Moment::Date => local.day,
        Moment::DayOfMonth => local.day - 1,
        Moment::DayOfWeek => local.day_of_week(),
        Moment::DayOfYear => local.day_of_year(),
        Moment::Hours => local.second_of_day / 3600,
        Moment::Minutes => local.second_of_day / 60 % 60,
        Moment::Seconds => local.second_of_day % 60,
        Moment::Milliseconds => i64::from(time.nanos() / 1_000_000),
    }
}

/// Hours, minutes and seconds are of the whole span, milliseconds are those into its last second.
fn of_span(moment: Moment, span: Duration) -> Option<i64> {
    let seconds = span.nanos() / 1_000_000_000;
    match moment {
        Moment::Hours => Some(seconds / 3600),
        Moment::Minutes => Some(seconds / 60),
        Moment::Seconds => Some(seconds),
        Moment::Milliseconds => Some(span.nanos() / 1_000_000 % 1000),
        _ => None,
    }
}
