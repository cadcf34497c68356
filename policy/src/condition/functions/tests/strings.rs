use super::assert_outcomes;

#[test]
fn positions_count_code_points() {
    assert_outcomes(&[
        ("'©αT'.charAt(1)", "'α'"),
        ("'©αT'.charAt(3)", "''"),
        ("''.charAt(0)", "''"),
        ("'a'.charAt(2)", "error"),
        ("'a'.charAt(-1)", "error"),
        ("'ta©o©αT'.indexOf('©')", "2"),
        ("'ta©o©αT'.indexOf('©', 3)", "4"),
        ("'tacocat'.indexOf('')", "0"),
        ("'tacocat'.indexOf('', 3)", "3"),
        ("'tacocat'.indexOf('', 30)", "7"),
        ("'tacocat'.indexOf('x', 6)", "-1"),
        ("'tacocat'.indexOf('a', 7)", "error"),
        ("'tacocat'.indexOf('a', -1)", "error"),
        ("'tacocat'.indexOf('', -1)", "error"),
        ("''.indexOf('a')", "-1"),
        ("'tacocat'.lastIndexOf('')", "7"),
        ("'tacocat'.lastIndexOf('', 3)", "3"),
        ("'tacocat'.lastIndexOf('at')", "5"),
        ("'tacocat'.lastIndexOf('tacocatx')", "-1"),
        ("'ta©o©αT'.lastIndexOf('©', 3)", "2"),
        ("'ta©o©αT'.lastIndexOf('©o', 2)", "2"),
        ("'ta©o©αT'.lastIndexOf('o©', 2)", "-1"),
        ("'aaaa'.lastIndexOf('aa', 1)", "1"),
        ("'aaaa'.lastIndexOf('aa', 3)", "2"),
        ("'bananananana'.lastIndexOf('nana', 7)", "6"),
        ("'tacocat'.lastIndexOf('a', 7)", "error"),
        ("'tacocat'.lastIndexOf('a', -1)", "error"),
        ("'ta©o©αT'.substring(2, 6)", "'©o©α'"),
        ("'tacocat'.substring(7)", "''"),
        ("'tacocat'.substring(0, 7)", "'tacocat'"),
        ("'tacocat'.substring(4, 4)", "''"),
        ("'tacocat'.substring(8)", "error"),
        ("'tacocat'.substring(-1)", "error"),
        ("'tacocat'.substring(2, 1)", "error"),
        ("'tacocat'.substring(1, 8)", "error"),
        ("'tacocat'.substring(-9223372036854775808, 9223372036854775807)", "error"),
        ("'☃é'.reverse()", "'é☃'"),
        ("''.reverse()", "''"),
    ]);
}

#[test]
fn ascii_letters_alone_change_case() {
    assert_outcomes(&[
        ("'TacoCÆt'.lowerAscii()", "'tacocÆt'"),
        ("'TacoCæt'.upperAscii()", "'TACOCæT'"),
        (r"'\u0085\u00a0\u1680 \ttext\u200a\u2028\u205F\u3000'.trim()", "'text'"),
        (r"'\u200btext\ufeff'.trim().size()", "6"),
        ("' '.trim()", "''"),
    ]);
}

#[test]
fn replacing_and_splitting_go_as_far_as_they_are_told() {
    assert_outcomes(&[
        ("'aaa'.replace('a', 'b')", "'bbb'"),
        ("'aaa'.replace('a', 'b', 2)", "'bba'"),
        ("'aaa'.replace('a', 'b', 0)", "'aaa'"),
        ("'aaa'.replace('a', 'b', -1)", "'bbb'"),
        ("'aé'.replace('', '-')", "'-a-é-'"),
        ("'aé'.replace('', '-', 2)", "'-a-é'"),
        ("''.replace('', '-')", "'-'"),
        ("''.replace('a', '-')", "''"),
        ("'aaaa'.replace('aa', 'a')", "'aa'"),
        ("'hello world'.split(' ')", "['hello', 'world']"),
        ("'a,b,c'.split(',', 2)", "['a', 'b,c']"),
        ("'a,b,c'.split(',', 1)", "['a,b,c']"),
        ("'a,b,c'.split(',', 0)", "[]"),
        ("'a,b,c'.split(',', -1)", "['a', 'b', 'c']"),
        ("',a,'.split(',')", "['', 'a', '']"),
        ("''.split(',')", "['']"),
        ("'aéb'.split('')", "['a', 'é', 'b']"),
        ("'aéb'.split('', 2)", "['a', 'éb']"),
        ("'aéb'.split('', 0)", "[]"),
        ("''.split('')", "[]"),
        ("['x', 'y'].join()", "'xy'"),
        ("['x', 'y'].join('-')", "'x-y'"),
        ("[].join('-')", "''"),
        ("['x', 1].join('-')", "error"),
        ("'xy'.join('-')", "error"),
        (r#"strings.quote("a\a\b\f\n\r\t\v\\\"é") == "\"a\\a\\b\\f\\n\\r\\t\\v\\\\\\\"é\"""#, "true"),
    ]);
}

#[test]
fn formats_are_go_s() {
    assert_outcomes(&[
        ("'%%%s%%'.format(['x'])", "'%x%'"),
        ("'%s and %s'.format(['é', 1u])", "'é and 1'"),
        ("'none'.format([1])", "'none'"),
        ("'%s'.format([[1, 2.0, 'a', null, true, b'xy', duration('90s')]])", "'[1, 2, a, null, true, xy, 90s]'"),
        ("'%s %s'.format([[], {}])", "'[] {}'"),
        ("'%s'.format([{'b': 1, 'a': {2: [3]}, true: int}])", "'{a: {2: [3]}, b: 1, true: int}'"),
        ("'%s'.format([timestamp(0)])", "'1970-01-01T00:00:00Z'"),
        ("'%s %s %s'.format([1e21, 0.00001, -0.0])", "'1000000000000000000000 0.00001 -0'"),
        ("'%s %s'.format([1.0 / 0.0, 0.0 / 0.0])", "'Infinity NaN'"),
        ("'%d %d %d'.format([-1, 18446744073709551615u, 2.5])", "'-1 18446744073709551615 2.5'"),
        ("'%f %.0f %.1f %.2f'.format([1, 2.5, 0.25, 2.675])", "'1.000000 2 0.2 2.67'"),
        ("'%.3f %.3f'.format([-123.4999, 1e15])", "'-123.500 1000000000000000.000'"),
        ("'%f %e'.format([-1.0 / 0.0, 1.0 / 0.0])", "'-Infinity Infinity'"),
        ("'%e %.2e %.0e'.format([1052.032911275, 0.00012345, 15u])", "'1.052033e+03 1.23e-04 2e+01'"),
        ("'%e'.format([1e-300])", "'1.000000e-300'"),
        ("'%e'.format([0.0])", "'0.000000e+00'"),
        ("'%b %b %b %b'.format([5, -5, true, 4u])", "'101 -101 1 100'"),
        ("'%o %o'.format([-8, 64u])", "'-10 100'"),
        ("'%x %X %x'.format([-255, 255u, -9223372036854775808])", "'-ff FF -8000000000000000'"),
        ("'%x %X'.format(['Hé', b'\\377\\012'])", "'48c3a9 FF0A'"),
        ("'%.2s'.format(['abc'])", "'abc'"),
        ("size('%.100f'.format([1.0]))", "102"),
    ]);
}

#[test]
fn formats_refuse_what_does_not_fit() {
    assert_outcomes(&[
        ("'%s'.format([])", "error"),
        ("'%'.format([1])", "error"),
        ("'%.'.format([1])", "error"),
        ("'%.3'.format([1])", "error"),
        ("'%.f'.format([1])", "error"),
        ("'%.101f'.format([1])", "error"),
        ("'%.99999999999999999999f'.format([1])", "error"),
        ("'%5d'.format([1])", "error"),
        ("'%E'.format([1.0])", "error"),
        ("'%d'.format(['1'])", "error"),
        ("'%f'.format(['1'])", "error"),
        ("'%e'.format([true])", "error"),
        ("'%b'.format([1.0])", "error"),
        ("'%o'.format([true])", "error"),
        ("'%x'.format([1.5])", "error"),
        ("'%s'.format([optional.none()])", "error"),
        ("'%s'.format('x')", "error"),
    ]);
}

#[test]
fn nothing_else_has_strings_functions() {
    assert_outcomes(&[
        ("24.charAt(0)", "error"),
        ("'a'.charAt(0u)", "error"),
        ("'a'.indexOf(1)", "error"),
        ("'a'.replace('a', 1)", "error"),
        ("'a'.replace('a', 'b', 1.0)", "error"),
        ("b'a'.trim()", "error"),
        ("1.reverse()", "error"),
        ("'a'.split(',', 'b')", "error"),
        ("strings.quote(1)", "error"),
    ]);
}
