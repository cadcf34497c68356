use super::assert_outcomes;

#[test]
fn slices_lie_within_their_list() {
    assert_outcomes(&[
        ("[1, 2, 3, 4].slice(1, 3)", "[2, 3]"),
        ("[1, 2].slice(0, 2)", "[1, 2]"),
        ("[1, 2].slice(2, 2)", "[]"),
        ("[1, 2].slice(0, 3)", "error"),
        ("[1, 2].slice(-1, 1)", "error"),
        ("[1, 2].slice(2, 1)", "error"),
        ("[1, 2].slice(0u, 1)", "error"),
        ("'ab'.slice(0, 1)", "error"),
        ("[1, 2].first()", "optional.of(1)"),
        ("[1, 2].last()", "optional.of(2)"),
        ("[].first()", "optional.none()"),
        ("[].last()", "optional.none()"),
        ("lists.range(3)", "[0, 1, 2]"),
        ("lists.range(-3)", "[]"),
        ("[1, 2, 'a'].reverse()", "['a', 2, 1]"),
    ]);
}

#[test]
fn flattening_goes_as_deep_as_it_is_told() {
    assert_outcomes(&[
        ("[1, [2, [3, [4]]]].flatten()", "[1, 2, [3, [4]]]"),
        ("[1, [2, [3, [4]]]].flatten(2)", "[1, 2, 3, [4]]"),
        ("[1, [2, [3, []]]].flatten(9)", "[1, 2, 3]"),
        ("[1, [2]].flatten(0)", "[1, [2]]"),
        ("[].flatten()", "[]"),
        ("[1].flatten(-1)", "error"),
        ("{}.flatten()", "error"),
    ]);
}

#[test]
fn distinct_elements_are_the_first_of_equals() {
    assert_outcomes(&[
        ("[1, 'b', 2, 'b', 1].distinct()", "[1, 'b', 2]"),
        ("[1, 1.0, 1u, 2].distinct()", "[1, 2]"),
        ("[[1], [1], {'a': 1}, {'a': 1.0}].distinct()", "[[1], {'a': 1}]"),
        ("size([0.0 / 0.0, 0.0 / 0.0].distinct())", "2"),
        ("[].distinct()", "[]"),
    ]);
}

#[test]
fn sorting_takes_values_of_one_type_that_has_an_order() {
    assert_outcomes(&[
        ("[3, 1, 2].sort()", "[1, 2, 3]"),
        ("['b', 'a', 'ab'].sort()", "['a', 'ab', 'b']"),
        ("[2.5, -1.0].sort()", "[-1.0, 2.5]"),
        ("[true, false].sort()", "[false, true]"),
        ("[duration('2s'), duration('1s')].sort() == [duration('1s'), duration('2s')]", "true"),
        ("lists.range(100).reverse().sort() == lists.range(100)", "true"),
        ("[].sort()", "[]"),
        ("[1, 'a'].sort()", "error"),
        ("[1, 1u].sort()", "error"),
        ("[[1]].sort()", "error"),
        ("[0.0 / 0.0, 1.0].sort()", "error"),
        ("['foo', 'b', 'ba'].sortBy(e, e.size())", "['b', 'ba', 'foo']"),
        ("[['x', 2], ['y', 1], ['z', 2]].sortBy(e, e[1])", "[['y', 1], ['x', 2], ['z', 2]]"),
        ("[1, 2].sortBy(e, [e])", "error"),
    ]);
}
