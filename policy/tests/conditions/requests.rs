//! Random requests for generated conditions, and what a snapshot's conditions say of them.
//!
//! Compiled into the native tests and into the WebAssembly guest, so that both ask the same questions.

use std::fmt::Write as _;

use tollgate_policy::condition::Map;
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Applies, Query, RequestFacts, Resource, Scratch};
use tollgate_policy::http::{Headers, QueryParameters, Source};
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::snapshot::Snapshot;
use tollgate_policy::time::Timestamp;

use super::random::Random;

const TEXTS: [&str; 12] =
    ["alice", "bob", "legal", "a", "", "grün", "1", "-7", "2.5", "true", "2026-11-21T09:30:00.5+01:00", "1h30m"];
const ADDRESSES: [&str; 6] = ["10.0.0.1", "192.168.1.7", "127.0.0.1", "::1", "2001:db8::7", "::ffff:10.0.0.1"];
const INTS: [i64; 10] = [0, 1, 2, 3, -1, -2, 7, 1_700_000_000, i64::MAX, i64::MIN];
const DOUBLES: [f64; 8] = [0.5, 2.5, -1.5, 1e300, -0.0625, 1e19, 0.1, 3.75];
const KEYS: [&str; 4] = ["a", "b", "alice", "grün"];

/// An attribute: its name and what it usually is.
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    make: fn(&mut Random) -> Data,
}

/// What principals and resources have, most of the time.
pub(crate) const ATTRIBUTES: [Attribute; 14] = [
    Attribute { name: "ownerId", make: text },
    Attribute { name: "level", make: int },
    Attribute { name: "ratio", make: |random| Data::Double(DOUBLES[random.below(DOUBLES.len())]) },
    Attribute { name: "active", make: |random| Data::Bool(random.one_in(2)) },
    Attribute { name: "big", make: |random| Data::UInt(u64::MAX - random.next() % 3) },
    Attribute { name: "nothing", make: |_| Data::Null },
    Attribute { name: "tags", make: |random| list(random, text) },
    Attribute { name: "scores", make: |random| list(random, int) },
    Attribute { name: "mixed", make: |random| list(random, |random| data(random, 1)) },
    Attribute { name: "limits", make: |random| Data::Map(fields(random, int)) },
    Attribute { name: "nested", make: |random| Data::Map(fields(random, |random| data(random, 2))) },
    Attribute { name: "created", make: |random| Data::from(TEXTS[10 - random.below(2) * random.below(10)]) },
    Attribute { name: "timeout", make: |random| Data::from(TEXTS[11 - random.below(2) * random.below(10)]) },
    Attribute { name: "address", make: |random| Data::from(random.pick(&ADDRESSES)) },
];

pub(crate) const HEADERS: [&str; 3] = ["x-team", "x-env", "accept"];
pub(crate) const PARAMETERS: [&str; 2] = ["page", "sort"];

/// A request, in plain data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) roles: Vec<String>,
    pub(crate) claims: Fields,
    pub(crate) resource_id: Option<String>,
    pub(crate) attributes: Fields,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Data>,
    pub(crate) time: Option<Timestamp>,
    pub(crate) ip: String,
}

pub(crate) const KIND: &str = "document";
pub(crate) const PORT: u16 = 4711;

/// The requests of a batch of conditions.
pub(crate) fn requests(seed: u64, count: u32) -> Vec<Request> {
    let mut random = Random(!seed);
    (0..count).map(|_| request(&mut random)).collect()
}

fn request(random: &mut Random) -> Request {
    // As a principal has them: sorted, each once.
    let roles = ["admin", "editor", "viewer"].iter().filter(|_| random.one_in(2)).map(|role| (*role).to_owned());
    Request {
        roles: roles.collect(),
        id: random.pick(&TEXTS[..2]).to_owned(),
        claims: attributes(random),
        resource_id: (!random.one_in(4)).then(|| random.pick(&TEXTS).to_owned()),
        attributes: attributes(random),
        method: random.pick(&["GET", "POST"]).to_owned(),
        path: random.pick(&["/v1/documents/1", "/", "/a%20b"]).to_owned(),
        host: (!random.one_in(4)).then(|| random.pick(&["api.example.com", "localhost"]).to_owned()),
        headers: pairs(random, &HEADERS),
        query: pairs(random, &PARAMETERS),
        body: (!random.one_in(3)).then(|| data(random, 3)),
        time: if random.one_in(4) { None } else { Timestamp::new(1_700_000_000 + int_of(random) % 1000, 5_000_000) },
        ip: random.pick(&ADDRESSES).to_owned(),
    }
}

fn attributes(random: &mut Random) -> Fields {
    let mut members = Vec::new();
    for attribute in &ATTRIBUTES {
        let value = match random.below(20) {
            0 => continue,
            1 => data(random, 2),
            _ => (attribute.make)(random),
        };
        members.push((attribute.name.into(), value));
    }
    Fields::new(members).unwrap()
}

fn pairs(random: &mut Random, names: &[&str]) -> Vec<(String, String)> {
    let here = names.iter().filter(|_| !random.one_in(3)).copied().collect::<Vec<_>>();
    here.into_iter().map(|name| (name.to_owned(), random.pick(&TEXTS).to_owned())).collect()
}

/// Any JSON value.
fn data(random: &mut Random, depth: usize) -> Data {
    match random.below(if depth == 0 { 7 } else { 10 }) {
        0 => Data::Null,
        1 => Data::Bool(random.one_in(2)),
        2 => int(random),
        3 => Data::Double(DOUBLES[random.below(DOUBLES.len())]),
        4 => Data::UInt(u64::MAX),
        5 | 6 => text(random),
        7 | 8 => list(random, |random| data(random, depth - 1)),
        _ => Data::Map(fields(random, |random| data(random, depth - 1))),
    }
}

fn text(random: &mut Random) -> Data {
    Data::from(random.pick(&TEXTS))
}

fn int(random: &mut Random) -> Data {
    Data::Int(int_of(random))
}

fn int_of(random: &mut Random) -> i64 {
    INTS[random.below(INTS.len())]
}

fn list(random: &mut Random, item: impl Fn(&mut Random) -> Data) -> Data {
    Data::List((0..random.below(4)).map(|_| item(random)).collect())
}

fn fields(random: &mut Random, value: impl Fn(&mut Random) -> Data) -> Fields {
    let names = KEYS.iter().filter(|_| random.one_in(2)).copied().collect::<Vec<_>>();
    Fields::new(names.into_iter().map(|name| (name.into(), value(random))).collect()).unwrap()
}

impl Request {
    /// Puts the question to a snapshot.
    pub(crate) fn ask<R>(&self, snapshot: &Snapshot, work: impl FnOnce(&Query<'_>) -> R) -> R {
        let principal = snapshot.principal(PrincipalClaims {
            id: self.id.clone(),
            roles: self.roles.clone(),
            attributes: self.claims.clone(),
            ..PrincipalClaims::default()
        });
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let query: Vec<_> = self.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        work(&Query {
            principal: &principal,
            action: "view",
            scope: None,
            resource: Resource { kind: KIND, id: self.resource_id.as_deref(), attributes: Map::from(&self.attributes) },
            request: RequestFacts {
                method: Some(&self.method),
                path: Some(&self.path),
                host: self.host.as_deref(),
                headers: Headers(&headers),
                query: QueryParameters(&query),
                body: self.body.as_ref(),
                time: self.time,
                source: Some(Source { ip: &self.ip, port: PORT }),
            },
        })
    }

    /// What a snapshot's conditions say: a line for each policy, with its name and `yes`, `no` or the error.
    pub(crate) fn answers(&self, snapshot: &Snapshot, scratch: &mut Scratch) -> String {
        let mut lines = String::new();
        self.ask(snapshot, |query| {
            for candidate in snapshot.trace(query, scratch) {
                match candidate.applies {
                    Applies::Yes => writeln!(lines, "{}: yes", candidate.policy),
                    Applies::No => writeln!(lines, "{}: no", candidate.policy),
                    Applies::Error(error) => writeln!(lines, "{}: {error}", candidate.policy),
                }
                .unwrap();
            }
        });
        lines
    }
}
