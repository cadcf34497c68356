use std::collections::BTreeMap;

use bumpalo::Bump;

use super::{Bound, Size};
use crate::condition::eval::{Inputs, evaluate};
use crate::condition::value::{Map, Value};
use crate::condition::{Environment, Fault, lower};
use crate::data::{Data, Fields};
use crate::engine::{RequestFacts, Resource, SymbolTable};
use crate::http::{Headers, QueryParameters, Source};
use crate::identity::{Directory, Principal, PrincipalClaims};
use crate::time::Timestamp;

/// Small and reproducible.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

const TEXTS: &[&str] = &[
    "principal.id",
    "resource.owner",
    "resource.tags[0]",
    "'a'",
    "'a much longer literal, of more than sixteen bytes'",
    "request.path",
    "request.headers['x-a']",
    "request.query.q",
    "(T + T)",
    "T.lowerAscii()",
    "T.replace('a', T)",
    "L.join(T)",
    "string(N)",
    "T.substring(1)",
    "resource.?owner.orValue(T)",
    "(B ? T : T)",
    "cel.bind(v, T, v + v)",
    "'%s'.format([T])",
    "strings.quote(T)",
    "base64.encode(bytes(T))",
    "resource.meta.deep.x",
    "M['a']",
    "T.reverse()",
];

const LISTS: &[&str] = &[
    "principal.roles",
    "resource.tags",
    "['a', 'bb']",
    "[T, T]",
    "(L + L)",
    "L.map(e, e + 'x')",
    "L.map(e, T)",
    "L.filter(e, e != T)",
    "L.filter(e, e in L)",
    "T.split('a')",
    "L.distinct()",
    "L.sort()",
    "L.reverse()",
    "L.sortBy(e, size(e))",
    "[L, L].flatten()",
    "lists.range(3).map(n, string(n))",
    "L.transformList(i, e, e + string(i))",
    "L.slice(0, 1)",
    "resource.meta.map(k, k)",
];

const MAPS: &[&str] = &[
    "{'a': T, 'b': T}",
    "resource.meta",
    "L.transformMap(i, e, e)",
    "L.transformMapEntry(i, e, {e: i})",
    "M.transformMap(k, w, T)",
    "{T: L}",
    "{'a': M}",
];

const NUMBERS: &[&str] = &[
    "1",
    "resource.size",
    "size(T)",
    "size(L)",
    "(N + N)",
    "N * 2",
    "size(M)",
    "math.greatest(N, N)",
    "T.indexOf('a')",
];

const BOOLEANS: &[&str] = &[
    "T == T",
    "T in L",
    "T in ['a', 'b', T]",
    "L == L",
    "M == M",
    "[M] == [M, M]",
    "M in [M, M]",
    "T in M",
    "N < N",
    "T < T",
    "(B && B)",
    "(B || B)",
    "!(B)",
    "L.exists(e, e == T)",
    "L.all(e, e != T || B)",
    "L.exists(e, L.exists(f, e == f))",
    "L.exists_one(e, e.startsWith('a'))",
    "T.startsWith(T)",
    "T.matches('^a+')",
    "has(resource.owner)",
    "has(resource.nothing) && resource.nothing",
    "M.all(k, w, k != T)",
    "M.exists(k, M[k] == T)",
    "resource.free == M",
    "resource.free == resource.meta",
    "L.first().orValue('x') == T",
    "resource.?owner.optMap(o, o + T).hasValue()",
    "request.time.getFullYear('Europe/Paris') > N",
    "cidr('10.0.0.0/8').containsIP(request.source.ip)",
    "type(T) == string",
    "request.body == resource.free",
    "request.body.list.exists(b, b.name == T)",
];

fn expression(of: &[&str], depth: usize, random: &mut Random) -> String {
    // Leaves come first in each list.
    let template = if depth == 0 { random.pick(&of[..2]) } else { random.pick(of) };
    let mut text = String::new();
    let letters: Vec<char> = template.chars().collect();
    for (position, letter) in letters.iter().enumerate() {
        let alone = |offset: isize| {
            let at = position.checked_add_signed(offset).and_then(|at| letters.get(at));
            at.is_none_or(|other| !other.is_ascii_alphanumeric() && *other != '\'')
        };
        let list = match letter {
            'T' => TEXTS,
            'L' => LISTS,
            'M' => MAPS,
            'N' => NUMBERS,
            'B' => BOOLEANS,
            _ => &[],
        };
        if list.is_empty() || !alone(-1) || !alone(1) {
            text.push(*letter);
        } else {
            text.push_str(&expression(list, depth.saturating_sub(1), random));
        }
    }
    text
}

fn word(random: &mut Random) -> String {
    "ab grün".chars().cycle().take(random.below(60)).collect()
}

fn data(depth: usize, random: &mut Random) -> Data {
    match random.below(if depth == 0 { 3 } else { 5 }) {
        0 => Data::Int(5),
        1 | 2 => Data::from(word(random).as_str()),
        3 => Data::List((0..random.below(4)).map(|_| data(depth - 1, random)).collect()),
        _ => Data::Map(fields((0..random.below(4)).map(|number| (format!("k{number}"), data(depth - 1, random))))),
    }
}

fn fields(members: impl IntoIterator<Item = (String, Data)>) -> Fields {
    Fields::new(members.into_iter().map(|(name, value)| (name.into(), value)).collect()).unwrap()
}

/// As the bounds count it.
fn size(value: Value<'_>) -> u64 {
    let words = |len: usize| u64::try_from(len / 16).unwrap();
    match value {
        Value::Str(text) => words(text.len()),
        Value::Bytes(bytes) => words(bytes.len()),
        Value::List(list) => list.iter().map(|item| 1 + size(item)).sum(),
        Value::Map(map) => map.iter().map(|(key, value)| 1 + size(key) + size(value)).sum(),
        Value::Optional(Some(value)) => 1 + size(*value),
        _ => 0,
    }
}

struct World {
    principal: Principal,
    attributes: Fields,
    path: String,
    header: String,
    query: String,
    body: Data,
}

fn world(random: &mut Random) -> World {
    let strings = |random: &mut Random| (0..random.below(8)).map(|_| word(random)).collect::<Vec<_>>();
    let tags = strings(random).iter().map(|tag| Data::from(tag.as_str())).collect();
    let deep = fields([("x".to_owned(), Data::from(word(random).as_str()))]);
    let meta = fields([("a".to_owned(), Data::from(word(random).as_str())), ("deep".to_owned(), Data::Map(deep))]);
    let attributes = fields([
        ("owner".to_owned(), Data::from(word(random).as_str())),
        ("tags".to_owned(), Data::List(tags)),
        ("size".to_owned(), Data::Int(7)),
        ("meta".to_owned(), Data::Map(meta)),
        ("free".to_owned(), data(3, random)),
    ]);
    let claims = PrincipalClaims { id: word(random), roles: strings(random), ..PrincipalClaims::default() };
    World {
        principal: Principal::new(claims, &SymbolTable::default(), &Directory::default()),
        attributes,
        path: word(random),
        header: word(random),
        query: word(random),
        body: fields_body(random),
    }
}

fn fields_body(random: &mut Random) -> Data {
    Data::Map(fields([("list".to_owned(), data(3, random))]))
}

impl World {
    fn sizes(&self) -> BTreeMap<String, u64> {
        let text = |text: &str| size(Value::Str(text));
        let roles = self.principal.roles();
        let mut sizes = BTreeMap::from([
            ("principal.id".to_owned(), text(self.principal.id())),
            ("principal.roles".to_owned(), roles.iter().map(|role| 1 + text(role)).sum()),
            ("request.path".to_owned(), text(&self.path)),
            ("request.headers['x-a']".to_owned(), text(&self.header)),
            ("request.query['q']".to_owned(), text(&self.query)),
            ("request.source.ip".to_owned(), 0),
            ("request.body".to_owned(), size(Value::from(&self.body))),
        ]);
        sizes
            .extend(self.attributes.iter().map(|(name, value)| (format!("resource.{name}"), size(Value::from(value)))));
        sizes
    }

    /// How many steps a condition takes here.
    fn measured(&self, program: &crate::condition::Program) -> (u64, Result<bool, Fault>) {
        let headers = [(b"x-a".as_slice(), self.header.as_bytes())];
        let query = [("q", self.query.as_str())];
        let request = RequestFacts {
            path: Some(&self.path),
            headers: Headers(&headers),
            query: QueryParameters(&query),
            body: Some(&self.body),
            time: Timestamp::new(1_700_000_000, 0),
            source: Some(Source { ip: "10.1.2.3", port: 443 }),
            ..RequestFacts::default()
        };
        let resource = Resource { kind: "document", id: Some("1"), attributes: Map::Fields(&self.attributes) };
        let inputs = Inputs { principal: &self.principal, resource, request };
        let mut pool = u32::MAX;
        let outcome = evaluate(&program.code, program.root, &inputs, &Bump::new(), &mut pool);
        (u64::from(u32::MAX - pool), outcome)
    }
}

#[test]
fn no_condition_takes_more_or_fewer_steps_than_its_bounds() {
    let mut random = Random(7);
    let (mut decided, mut tried, mut wrong) = (0, 0, Vec::new());
    for _ in 0..3000 {
        let depth = 1 + random.below(3);
        let text = expression(BOOLEANS, depth, &mut random);
        let Ok(program) = lower(&text, &Environment::policy()) else { continue };
        let cost = program.cost();
        for _ in 0..3 {
            let world = world(&mut random);
            let sizes = world.sizes();
            let (steps, outcome) = world.measured(&program);
            tried += 1;
            decided += usize::from(outcome.is_ok());
            let most = cost.most.at(&|size: &Size| match size {
                Size::Of(name) => sizes.get(name).copied().unwrap_or_default(),
                Size::Variable(_) => panic!("{text}: {cost}"),
            });
            if !(cost.least..=most).contains(&steps) && wrong.len() < 10 {
                wrong.push(format!("{text}\n{steps} steps, {} to {most} by {cost}\n{sizes:?}", cost.least));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(tried > 4000 && decided > tried / 4, "{decided} of {tried}");
}

#[test]
fn costs_read_as_sums() {
    for (text, expected) in [
        ("true", "1 steps"),
        ("resource.size > 5", "2 to 3 steps"),
        ("resource.ownerId == principal.id", "2 to 3 + 1 for each of resource.ownerId steps"),
        ("resource.status in ['draft', 'published']", "2 to 4 steps"),
        ("'admin' in principal.roles", "3 to 3 + 1 for each of principal.roles steps"),
        ("principal.roles.exists(r, r.startsWith('a'))", "2 to 2 + 3 for each of principal.roles steps"),
        (
            "principal.roles.exists(r, r in resource.tags)",
            "2 to 2 + 3 for each of principal.roles + 1 for each of principal.roles times resource.tags steps",
        ),
        ("'%d'.format([1]) == 'x'", "3 to 20000 steps"),
    ] {
        assert_eq!(lower(text, &Environment::policy()).unwrap().cost().to_string(), expected, "{text}");
    }
}

#[test]
fn bounds_are_capped_by_what_a_condition_may_take() {
    let large = Bound::of(Size::Of("x".to_owned())).times_steps(1000);
    assert_eq!(large.at(&|_| 1_000_000), 20_000);
}
