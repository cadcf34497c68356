//! Conditions that compile, and would take all there is if nothing stopped them.

/// Each as written, and what it would take most of.
pub(crate) fn heavy() -> Vec<String> {
    let mut all: Vec<String> = HEAVY.iter().map(|text| (*text).to_owned()).collect();
    let sum = |name: &str| [name; 8].join(" + ");
    let list = |name: &str| format!("[{}]", [name; 8].join(", "));
    // Each variable is eight times as large as the one before.
    all.push(format!("size({}) > 0", bound("'xxxxxxxx'", &sum, "h")));
    all.push(format!("size({}) > 0", bound("b'xxxxxxxx'", &sum, "h")));
    all.push(format!("size({}) > 0", bound("[0, 1, 2, 3]", &sum, "h")));
    for use_of in
        ["size('%s'.format([h]))", "size(h.flatten(1000))", "h == g", "h == h ? 1 : 2", "h.distinct()", "[h].sort()"]
    {
        all.push(format!("{} == 1", bound("[0]", &list, use_of)));
    }
    let map = |name: &str| format!("{{'a': {name}, 'b': {name}, 'c': {name}, 'd': {name}}}");
    all.push(format!("{} == ''", bound("{}", &map, "'%s'.format([h])")));
    let doubled = |inner: String| format!("[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(x, {inner})");
    all.push(format!("size({}) > 0", (0..7).fold("x".to_owned(), |inner, _| doubled(inner))));
    let replaced = |name: &str| format!("{name}.replace('', {name})");
    all.push(format!("{} == ''", bound("'xxxxxxxx'", &replaced, "h")));
    // As deep as conditions may be.
    all.push(format!("{}true", "!".repeat(56)));
    all.push(format!("{}1 == 1", "-".repeat(50)));
    all.push((0..50).fold("true".to_owned(), |inner, _| format!("false ? false : {inner}")));
    all.push(format!("principal{} == 1", ".a".repeat(50)));
    all.push(format!("principal.deep{} == 1", "[0]".repeat(50)));
    all.push(format!("principal.deep{} == optional.none()", "[?0]".repeat(50)));
    all.push(format!("{} == 1", vec!["1"; 50].join(" + ")));
    all.push(format!("{}0{} == []", "[".repeat(30), "]".repeat(30)));
    all.push(format!("principal.long{} == 1", ".trim()".repeat(50)));
    all.push(format!("principal.big{} == 1", ".reverse()".repeat(50)));
    all.push(format!("{} == 1", (0..30).fold("principal.deep".to_owned(), |inner, _| format!("dyn({inner})"))));
    all.push(format!("optional.of(principal.deep){} == 1", ".optMap(x, x)".repeat(30)));
    // As wide.
    all.push(format!("[{}].size() > 0", (0..120).map(|number| number.to_string()).collect::<Vec<_>>().join(", ")));
    all.push(format!(
        "{{{}}}.size() > 0",
        (0..120).map(|number| format!("{number}: 0")).collect::<Vec<_>>().join(", ")
    ));
    all.push(vec!["principal.big == principal.again"; 40].join(" && "));
    all
}

/// An expression over the variables `a` to `h`, each made of the one before.
fn bound(first: &str, next: &dyn Fn(&str) -> String, of: &str) -> String {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let inner = names
        .windows(2)
        .rev()
        .fold(of.to_owned(), |inner, pair| format!("cel.bind({}, {}, {inner})", pair[1], next(pair[0])));
    format!("cel.bind(a, {first}, {inner})")
}

const HEAVY: [&str; 72] = [
    "principal.big.all(a, principal.big.all(b, principal.big.all(c, a + b + c >= 0)))",
    "principal.big.exists(a, principal.big.exists(b, a == -1 && b == -1))",
    "principal.big.exists_one(a, principal.big.filter(b, b > a).size() == 3)",
    "principal.big.all(a, b, principal.again[a] == b)",
    "principal.wide.all(k, v, principal.wider[k] == v)",
    "principal.big.map(a, principal.big).size() == 1",
    "principal.big.map(a, a % 2 == 0, [a, a, a, a]).size() == 1",
    "principal.big.transformList(i, v, [i, v]).size() == 1",
    "principal.big.transformMap(i, v, v).size() == 1",
    "principal.big.transformMapEntry(i, v, {v: i}).size() == 1",
    "principal.maps.transformMapEntry(i, v, v).size() == 1",
    "lists.range(1099511627776).size() == 1",
    "lists.range(9223372036854775807).all(x, true)",
    "lists.range(1000).all(x, lists.range(1000).size() == 1000)",
    "principal.big.sort() == []",
    "principal.big.reverse() == []",
    "principal.big.distinct() == []",
    "principal.texts.distinct() == []",
    "principal.same.distinct() == []",
    "principal.same.sort() == []",
    "principal.texts.sort() == []",
    "principal.texts.sortBy(x, x) == []",
    "principal.big.sortBy(x, -x) == []",
    "principal.big.slice(0, 100000) == []",
    "principal.lists.flatten() == []",
    "[principal.deep].flatten(1000000) == []",
    "(principal.big + principal.big).size() == 1",
    "math.greatest(principal.big) == 1",
    "principal.big == principal.again",
    "principal.wide == principal.wider",
    "principal.deep == principal.deep && principal.deep in [principal.deep]",
    "principal.big in [principal.again, principal.again]",
    "-1 in principal.big",
    "principal.same.all(x, x in principal.same)",
    "principal.keys.all(x, principal.big.all(y, principal.index[x] == 1))",
    "principal.keys.all(x, principal.big.all(y, x in principal.index))",
    "principal.texts.exists(x, has(principal.wide.key) || x in principal.wide)",
    "principal.long + principal.long + principal.long == ''",
    "principal.big.all(x, principal.long + string(x) != '')",
    "principal.big.all(x, size(principal.letters) == 50000)",
    "principal.big.all(x, principal.long == principal.long)",
    "principal.big.all(x, principal.long.contains('xxxxxxxxy') == false)",
    "principal.long.contains(principal.long + 'y')",
    "principal.long.replace('', principal.long) == ''",
    "principal.long.replace('x', principal.long) == ''",
    "principal.long.split('') == []",
    "principal.long.split('x') == []",
    "principal.same.join(principal.long) == ''",
    "lists.range(5000).map(x, principal.long).join() == ''",
    "principal.long.upperAscii() == principal.letters.lowerAscii()",
    "principal.letters.reverse() == strings.quote(principal.long)",
    "principal.letters.charAt(49999) == principal.letters.substring(49998, 49999)",
    "principal.big.all(x, principal.letters.lastIndexOf('x', 49999) == principal.letters.indexOf('y'))",
    "principal.big.all(x, principal.letters.trim() == '')",
    "principal.percents.format(principal.big) == ''",
    "'%s'.format([principal.attr]) == ''",
    "'%s'.format([principal.deep]) == ''",
    "'%x%X'.format([principal.long, principal.long]) == ''",
    "principal.doubles.map(x, '%.100f'.format([x])) == []",
    "principal.doubles.all(x, '%.100e'.format([x]) != '')",
    "'%.101f'.format([1.0]) == '' || '%.99999999999999999999f'.format([1.0]) == ''",
    "base64.encode(bytes(principal.long)) == ''",
    "base64.decode(principal.digits) == b''",
    "double(principal.digits) == 1.0 || int(principal.digits) == 1 || uint(principal.digits) == 1u",
    "principal.big.all(x, double(principal.digits) != 1.0)",
    "duration(principal.digits + 'h') == duration('0') || timestamp(principal.digits) == timestamp(0)",
    "isIP(principal.digits) || isCIDR(principal.digits + '/0') || ip.isCanonical(principal.digits)",
    "principal.long.matches('(x+x+)+y')",
    "principal.long.matches('(x?){50}x{50}$')",
    "principal.long.matches('^(([a-z])+.)+[A-Z]([a-z])+$')",
    "principal.big.all(x, principal.long.matches('(x*)*y') == false)",
    "optional.of(principal.big).optMap(x, x.map(y, optional.of(y))).value().unwrapOpt() == []",
];
