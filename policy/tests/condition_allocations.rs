//! Evaluating a condition allocates nothing: counted, over every construct that builds no string, list, map or optional
//! from the first evaluation on, and over those that do once the arena has grown.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests stop at their own mistakes")]

#[path = "oracle/random.rs"]
mod random;
#[expect(dead_code, reason = "generated requests are for generated conditions")]
#[path = "conditions/requests.rs"]
mod requests;

use requests::Request;
use tollgate_policy::condition::Environment;
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Effect, Scratch};
use tollgate_policy::set::{Condition, Names, Policy, PolicySet};
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use tollgate_policy::time::Timestamp;

/// All of them hold, so that nothing is left out, and build nothing.
const BUILD_NOTHING: [&str; 69] = [
    // Literals, operators, what can be read.
    "1 != 2u && 2.5 > 1 && null == null && b'a' < b'b'",
    "principal.level + 1 - 2 * 3 / 1 % 5 == 5 && -principal.level == -5 && 2u + 1u == 3u && 0.5 + 0.5 == 1.0",
    "principal.id == 'alice' && principal.attr.level == 5 && principal['level'] == 5",
    "resource.kind == 'document' && resource.id == '1' && resource.ownerId == principal.id",
    "request.method == 'GET' && request.path == '/v1' && request.host == 'localhost' && request.source.port == 4711",
    "request.headers['x-team'] == 'blue' && 'x-team' in request.headers && request.query.page == '1'",
    "request.body.a.b[0] == 1 && request.time > timestamp('2020-01-01T00:00:00Z')",
    "has(principal.level) && !has(principal.nobody) && has(resource.id) && has(request.body.a) && !has(request.body.c)",
    "principal.nobody == 1 || true",
    "false && principal.nobody == 1 ? false : true",
    "principal.tags == principal.tags && principal.limits == principal.limits && principal.tags != principal.limits",
    "principal.level in [1, 5, 7] && 'a' in principal.tags && 'x' in principal.limits && !('y' in principal.limits)",
    "principal.tags[1] == 'b' && principal.limits['x'] == 1 && principal.tags[1u] == 'b' && principal.tags[1.0] == 'b'",
    "principal.roles[0] == 'admin' && size(principal.roles) == 1",
    // Macros that give no list.
    "principal.tags.all(t, t != '') && principal.tags.exists(t, t == 'a') && principal.tags.exists_one(t, t == 'a')",
    "principal.limits.all(k, k != '') && principal.limits.exists(k, principal.limits[k] == 1)",
    "principal.tags.all(i, t, i >= 0 && t != '') && principal.limits.exists(k, v, k == 'x' && v == 1)",
    "principal.tags.existsOne(i, t, t == 'b' && i == 1)",
    "principal.tags.exists(t, principal.nobody == t || t == 'a')",
    "cel.bind(level, principal.level, level > 1 && level < 9)",
    "principal.tags.all(t, principal.tags.exists(u, cel.bind(v, u, v == t)))",
    // Sizes and tests of strings.
    "size('grün') == 4 && size(principal.tags) == 2 && size(principal.limits) == 1 && b'ab'.size() == 2",
    "principal.id.startsWith('al') && principal.id.endsWith('ce') && principal.id.contains('lic')",
    "principal.id.matches('^[a-z]+$') && !principal.id.matches('\\\\d')",
    "principal.id.charAt(1) == 'l' && principal.id.indexOf('i') == 2 && principal.id.lastIndexOf('e') == 4",
    "principal.id.indexOf('c', 1) == 3 && principal.id.lastIndexOf('a', 3) == 0",
    "principal.id.substring(2) == 'ice' && principal.id.substring(1, 3) == 'li' && principal.padded.trim() == 'x'",
    // Conversions.
    "int(principal.digits) == 42 && uint(principal.digits) == 42u && double(principal.digits) == 42.0",
    "int(2.7) == 2 && int(3u) == 3 && uint(3) == 3u && double(principal.level) == 5.0 && int(request.time) > 0",
    "bool(principal.truth) && bool(true) && dyn(principal.level) == 5",
    "string(principal.id) == 'alice' && bytes(principal.id) == b'alice' && string(bytes(principal.id)) == 'alice'",
    "string(principal.level > 1) == 'true'",
    "type(principal.level) == int && type(principal.tags) == list && type(type(1)) == type",
    "timestamp(principal.born) < request.time && timestamp(0) < request.time && timestamp(request.time) == request.time",
    "duration(principal.timeout) == duration('90m')",
    // Times.
    "request.time - timestamp(principal.born) > duration('1h') && request.time + duration('1s') > request.time",
    "request.time - duration('1h') < request.time && duration('1h') + duration('1h') == duration('2h')",
    "duration('2h') - duration('1h') == duration('1h')",
    "request.time.getFullYear() == 2026 && request.time.getMonth() == 10 && request.time.getDate() == 21",
    "request.time.getDayOfMonth() == 20 && request.time.getDayOfWeek() == 6 && request.time.getDayOfYear() == 324",
    "request.time.getHours() == 9 && request.time.getMinutes() == 30 && request.time.getSeconds() == 0",
    "request.time.getMilliseconds() == 0 && request.time.getHours('+02:00') == 11 && request.time.getHours('UTC') == 9",
    "request.time.getHours('Europe/Berlin') == 10 && request.time.getHours(principal.zone) == 4",
    "duration('90m').getHours() == 1 && duration('90m').getMinutes() == 90 && duration('90m').getSeconds() == 5400",
    "duration('1.5s').getMilliseconds() == 500",
    // Numbers.
    "math.ceil(principal.ratio) == 3.0 && math.floor(principal.ratio) == 2.0 && math.round(principal.ratio) == 3.0",
    "math.trunc(principal.ratio) == 2.0 && math.abs(-principal.level) == 5 && math.sign(principal.level) == 1",
    "!math.isNaN(principal.ratio) && !math.isInf(principal.ratio) && math.isFinite(principal.ratio)",
    "math.bitAnd(principal.level, 4) == 4 && math.bitOr(principal.level, 2) == 7 && math.bitXor(principal.level, 1) == 4",
    "math.bitNot(principal.level) == -6 && math.bitShiftLeft(principal.level, 1) == 10",
    "math.bitShiftRight(principal.level, 1) == 2 && math.sqrt(principal.ratio) > 1.5",
    "math.greatest(principal.scores) == 3 && math.least(principal.scores) == 1",
    // Addresses.
    "ip(principal.address) == ip('10.0.0.1') && ip(principal.address).family() == 4 && isIP(principal.address)",
    "ip.isCanonical(principal.address) && !ip(principal.address).isLoopback() && !ip(principal.address).isUnspecified()",
    "ip(principal.address).isGlobalUnicast() && !ip(principal.address).isLinkLocalUnicast()",
    "!ip(principal.address).isLinkLocalMulticast()",
    "cidr('10.0.0.0/8').containsIP(principal.address) && cidr('10.0.0.0/8').containsIP(ip(principal.address))",
    "cidr(principal.range).containsCIDR('10.1.2.0/24') && cidr('0.0.0.0/0').containsCIDR(cidr(principal.range))",
    "cidr(principal.range).ip() == ip('10.1.0.0') && cidr(principal.range).prefixLength() == 16",
    "cidr(principal.range).masked() == cidr('10.1.0.0/16') && cidr(principal.range).isMask() && isCIDR(principal.range)",
    // Optionals that are empty.
    "!optional.none().hasValue() && optional.none() == optional.none()",
    "optional.none().orValue(1) == 1 && !optional.none().or(optional.none()).hasValue()",
    "principal.?nobody.orValue(2) == 2 && !principal.?nobody.?a.hasValue() && principal.tags[?9].orValue('') == ''",
    "!optional.none().optMap(x, x + 1).hasValue() && !optional.none().optFlatMap(x, x).hasValue()",
    "!optional.ofNonZeroValue('').hasValue()",
    "!has(principal.?nobody.a)",
    // Errors that others absorb.
    "principal.level / 0 == 1 || true",
    "!(false && principal.level < 'a')",
    "principal.tags[7] == 'x' || principal.limits.y == 1 || true",
];

/// All of them hold.
const BUILD_SOMETHING: [&str; 16] = [
    "[1, 2] + [3] == [1, 2, 3] && {'a': principal.level}.a == 5",
    "principal.id + 'x' == 'alicex' && b'a' + b'b' == b'ab'",
    "principal.tags.map(t, t + '!') == ['a!', 'b!'] && principal.tags.filter(t, t == 'a') == ['a']",
    "principal.tags.transformList(i, t, i) == [0, 1] && principal.tags.transformMap(i, t, t)[1] == 'b'",
    "principal.tags.transformMapEntry(i, t, {t: i})['b'] == 1",
    "principal.scores.sort() == [1, 2, 3] && principal.scores.sortBy(s, -s) == [3, 2, 1]",
    "principal.scores.reverse() == [2, 1, 3] && principal.scores.distinct() == principal.scores",
    "principal.scores.slice(0, 1) == [3] && [principal.scores].flatten() == principal.scores && lists.range(2) == [0, 1]",
    "math.greatest(principal.level, 7, 2.5) == 7 && math.least(1u, principal.level) == 1u",
    "string(principal.level) == '5' && string(principal.ratio) == '2.75' && string(request.time) != ''",
    "principal.id.upperAscii() == 'ALICE' && principal.id.lowerAscii() == 'alice' && principal.id.reverse() == 'ecila'",
    "principal.id.replace('a', 'b') == 'blice' && principal.id.split('i') == ['al', 'ce'] && principal.tags.join() == 'ab'",
    "'%s %d %.2f %x %e'.format([principal.tags, 1, 0.5, 255, 1e10]) != '' && strings.quote('a') == '\"a\"'",
    "base64.encode(b'a') == 'YQ==' && base64.decode('YQ') == b'a'",
    "optional.of(principal.level).optMap(x, x + 1).value() == 6 && principal.?level.hasValue()",
    "principal.tags.first().value() == 'a' && principal.tags.last().orValue('') == 'b' && principal.tags[?0].hasValue()",
];

#[test]
fn conditions_that_build_nothing_allocate_nothing_from_the_first_time_on() {
    let request = request();
    let plain = snapshot("true");
    let mut failed = Vec::new();
    for text in BUILD_NOTHING {
        // Makes room for candidates, and leaves the arena as new.
        let mut scratch = Scratch::default();
        request.ask(&plain, |query| drop(plain.trace(query, &mut scratch)));
        let snapshot = snapshot(text);
        request.ask(&snapshot, |query| {
            let mut effect = Effect::Deny;
            let counted = allocation_counter::measure(|| effect = snapshot.decide(query, &mut scratch).effect);
            if (effect, counted.count_total) != (Effect::Allow, 0) {
                failed.push(format!("{text}: {effect}, {} allocations", counted.count_total));
            }
        });
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn conditions_that_build_something_reuse_the_memory_for_it() {
    for text in BUILD_SOMETHING {
        let snapshot = snapshot(text);
        request().ask(&snapshot, |query| {
            let mut scratch = Scratch::default();
            for _ in 0..3 {
                let _ = snapshot.decide(query, &mut scratch);
            }
            let mut effect = Effect::Deny;
            let counted = allocation_counter::measure(|| effect = snapshot.decide(query, &mut scratch).effect);
            assert_eq!((effect, counted.count_total), (Effect::Allow, 0), "{text}");
        });
    }
}

fn snapshot(text: &str) -> Snapshot {
    let condition =
        Condition::lowered(text, &Environment::policy()).unwrap_or_else(|problem| panic!("{text}: {problem}"));
    let policy = Policy {
        kinds: Names::Any,
        actions: Names::Any,
        roles: Names::Any,
        condition: Some(condition),
        ..Policy::new("only", Effect::Allow)
    };
    let set = PolicySet { policies: vec![policy.into()], ..PolicySet::default() };
    Snapshot::decode(encode(&set, SnapshotId::default()).unwrap()).unwrap()
}

fn request() -> Request {
    let list = |items: &[&str]| Data::List(items.iter().map(|item| Data::from(*item)).collect());
    let claims = fields(vec![
        ("level", Data::Int(5)),
        ("ratio", Data::Double(2.75)),
        ("tags", list(&["a", "b"])),
        ("scores", Data::List([3, 1, 2].map(Data::Int).into())),
        ("limits", Data::Map(fields(vec![("x", Data::Int(1))]))),
        ("padded", Data::from(" x ")),
        ("digits", Data::from("42")),
        ("truth", Data::from("true")),
        ("born", Data::from("1990-01-01T00:00:00Z")),
        ("timeout", Data::from("1h30m")),
        ("zone", Data::from("-05:00")),
        ("address", Data::from("10.0.0.1")),
        ("range", Data::from("10.1.0.0/16")),
    ]);
    let body = fields(vec![("a", Data::Map(fields(vec![("b", Data::List([Data::Int(1)].into()))])))]);
    Request {
        id: "alice".to_owned(),
        roles: vec!["admin".to_owned()],
        claims,
        resource_id: Some("1".to_owned()),
        attributes: fields(vec![("ownerId", Data::from("alice"))]),
        method: "GET".to_owned(),
        path: "/v1".to_owned(),
        host: Some("localhost".to_owned()),
        headers: vec![("x-team".to_owned(), "blue".to_owned())],
        query: vec![("page".to_owned(), "1".to_owned())],
        body: Some(Data::Map(body)),
        time: Timestamp::parse("2026-11-21T09:30:00Z"),
        ip: "10.0.0.1".to_owned(),
    }
}

fn fields(members: Vec<(&str, Data)>) -> Fields {
    Fields::new(members.into_iter().map(|(name, value)| (name.into(), value)).collect()).unwrap()
}
