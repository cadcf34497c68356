use chrono::{DateTime, Datelike as _, FixedOffset, Offset as _, SecondsFormat, TimeZone as _, Timelike as _, Utc};
use proptest::prelude::*;

use super::{Civil, Duration, Offset, Timestamp, Zone};

const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

fn at(seconds: i64, nanos: u32) -> Timestamp {
    Timestamp::new(seconds, nanos).unwrap()
}

#[test]
fn timestamps_are_read_as_rfc_3339_strictly() {
    for (text, seconds, nanos) in [
        ("1970-01-01T00:00:00Z", 0, 0),
        ("2009-02-13T23:31:30Z", 1_234_567_890, 0),
        ("2009-02-13T23:31:30.5Z", 1_234_567_890, 500_000_000),
        ("2009-02-13T23:31:30.000000001Z", 1_234_567_890, 1),
        ("2009-02-13T23:31:30.1234567899Z", 1_234_567_890, 123_456_789),
        ("2009-02-14T01:01:30+01:30", 1_234_567_890, 0),
        ("2009-02-13T14:01:30-09:30", 1_234_567_890, 0),
        ("2009-02-13T23:31:30-00:00", 1_234_567_890, 0),
        ("0001-01-01T00:00:00Z", FIRST, 0),
        ("9999-12-31T23:59:59.999999999Z", LAST, 999_999_999),
        ("2024-02-29T00:00:00Z", 1_709_164_800, 0),
        ("2000-02-29T00:00:00Z", 951_782_400, 0),
    ] {
        assert_eq!(Timestamp::parse(text), Some(at(seconds, nanos)), "{text}");
    }
    for text in [
        "",
        "2009-02-13",
        "2009-02-13T23:31:30",
        "2009-02-13 23:31:30Z",
        "2009-02-13t23:31:30Z",
        "2009-02-13T23:31:30z",
        "2009-02-13T23:31Z",
        "2009-2-13T23:31:30Z",
        "02009-02-13T23:31:30Z",
        "+009-02-13T23:31:30Z",
        "2009-02-13T23:31:30.Z",
        "2009-02-13T23:31:30,5Z",
        "2009-02-13T23:31:30.5",
        "2009-02-13T23:31:30.5 Z",
        "2009-02-13T23:31:30+0100",
        "2009-02-13T23:31:30+01",
        "2009-02-13T23:31:30+24:00",
        "2009-02-13T23:31:30+01:60",
        "2009-02-13T23:31:30UTC",
        "2009-02-13T23:31:30ZZ",
        "2009-00-13T23:31:30Z",
        "2009-13-13T23:31:30Z",
        "2009-02-00T23:31:30Z",
        "2009-02-29T23:31:30Z",
        "1900-02-29T23:31:30Z",
        "2009-04-31T23:31:30Z",
        "2009-02-13T24:00:00Z",
        "2009-02-13T23:60:00Z",
        "2016-12-31T23:59:60Z",
        "0000-12-31T23:59:59Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2009-02-13T23:31:é0Z",
        "é009-02-13T23:31:30Z",
        "2009-02-13T2é:31:30Z",
    ] {
        assert_eq!(Timestamp::parse(text), None, "{text}");
    }
}

#[test]
fn durations_are_read_as_go_writes_them() {
    for (text, nanos) in [
        ("0", 0),
        ("-0", 0),
        ("0s", 0),
        ("1h30m", 5_400_000_000_000),
        ("1h2m3s4ms5us6ns", 3_723_004_005_006),
        ("-1.5h", -5_400_000_000_000),
        ("+1.5s", 1_500_000_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("1µs", 1000),
        ("1μs", 1000),
        ("0.3333333333333333333333h", 1_199_999_999_999),
        ("0.9ns", 0),
        ("1s1s", 2_000_000_000),
        ("1000000s", 1_000_000_000_000_000),
        ("9223372036854775807ns", i64::MAX),
        ("-9223372036854775808ns", i64::MIN),
        ("2562047h47m16.854775807s", i64::MAX),
        ("-2562047h47m16.854775808s", i64::MIN),
    ] {
        assert_eq!(Duration::parse(text), Some(Duration::from_nanos(nanos)), "{text}");
    }
    for text in [
        "",
        "-",
        "+",
        "s",
        "1",
        "-1",
        ".s",
        "1.5",
        "1h2",
        "1d",
        "1 s",
        "s1",
        "--1s",
        "1s-1s",
        "1H",
        "1e3s",
        "0x1s",
        "9223372036854775808ns",
        "-9223372036854775809ns",
        "320000000000s",
        "2562048h",
        "99999999999999999999h",
        "1h.m",
        "１s",
    ] {
        assert_eq!(Duration::parse(text), None, "{text}");
    }
}

#[test]
fn durations_are_shown_in_seconds() {
    for (nanos, text) in [
        (0, "0s"),
        (1, "0.000000001s"),
        (-250_000_000, "-0.25s"),
        (5_400_000_000_000, "5400s"),
        (1_000_000_000_000_000, "1000000s"),
        (i64::MAX, "9223372036.854775807s"),
        (i64::MIN, "-9223372036.854775808s"),
    ] {
        assert_eq!(Duration::from_nanos(nanos).to_string(), text);
    }
}

#[test]
fn every_day_of_ten_thousand_years_is_chrono_s() {
    for days in FIRST / 86_400..=LAST / 86_400 {
        let ours = Civil::new(at(days * 86_400, 0), Offset::UTC);
        let theirs = DateTime::<Utc>::from_timestamp(days * 86_400, 0).unwrap();
        assert_eq!(ours.year, i64::from(theirs.year()), "{theirs}");
        assert_eq!(ours.month, i64::from(theirs.month()), "{theirs}");
        assert_eq!(ours.day, i64::from(theirs.day()), "{theirs}");
        assert_eq!(ours.day_of_week(), i64::from(theirs.weekday().num_days_from_sunday()), "{theirs}");
        assert_eq!(ours.day_of_year(), i64::from(theirs.ordinal0()), "{theirs}");
    }
}

#[test]
fn named_zones_are_chrono_s_around_every_change() {
    for name in ["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "UTC"]
    {
        let table = Zone::named(name).unwrap();
        let zone = Zone::from_bytes(&table).unwrap();
        let theirs: chrono_tz::Tz = name.parse().unwrap();
        for hour in -600_000..1_139_568 {
            let time = DateTime::<Utc>::from_timestamp(hour * 3600 + hour % 2, 0).unwrap();
            let theirs = theirs.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc();
            assert_eq!(zone.offset_at(at(time.timestamp(), 0)).seconds(), i64::from(theirs), "{name} at {time}");
        }
        assert!(table.len() < 8192, "{name}: {} bytes", table.len());
    }
    assert!(Zone::named("Europe/Pari").is_none());
}

#[test]
fn broken_tables_are_no_zones() {
    let table = Zone::named("UTC").unwrap();
    assert!(Zone::from_bytes(&table).is_some());
    for len in 0..table.len() {
        assert!(Zone::from_bytes(&table[..len]).is_none(), "{len} bytes");
    }
}

fn timestamps() -> impl Strategy<Value = Timestamp> {
    (FIRST..=LAST, prop_oneof![Just(0), Just(500_000_000), 0_u32..1_000_000_000])
        .prop_map(|(seconds, nanos)| at(seconds, nanos))
}

proptest! {
    #[test]
    fn timestamps_are_chrono_s_in_every_zone(time in timestamps(), minutes in -1439_i32..=1439) {
        let offset = FixedOffset::east_opt(minutes * 60).unwrap();
        let theirs = DateTime::<Utc>::from_timestamp(time.seconds(), time.nanos()).unwrap();
        prop_assert_eq!(time.to_string().parse::<DateTime<Utc>>().unwrap(), theirs);
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        let theirs = theirs.with_timezone(&offset);
        if (1..=9999).contains(&theirs.year()) {
            let text = theirs.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            prop_assert_eq!(Timestamp::parse(&text), Some(time), "{}", text);
        }
        let sign = if minutes < 0 { '-' } else { '+' };
        let zone = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        let ours = Civil::new(time, Offset::parse(&zone).unwrap());
        prop_assert_eq!((ours.year, ours.month, ours.day), (theirs.year().into(), theirs.month().into(), theirs.day().into()));
        prop_assert_eq!(ours.second_of_day, i64::from(theirs.num_seconds_from_midnight()));
    }

    #[test]
    fn timestamps_and_durations_add_up_as_chrono_s(a in timestamps(), b in timestamps(), nanos in any::<i64>()) {
        let chrono = |time: Timestamp| DateTime::<Utc>::from_timestamp(time.seconds(), time.nanos()).unwrap();
        let span = Duration::from_nanos(nanos);
        let in_range = |time: DateTime<Utc>| Timestamp::new(time.timestamp(), time.timestamp_subsec_nanos());
        let theirs = chrono::TimeDelta::nanoseconds(nanos);
        prop_assert_eq!(a.after(span), chrono(a).checked_add_signed(theirs).and_then(in_range));
        prop_assert_eq!(a.before(span), chrono(a).checked_sub_signed(theirs).and_then(in_range));
        prop_assert_eq!(a.since(b).map(Duration::nanos), (chrono(a) - chrono(b)).num_nanoseconds());
    }

    #[test]
    fn durations_survive_their_text(nanos in any::<i64>()) {
        let span = Duration::from_nanos(nanos);
        prop_assert_eq!(Duration::parse(&span.to_string()), Some(span));
    }

    #[test]
    fn no_text_panics(text in "[-+0-9.:TZhmsnuµé]{0,32}") {
        let _ = (Timestamp::parse(&text), Duration::parse(&text), Offset::parse(&text));
    }
}
