//! Random policies and requests over a small vocabulary, so that they meet often, and err often.

use std::fmt::Write as _;

use tollgate_policy::condition::lower;
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::Effect;
use tollgate_policy::set::{Condition, Names, Policy, PolicySet};

use super::oracle::Case;

/// SplitMix64: small, seedable, the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(crate) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

const KINDS: [&str; 4] = ["document", "invoice", "user", "report"];
const ACTIONS: [&str; 4] = ["view", "edit", "delete", "share"];
const ROLES: [&str; 5] = ["viewer", "editor", "admin", "auditor", "anonymous"];
const NAMES: [&str; 8] = ["ownerId", "department", "level", "tags", "limits", "active", "ratio", "nothing"];
const TEXTS: [&str; 7] = ["alice", "bob", "legal", "sales", "a", "", "grün"];
const HEADERS: [&str; 3] = ["x-team", "x-env", "accept"];

pub(crate) fn policy_set(random: &mut Random) -> PolicySet {
    let count = 1 + random.below(10);
    let mut policies: Vec<Policy> = (0..count).map(|index| policy(random, index)).collect();
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    PolicySet { policies, ..PolicySet::default() }
}

fn policy(random: &mut Random, index: usize) -> Policy {
    let condition = (!random.one_in(5)).then(|| {
        let text = boolean(random, 3, 0);
        let program = lower(&text).unwrap_or_else(|problem| panic!("`{text}`: {problem}"));
        Condition { text, program }
    });
    Policy {
        name: format!("policy-{index}"),
        description: String::new(),
        effect: if random.one_in(3) { Effect::Deny } else { Effect::Allow },
        kinds: names(random, &KINDS),
        actions: names(random, &ACTIONS),
        roles: names(random, &ROLES),
        condition,
    }
}

fn names(random: &mut Random, from: &[&str]) -> Names {
    if random.one_in(4) {
        return Names::Any;
    }
    let mut names: Vec<String> = (0..1 + random.below(2)).map(|_| random.pick(from).to_owned()).collect();
    names.sort();
    names.dedup();
    Names::Of(names)
}

pub(crate) fn case(random: &mut Random) -> Case {
    let anonymous = random.one_in(8);
    let roles = match anonymous {
        true => vec!["anonymous".to_owned()],
        false => (0..random.below(4)).map(|_| random.pick(&ROLES[..4]).to_owned()).collect(),
    };
    Case {
        id: if anonymous { "anonymous".to_owned() } else { random.pick(&TEXTS[..2]).to_owned() },
        roles,
        anonymous,
        claims: if anonymous { Fields::default() } else { fields(random, 2) },
        action: name(random, &ACTIONS),
        kind: name(random, &KINDS),
        resource_id: (!random.one_in(4)).then(|| random.pick(&TEXTS).to_owned()),
        attributes: fields(random, 2),
        method: random.pick(&["GET", "POST"]).to_owned(),
        path: random.pick(&["/v1/documents/1", "/", "/a%20b"]).to_owned(),
        host: random.pick(&["api.example.com", "localhost"]).to_owned(),
        headers: HEADERS
            .iter()
            .filter(|_| random.one_in(2))
            .map(|name| ((*name).to_owned(), "blue".to_owned()))
            .collect(),
    }
}

/// Sometimes a name that no policy mentions.
fn name(random: &mut Random, from: &[&str]) -> String {
    if random.one_in(20) { "unheard-of".to_owned() } else { random.pick(from).to_owned() }
}

fn fields(random: &mut Random, depth: usize) -> Fields {
    let members = NAMES.iter().filter(|_| !random.one_in(3)).copied().collect::<Vec<_>>();
    Fields::new(members.into_iter().map(|name| (name.into(), data(random, depth))).collect()).unwrap()
}

fn data(random: &mut Random, depth: usize) -> Data {
    match random.below(if depth == 0 { 7 } else { 10 }) {
        0 => Data::Null,
        1 => Data::Bool(random.one_in(2)),
        2 => Data::Int(i64::try_from(random.below(5)).unwrap() - 2),
        3 => Data::Double([0.5, 2.5, -1.5, 1e300][random.below(4)]),
        4 => Data::UInt(u64::MAX),
        5 | 6 => Data::from(random.pick(&TEXTS)),
        7 | 8 => Data::List((0..random.below(4)).map(|_| data(random, depth - 1)).collect()),
        _ => Data::Map(fields(random, depth - 1)),
    }
}

/// An expression that usually is a boolean. `variables` is how many macro variables are in scope.
pub(crate) fn boolean(random: &mut Random, depth: usize, variables: usize) -> String {
    if depth == 0 {
        return match random.below(6) {
            0 => "true".to_owned(),
            1 => "false".to_owned(),
            2 => attribute(random),
            3 => format!("has({})", selection(random)),
            4 => format!("'{}' in request.headers", random.pick(&HEADERS)),
            _ => "has(resource.id)".to_owned(),
        };
    }
    let sub = |random: &mut Random| boolean(random, depth - 1, variables);
    let value = |random: &mut Random| value(random, depth - 1, variables);
    match random.below(14) {
        0 | 1 => format!("({} && {})", sub(random), sub(random)),
        2 | 3 => format!("({} || {})", sub(random), sub(random)),
        4 => format!("({} && {} && {})", sub(random), sub(random), sub(random)),
        5 => format!("!{}", paren(&sub(random))),
        6 => format!("({} ? {} : {})", sub(random), sub(random), sub(random)),
        7 | 8 => {
            let operator = random.pick(&["==", "!=", "<", "<=", ">", ">="]);
            format!("({} {operator} {})", value(random), value(random))
        }
        9 => format!("({} in {})", value(random), range(random, depth - 1, variables)),
        10 => {
            let function = random.pick(&["startsWith", "endsWith", "contains"]);
            format!("{}.{function}({})", paren(&value(random)), value(random))
        }
        11 | 12 => {
            let range = range(random, depth - 1, variables);
            let function = random.pick(&["exists", "all"]);
            let body = boolean(random, depth - 1, variables + 1);
            format!("{}.{function}(v{variables}, {body})", paren(&range))
        }
        // Not a boolean, most of the time.
        _ => value(random),
    }
}

fn value(random: &mut Random, depth: usize, variables: usize) -> String {
    if variables > 0 && random.one_in(2) {
        return format!("v{}", random.below(variables));
    }
    if depth == 0 {
        return match random.below(12) {
            0 => format!("'{}'", random.pick(&TEXTS)),
            1 => format!("{}", random.below(4)),
            2 => format!("-{}", random.below(3)),
            3 => random.pick(&["0.5", "2.0", "1u", "null", "true", "9223372036854775807"]).to_owned(),
            4 => "principal.id".to_owned(),
            5 => random
                .pick(&["resource.kind", "resource.id", "request.method", "request.path", "request.host"])
                .to_owned(),
            6 => format!("request.headers['{}']", random.pick(&HEADERS)),
            7 => random.pick(&["principal.roles", "principal.attr", "resource.attr"]).to_owned(),
            _ => attribute(random),
        };
    }
    let sub = |random: &mut Random| value(random, depth - 1, variables);
    match random.below(6) {
        0 | 1 => {
            let operator = random.pick(&["+", "-", "*", "/", "%"]);
            format!("({} {operator} {})", sub(random), sub(random))
        }
        2 => format!("size({})", sub(random)),
        3 => format!("{}[{}]", paren(&range(random, depth - 1, variables)), sub(random)),
        4 => format!("({} ? {} : {})", boolean(random, depth - 1, variables), sub(random), sub(random)),
        _ => sub(random),
    }
}

/// Something to look into: a list or a map, most of the time.
fn range(random: &mut Random, depth: usize, variables: usize) -> String {
    match random.below(5) {
        0 => "principal.roles".to_owned(),
        1 => random.pick(&["principal.attr", "resource.attr"]).to_owned(),
        2 => {
            let mut list = "[".to_owned();
            for index in 0..random.below(4) {
                let comma = if index > 0 { ", " } else { "" };
                write!(list, "{comma}{}", value(random, depth.min(1), variables)).unwrap();
            }
            list + "]"
        }
        _ => attribute(random),
    }
}

fn attribute(random: &mut Random) -> String {
    if random.one_in(5) {
        return format!("{}['{}']", root(random), random.pick(&NAMES));
    }
    selection(random)
}

/// What `has()` accepts.
fn selection(random: &mut Random) -> String {
    let selection = format!("{}.{}", root(random), random.pick(&NAMES));
    if random.one_in(5) { format!("{selection}.{}", random.pick(&NAMES)) } else { selection }
}

fn root(random: &mut Random) -> &'static str {
    random.pick(&["principal", "resource", "principal.attr", "resource.attr"])
}

fn paren(expression: &str) -> String {
    format!("({expression})")
}
