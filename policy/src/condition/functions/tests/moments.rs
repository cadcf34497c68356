use super::{assert_outcomes, outcome};

#[test]
fn timestamps_have_parts_in_a_time_zone() {
    const AT: &str = "timestamp('2009-02-13T23:31:30.123456789Z')";
    for (call, expected) in [
        ("getFullYear()", "2009"),
        ("getMonth()", "1"),
        ("getDate()", "13"),
        ("getDayOfMonth()", "12"),
        ("getDayOfWeek()", "5"),
        ("getDayOfYear()", "43"),
        ("getHours()", "23"),
        ("getMinutes()", "31"),
        ("getSeconds()", "30"),
        ("getMilliseconds()", "123"),
        ("getDate('')", "13"),
        ("getDate('UTC')", "13"),
        ("getDate('+11:00')", "14"),
        ("getDayOfWeek('+11:00')", "6"),
        ("getHours('02:00')", "1"),
        ("getHours('-09:30')", "14"),
        ("getMinutes('-09:30')", "1"),
        ("getSeconds('-00:00')", "30"),
        ("getMilliseconds('+01:00')", "123"),
        ("getHours(1)", "error"),
    ] {
        assert_outcomes(&[(&format!("{AT}.{call}"), expected)]);
    }
}

#[test]
fn time_zones_have_names() {
    const AT: &str = "timestamp('2009-02-13T23:31:30Z')";
    for (call, expected) in [
        ("getDate('Australia/Sydney')", "14"),
        ("getDayOfMonth('US/Central')", "12"),
        ("getHours('Europe/Paris')", "0"),
        ("getMinutes('Asia/Kathmandu')", "16"),
        ("getHours('Etc/GMT+5')", "18"),
    ] {
        assert_outcomes(&[(&format!("{AT}.{call}"), expected)]);
    }
    assert_outcomes(&[
        ("timestamp('2009-03-29T00:59:59Z').getHours('Europe/Paris')", "1"),
        ("timestamp('2009-03-29T01:00:00Z').getHours('Europe/Paris')", "3"),
        ("timestamp('2009-10-25T01:00:00Z').getHours('Europe/Paris')", "2"),
        ("timestamp(0).getHours(b'\\000time zone\\000')", "error"),
        ("timestamp(0).getHours(b'UTC')", "error"),
    ]);
    let refused = outcome("timestamp(0).getHours('Europe/Pari')");
    assert!(refused.contains("there is no time zone `Europe/Pari`"), "{refused}");
}

#[test]
fn time_zones_that_are_no_offset_are_errors_when_they_are_computed() {
    for zone in ["Europe/Paris", "utc", "Z", "+2:00", "+02:60", "+24:00", "+0200", "++02:00", "+02:00 "] {
        let call = format!("timestamp(0).getHours(['{zone}'].filter(z, true)[0])");
        assert_outcomes(&[(&call, "error")]);
    }
}

#[test]
fn the_ends_of_time_have_parts_everywhere() {
    assert_outcomes(&[
        ("timestamp('0001-01-01T00:00:00Z').getFullYear('-23:59')", "0"),
        ("timestamp('0001-01-01T00:00:00Z').getDayOfYear('-23:59')", "365"),
        ("timestamp('0001-01-01T00:00:00Z').getDayOfWeek()", "1"),
        ("timestamp('9999-12-31T23:59:59Z').getFullYear('+23:59')", "10000"),
        ("timestamp('1969-12-31T23:59:59.999Z').getMilliseconds()", "999"),
    ]);
}

#[test]
fn durations_have_totals_and_the_milliseconds_left() {
    assert_outcomes(&[
        ("duration('10000s').getHours()", "2"),
        ("duration('3730s').getMinutes()", "62"),
        ("duration('3730.9s').getSeconds()", "3730"),
        ("duration('123.321456789s').getMilliseconds()", "321"),
        ("duration('-1.5s').getSeconds()", "-1"),
        ("duration('-1.5s').getMilliseconds()", "-500"),
        ("duration('1s').getFullYear()", "error"),
        ("duration('1s').getHours('UTC')", "error"),
        ("'1s'.getHours()", "error"),
    ]);
}

#[test]
fn times_are_calculated_with_up_to_their_ends() {
    assert_outcomes(&[
        ("timestamp(60) - duration('1m')", "timestamp('1970-01-01T00:00:00Z')"),
        ("duration('1ns') + timestamp(0)", "timestamp('1970-01-01T00:00:00.000000001Z')"),
        ("timestamp(0) - duration('1ns')", "timestamp('1969-12-31T23:59:59.999999999Z')"),
        ("timestamp(5) - timestamp(8)", "duration('-3s')"),
        ("duration('1h') - duration('90m')", "duration('-1800s')"),
        ("timestamp('9999-12-31T23:59:59.999999999Z') + duration('1ns')", "error"),
        ("timestamp('0001-01-01T00:00:00Z') - duration('1ns')", "error"),
        ("timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')", "error"),
        ("duration('2562047h') + duration('2562047h')", "error"),
        ("duration('-2562047h') - duration('2562047h')", "error"),
        ("timestamp(0) + timestamp(0)", "error"),
        ("duration('1s') - timestamp(0)", "error"),
        ("duration('1s') * duration('1s')", "error"),
        ("timestamp(0) * timestamp(0)", "error"),
        ("b'a' + b'\\377' == b'a\\377'", "true"),
        ("b'a' + 'a'", "error"),
    ]);
}
