//! Random requests over a small vocabulary, so that they meet the random policies often, and err often.
//!
//! Compiled into the native tests and into the WebAssembly guest, so that both decide the same questions.

#[path = "random.rs"]
mod random;

use tollgate_policy::condition::Map;
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Query, RequestFacts, Resource};
use tollgate_policy::http::Headers;
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::snapshot::Snapshot;
use tollgate_policy::time::Timestamp;

pub(crate) use random::Random;

pub(crate) const KINDS: [&str; 4] = ["document", "invoice", "user", "report"];
pub(crate) const ACTIONS: [&str; 4] = ["view", "edit", "delete", "share"];
pub(crate) const ROLES: [&str; 5] = ["viewer", "editor", "admin", "auditor", "anonymous"];
pub(crate) const NAMES: [&str; 8] = ["ownerId", "department", "level", "tags", "limits", "active", "ratio", "nothing"];
pub(crate) const TEXTS: [&str; 7] = ["alice", "bob", "legal", "sales", "a", "", "grün"];
pub(crate) const SCOPES: [&str; 4] = ["acme", "acme.eu", "acme.eu.north", "globex"];
pub(crate) const HEADERS: [&str; 3] = ["x-team", "x-env", "accept"];

/// A question, in plain data.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) roles: Vec<String>,
    pub(crate) anonymous: bool,
    pub(crate) claims: Fields,
    pub(crate) action: String,
    pub(crate) kind: String,
    pub(crate) resource_id: Option<String>,
    pub(crate) attributes: Fields,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: String,
    /// Lower-case names, each once.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) time: Option<Timestamp>,
    /// Of the resource.
    pub(crate) scope: Option<String>,
    pub(crate) principal_scope: Option<String>,
}

/// One of a few instants that windows and requests share.
pub(crate) fn time(step: usize) -> Timestamp {
    Timestamp::new(1_700_000_000 + i64::try_from(step).unwrap(), 0).unwrap()
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
        time: (!random.one_in(10)).then(|| time(random.below(5))),
        scope: scope(random, 4),
        principal_scope: if anonymous { None } else { scope(random, 12) },
    }
}

/// Sometimes one that no set has.
fn scope(random: &mut Random, one_in: usize) -> Option<String> {
    let known = !random.one_in(20);
    random.one_in(one_in).then(|| if known { random.pick(&SCOPES) } else { "initech" }.to_owned())
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

impl Case {
    /// Puts the question to a snapshot.
    pub(crate) fn ask<R>(&self, snapshot: &Snapshot, work: impl FnOnce(&Query<'_>) -> R) -> R {
        let principal = match self.anonymous {
            true => snapshot.anonymous(),
            false => snapshot.principal(PrincipalClaims {
                source: None,
                id: self.id.clone(),
                roles: self.roles.clone(),
                attributes: self.claims.clone(),
                scope: self.principal_scope.clone(),
            }),
        };
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        work(&Query {
            principal: &principal,
            action: &self.action,
            resource: Resource {
                kind: &self.kind,
                id: self.resource_id.as_deref(),
                attributes: Map::from(&self.attributes),
            },
            scope: self.scope.as_deref(),
            request: RequestFacts {
                method: Some(&self.method),
                path: Some(&self.path),
                host: Some(&self.host),
                headers: Headers(&headers),
                time: self.time,
                ..RequestFacts::default()
            },
        })
    }
}
