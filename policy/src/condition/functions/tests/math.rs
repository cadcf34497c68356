use super::assert_outcomes;

#[test]
fn the_first_of_the_greatest_and_least_numbers_is_kept() {
    assert_outcomes(&[
        ("math.greatest(-5)", "-5"),
        ("math.greatest(1, 1.0, 1u)", "1"),
        ("math.greatest(1.0, 1)", "1.0"),
        ("math.greatest([5.4, 10u, 3, -5.0])", "10u"),
        ("math.greatest(1, 18446744073709551615u, 2.0)", "18446744073709551615u"),
        ("math.least(5.4, 10, 3u, -5.0, -5)", "-5.0"),
        ("math.least([1u])", "1u"),
        ("math.least(-9223372036854775808, -1e300)", "-1e300"),
        ("math.greatest([])", "error"),
        ("math.greatest(['a'])", "error"),
        ("math.greatest('a')", "error"),
        ("math.least(1, 'a')", "error"),
        ("math.least(1.0, 0.0 / 0.0)", "error"),
        ("math.least(0.0 / 0.0)", "NaN"),
    ]);
}

#[test]
fn rounding_is_of_doubles_alone() {
    assert_outcomes(&[
        ("math.ceil(-1.2)", "-1.0"),
        ("math.floor(-1.2)", "-2.0"),
        ("math.round(2.5)", "3.0"),
        ("math.round(-2.5)", "-3.0"),
        ("math.round(0.49999999999999994)", "0.0"),
        ("math.trunc(-1.9)", "-1.0"),
        ("math.ceil(1)", "error"),
        ("math.round(1u)", "error"),
        ("math.trunc('1')", "error"),
        ("math.isNaN(0.0 / 0.0)", "true"),
        ("math.isInf(-1.0 / 0.0)", "true"),
        ("math.isFinite(0.0 / 0.0)", "false"),
        ("math.isFinite(1.5)", "true"),
        ("math.isNaN(1)", "error"),
    ]);
}

#[test]
fn signs_and_sizes_keep_the_type() {
    assert_outcomes(&[
        ("math.abs(-11)", "11"),
        ("math.abs(-9223372036854775808)", "error"),
        ("math.abs(7u)", "7u"),
        ("math.abs(-1.5)", "1.5"),
        ("math.abs('a')", "error"),
        ("math.sign(-42)", "-1"),
        ("math.sign(42u)", "1u"),
        ("math.sign(0u)", "0u"),
        ("math.sign(-0.0)", "0.0"),
        ("math.sign(-0.3)", "-1.0"),
        ("math.sign(0.0 / 0.0)", "NaN"),
        ("math.sign(true)", "error"),
        ("math.sqrt(81)", "9.0"),
        ("math.sqrt(81u)", "9.0"),
        ("math.sqrt(2.25)", "1.5"),
        ("math.sqrt(-1.0)", "NaN"),
        ("math.sqrt('4')", "error"),
    ]);
}

#[test]
fn bits_are_of_integers_of_one_type() {
    assert_outcomes(&[
        ("math.bitAnd(12, -8)", "8"),
        ("math.bitAnd(3u, 5u)", "1u"),
        ("math.bitAnd(3u, 5)", "error"),
        ("math.bitOr(4, -2)", "-2"),
        ("math.bitXor(1u, 3u)", "2u"),
        ("math.bitXor(1.0, 1)", "error"),
        ("math.bitNot(1)", "-2"),
        ("math.bitNot(0u)", "18446744073709551615u"),
        ("math.bitShiftLeft(1, 63)", "-9223372036854775808"),
        ("math.bitShiftLeft(-1, 64)", "0"),
        ("math.bitShiftLeft(1u, 4294967296)", "0u"),
        ("math.bitShiftRight(-1024, 3)", "2305843009213693824"),
        ("math.bitShiftRight(1024u, 2)", "256u"),
        ("math.bitShiftRight(1, -1)", "error"),
        ("math.bitShiftRight(1, 1u)", "error"),
        ("math.bitShiftLeft(1.0, 1)", "error"),
    ]);
}
