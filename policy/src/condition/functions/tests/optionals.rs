use super::assert_outcomes;

#[test]
fn optionals_hold_a_value_or_none() {
    assert_outcomes(&[
        ("optional.of(1)", "optional.of(1)"),
        ("optional.of(null).hasValue()", "true"),
        ("optional.none().hasValue()", "false"),
        ("optional.of('a').value()", "'a'"),
        ("optional.none().value()", "error"),
        ("'a'.value()", "error"),
        ("1.hasValue()", "error"),
        ("optional.unwrap([optional.of(1), optional.none(), optional.of('a')])", "[1, 'a']"),
        ("[optional.none()].unwrapOpt()", "[]"),
        ("[optional.of(1), 1].unwrapOpt()", "error"),
    ]);
}

#[test]
fn zero_values_are_no_values() {
    for zero in ["null", "false", "0", "0u", "0.0", "-0.0", "''", "b''", "[]", "{}", "duration('0')", "timestamp(0)"] {
        assert_outcomes(&[(&format!("optional.ofNonZeroValue({zero})"), "optional.none()")]);
    }
    for other in ["true", "1", "0.1", "' '", "[0]", "{'': 0}", "int", "optional.none()", "ip('::')", "duration('1ns')"]
    {
        assert_outcomes(&[(&format!("optional.ofNonZeroValue({other}).hasValue()"), "true")]);
    }
}
