use super::assert_outcomes;

#[test]
fn booleans_come_from_what_go_reads_as_one() {
    assert_outcomes(&[
        ("bool('t')", "true"),
        ("bool('True')", "true"),
        ("bool('FALSE')", "false"),
        ("bool('0')", "false"),
        ("bool(true)", "true"),
        ("bool('tRUE')", "error"),
        ("bool('')", "error"),
        ("bool(1)", "error"),
    ]);
}

#[test]
fn integers_truncate_doubles_and_refuse_what_does_not_fit() {
    assert_outcomes(&[
        ("int(42u)", "42"),
        ("int(9223372036854775807u)", "9223372036854775807"),
        ("int(9223372036854775808u)", "error"),
        ("int(-7.9)", "-7"),
        ("int(9223372036854774784.0)", "9223372036854774784"),
        ("int(9223372036854775807.0)", "error"),
        ("int(-9223372036854775808.0)", "error"),
        ("int(-9223372036854774784.0)", "-9223372036854774784"),
        ("int(0.0 / 0.0)", "error"),
        ("int(1.0 / 0.0)", "error"),
        ("int('-9223372036854775808')", "-9223372036854775808"),
        ("int('+5')", "5"),
        ("int('5 ')", "error"),
        ("int('0x5')", "error"),
        ("int('1_000')", "error"),
        ("int('')", "error"),
        ("int(timestamp('1970-01-01T00:00:01.9Z'))", "1"),
        ("int(timestamp('1969-12-31T23:59:59.5Z'))", "-1"),
        ("int(true)", "error"),
        ("int(duration('1s'))", "error"),
        ("uint(7)", "7u"),
        ("uint(-1)", "error"),
        ("uint(3.99)", "3u"),
        ("uint(-0.5)", "error"),
        ("uint(18446744073709549568.0)", "18446744073709549568u"),
        ("uint(18446744073709551615.0)", "error"),
        ("uint('18446744073709551615')", "18446744073709551615u"),
        ("uint('18446744073709551616')", "error"),
        ("uint('+5')", "error"),
        ("uint('-0')", "error"),
    ]);
}

#[test]
fn doubles_come_from_numbers_and_their_text() {
    assert_outcomes(&[
        ("double(3)", "3.0"),
        ("double(18446744073709551615u)", "1.8446744073709552e19"),
        ("double('-5.43e-21')", "-5.43e-21"),
        ("double('.5')", "0.5"),
        ("double('1.')", "1.0"),
        ("double('Infinity')", "inf"),
        ("double('-inf')", "-inf"),
        ("double('NaN')", "NaN"),
        ("double('1e400')", "error"),
        ("double('')", "error"),
        ("double(' 1')", "error"),
        ("double(true)", "error"),
    ]);
}

#[test]
fn strings_show_numbers_as_go_does() {
    assert_outcomes(&[
        ("string(-456)", "'-456'"),
        ("string(9876u)", "'9876'"),
        ("string(123.456)", "'123.456'"),
        ("string(-4.5e-3)", "'-0.0045'"),
        ("string(0.0001)", "'0.0001'"),
        ("string(0.00001234)", "'1.234e-05'"),
        ("string(123456.0)", "'123456'"),
        ("string(1234567.0)", "'1.234567e+06'"),
        ("string(999999.5)", "'999999.5'"),
        ("string(1e100)", "'1e+100'"),
        ("string(-0.0)", "'-0'"),
        ("string(3.0)", "'3'"),
        ("string(1.0 / 0.0)", "'+Inf'"),
        ("string(-1.0 / 0.0)", "'-Inf'"),
        ("string(0.0 / 0.0)", "'NaN'"),
    ]);
}

#[test]
fn strings_come_from_everything_that_is_written_as_one() {
    assert_outcomes(&[
        ("string('a')", "'a'"),
        ("string(true)", "'true'"),
        ("string(b'\\303\\277')", "'ÿ'"),
        ("string(b'\\377')", "error"),
        ("string(timestamp('2009-02-13T23:31:30.50+01:00'))", "'2009-02-13T22:31:30.5Z'"),
        ("string(duration('1h0.25s'))", "'3600.25s'"),
        ("string(duration('-1ns'))", "'-0.000000001s'"),
        ("string(ip('2001:DB8:0::68'))", "'2001:db8::68'"),
        ("string(cidr('192.168.0.1/24'))", "'192.168.0.1/24'"),
        ("string(null)", "error"),
        ("string([1])", "error"),
        ("string(int)", "error"),
        ("bytes('ÿ') == b'\\303\\277'", "true"),
        ("bytes(b'a') == b'a'", "true"),
        ("bytes(1)", "error"),
    ]);
}

#[test]
fn times_come_from_text_and_timestamps_from_seconds() {
    assert_outcomes(&[
        ("timestamp(0)", "timestamp('1970-01-01T00:00:00Z')"),
        ("timestamp(-62135596800)", "timestamp('0001-01-01T00:00:00Z')"),
        ("timestamp(-62135596801)", "error"),
        ("timestamp(253402300800)", "error"),
        ("timestamp('0001-01-01T00:00:00+00:01')", "error"),
        ("timestamp(timestamp(5)) == timestamp(5)", "true"),
        ("timestamp(1.0)", "error"),
        ("duration('1h30m') == duration('5400s')", "true"),
        ("duration(duration('1s')) == duration('1s')", "true"),
        ("duration(1)", "error"),
        ("duration('1')", "error"),
    ]);
}

#[test]
fn every_value_has_a_type_and_is_dynamic() {
    assert_outcomes(&[
        ("type(null)", "null_type"),
        ("type(1u)", "uint"),
        ("type(timestamp(0)) == google.protobuf.Timestamp", "true"),
        ("type(type(1))", "type"),
        ("type(ip('::1')) == net.IP", "true"),
        ("type(optional.none()) == optional_type", "true"),
        ("dyn(1u)", "1u"),
    ]);
}
