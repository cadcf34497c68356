//! Policy sets that are edited, and questions, over a small vocabulary.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use crate::condition::{Environment, Map};
use crate::data::{Data, Fields};
use crate::engine::{Effect, Query, RequestFacts, Resource, Scratch};
use crate::http::{BudgetMode, Downgrade, Headers, ModelApi, OrgAttribute, RouteBudget, Source, Surroundings};
use crate::identity::{Evidence, IdentityMethod, IdentitySource, PeerNames, Presented, PrincipalClaims, TrustedPeers};
use crate::set::{
    AttributeSource, Auth, Condition, DerivedRole, DirectoryEntry, Enforcement, Names, PathTemplate, Policy, PolicySet,
    Route, RouteBody, TemplateSegment, Unmatched, Window,
};
use crate::snapshot::Snapshot;
use crate::time::Timestamp;

/// SplitMix64.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ z >> 31) % bound as u64).unwrap()
    }

    pub(super) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const TEXTS: [&str; 40] = [
    "resource.ownerId == principal.id",
    "resource.level < 3",
    "resource.level > 2 && principal.team == 'blue'",
    "principal.team == resource.team || resource.public",
    "principal.missing == 'x'",
    "resource.missing > 1",
    "has(principal.team) ? principal.team != 'red' : resource.level == 1",
    "resource.team in ['red', 'blue']",
    "resource.team in ['red', 'green']",
    "principal.roles.exists(r, r in ['role-1', 'role-2', resource.team])",
    "resource.tags.all(t, size(t) > 1)",
    "{'a': 1, 'b': resource.level}.b == 2",
    "{'a': 1, 'b': resource.level}.b == 3",
    "resource.level == 9223372036854775807 || resource.level == 1",
    "resource.level == 9223372036854775806 || resource.level == 1",
    "double(resource.level) * 1.5 > 2.0",
    "double(resource.level) * 1.5 > 3.0",
    "resource.level == 3 || 2u > 1u && 3u < 1u",
    "b'abc' == bytes(resource.team)",
    "b'red' == bytes(resource.team)",
    "request.time > timestamp('2023-11-14T22:13:21Z')",
    "request.time > timestamp('2023-11-14T22:13:23Z')",
    "request.time - timestamp('2023-11-14T22:13:20Z') < duration('2s')",
    "cidr('10.0.0.0/8').containsIP(ip(request.source.ip))",
    "cidr('10.1.0.0/16').containsIP(ip(request.source.ip))",
    "request.source.port > 1000",
    "request.headers['x-team'] == 'blue'",
    "'x-env' in request.headers && request.headers['x-env'] != 'prod'",
    "'x-rare' in request.headers",
    "request.query['debug'] == '1'",
    "request.query['page'] == '2'",
    "request.body.amount > 5",
    "resource.team.matches('^b.*e$')",
    "resource.team.matches('r[a-z]d')",
    "principal.id.startsWith('a')",
    "request.path.endsWith('/1') || request.method == 'POST'",
    "[1, 2, resource.level].map(n, n * 2).exists(n, n == 8)",
    "size(principal.roles) > 2 && resource.kind == 'kind-1'",
    "type(resource.level) == int",
    "1 / (resource.level - 2) == 1",
];

static CONDITIONS: LazyLock<Vec<Condition>> = LazyLock::new(|| {
    let own = |number: usize| format!("resource.level + {number} != {} && resource.team != 't{number}'", number + 3);
    let texts = TEXTS.iter().map(|text| (*text).to_owned()).chain((0..60).map(own));
    texts.map(|text| Condition::lowered(&text, &Environment::policy()).unwrap()).collect()
});

const TEAMS: [&str; 4] = ["red", "blue", "green", "t5"];
const ACTIONS: [&str; 6] = ["view", "edit", "delete", "share", "doc:read", "doc:write"];
const GLOBS: [&str; 5] = ["doc:*", "*e*", "*:read", "s*e", "e*"];
const SCOPES: [&str; 4] = ["acme", "acme.eu", "acme.eu.north", "globex"];
const IDS: [&str; 4] = ["ann", "bob", "carl", "dora"];

/// A set that grows and shrinks.
pub(super) struct Edited {
    pub(super) set: PolicySet,
    /// How many kinds and roles policies name.
    pub(super) kinds: usize,
    pub(super) roles: usize,
    next: usize,
}

impl Edited {
    pub(super) fn new(random: &mut Random, policies: usize) -> Self {
        let identity = IdentitySource {
            name: "gateway".to_owned(),
            method: IdentityMethod::Headers {
                id_header: "x-user".to_owned(),
                roles_header: Some("x-roles".to_owned()),
                scope_header: Some("x-scope".to_owned()),
                trust: TrustedPeers::All,
            },
        };
        let set = PolicySet {
            scopes: SCOPES.map(str::to_owned).into(),
            identity: vec![identity],
            unmatched: Unmatched::Allow,
            ..PolicySet::default()
        };
        let [kinds, roles] = [[1, 3, 12][random.below(3)], [6, 40, 90][random.below(3)]];
        let mut edited = Edited { set, kinds, roles, next: 0 };
        (0..policies).for_each(|_| edited.add_policy(random));
        edited
    }

    pub(super) fn add_policy(&mut self, random: &mut Random) {
        let policy = self.policy(&format!("policy-{}", self.next), random);
        self.next += 1;
        self.set.policies.push(Arc::new(policy));
    }

    /// One of the many things that people do to a set.
    pub(super) fn edit(&mut self, random: &mut Random) {
        match random.below(16) {
            0..5 if !self.set.policies.is_empty() => {
                let at = random.below(self.set.policies.len());
                let name = self.set.policies[at].name.clone();
                let whole = self.policy(&name, random);
                let before = (*self.set.policies[at]).clone();
                self.set.policies[at] = Arc::new(match random.below(5) {
                    0 => Policy { condition: whole.condition, ..before },
                    1 => Policy { effect: whole.effect, enforcement: whole.enforcement, ..before },
                    2 => Policy { actions: whole.actions, ..before },
                    _ => whole,
                });
            }
            5..8 => self.add_policy(random),
            8..10 if !self.set.policies.is_empty() => {
                self.set.policies.swap_remove(random.below(self.set.policies.len()));
            }
            10 => (0..random.below(40)).for_each(|_| self.add_policy(random)),
            11 => {
                let left = self.set.policies.len().saturating_sub(random.below(40));
                self.set.policies.truncate(left);
            }
            12 => {
                let at = random.below(self.set.routes.len() + 1);
                let route = route(random);
                self.set.routes.retain(|other| other.name != route.name);
                self.set.routes.insert(at.min(self.set.routes.len()), route);
            }
            13 if !self.set.routes.is_empty() => {
                self.set.routes.swap_remove(random.below(self.set.routes.len()));
            }
            _ => {
                let entry = entry(random);
                self.set.principals.retain(|other| other.id != entry.id);
                if random.one_in(2) {
                    self.set.principals.push(entry);
                }
            }
        }
    }

    fn policy(&self, name: &str, random: &mut Random) -> Policy {
        let effect = if random.one_in(3) { Effect::Deny } else { Effect::Allow };
        let kinds = self.names("kind", self.kinds, 8, random);
        let mut actions = match random.one_in(8) {
            true => Names::Any,
            false => some(&ACTIONS, random),
        };
        if let Names::Of(names) = &mut actions
            && random.one_in(10)
        {
            names.push(random.pick(&GLOBS).to_owned());
        }
        let ways = match random.below(40) {
            0 => 33 + random.below(6),
            1..8 => 1 + random.below(4),
            _ => 0,
        };
        let roles = match ways > 0 && random.one_in(2) {
            true => Names::Of(Vec::new()),
            false => self.names("role", self.roles, 8, random),
        };
        Policy {
            enforcement: if random.one_in(12) { Enforcement::Shadow } else { Enforcement::Enforce },
            scope: random.one_in(6).then(|| random.pick(&SCOPES).to_owned()),
            kinds,
            actions,
            roles,
            derived_roles: (0..ways).map(|way| self.derived(way, random)).collect(),
            condition: random.one_in(2).then(|| condition(random)),
            window: match random.one_in(12) {
                true => Window { not_before: time(random.below(4)), not_after: time(random.below(6)) },
                false => Window::default(),
            },
            ..Policy::new(name, effect)
        }
    }

    fn derived(&self, way: usize, random: &mut Random) -> Arc<DerivedRole> {
        Arc::new(DerivedRole {
            name: format!("derived-{way}"),
            description: String::new(),
            roles: self.names("role", self.roles, 10, random),
            condition: (!random.one_in(6)).then(|| condition(random)),
        })
    }

    fn names(&self, what: &str, of: usize, any: usize, random: &mut Random) -> Names {
        if random.one_in(any) {
            return Names::Any;
        }
        let count = if random.one_in(12) { 8 } else { 1 + random.below(2) };
        let mut names: Vec<String> = (0..count).map(|_| format!("{what}-{}", random.below(of))).collect();
        // Now and then one that was never heard of.
        if random.one_in(15) {
            names.push(format!("{what}-new-{}", random.below(1 << 20)));
        }
        names.sort();
        names.dedup();
        Names::Of(names)
    }
}

fn condition(random: &mut Random) -> Condition {
    CONDITIONS[random.below(CONDITIONS.len())].clone()
}

fn some(from: &[&str], random: &mut Random) -> Names {
    let mut names: Vec<String> = (0..=random.below(2)).map(|_| random.pick(from).to_owned()).collect();
    names.sort();
    names.dedup();
    Names::Of(names)
}

fn time(step: usize) -> Option<Timestamp> {
    Timestamp::new(1_700_000_000 + i64::try_from(step).unwrap(), 0)
}

/// Some are ambiguous with others.
pub(super) fn route(random: &mut Random) -> Route {
    let segment = |random: &mut Random| match random.below(4) {
        0 => TemplateSegment::Capture,
        _ => TemplateSegment::Literal(random.pick(&["a", "b", "c", "x y"]).to_owned()),
    };
    let segments: Vec<TemplateSegment> = (0..1 + random.below(3)).map(|_| segment(random)).collect();
    let rest = random.one_in(5);
    let captures = segments.iter().filter(|segment| **segment == TemplateSegment::Capture).count() + usize::from(rest);
    let some = |from: &[&str], random: &mut Random| match random.one_in(2) {
        true => Vec::new(),
        false => match some(from, random) {
            Names::Of(names) => names,
            Names::Any => Vec::new(),
        },
    };
    let route = Route {
        name: format!("route-{}", random.below(60)),
        methods: some(&["GET", "POST", "PUT"], random),
        hosts: some(&["one.example", "two.example"], random),
        path: PathTemplate { segments, rest, captures: (0..captures).map(|number| format!("c{number}")).collect() },
        action: random.pick(&ACTIONS).to_owned(),
        kind: format!("kind-{}", random.below(4)),
        id: (captures > 0).then_some(AttributeSource::Capture(0)),
        scope: random.one_in(6).then(|| AttributeSource::Literal(random.pick(&SCOPES).to_owned())),
        attributes: vec![("team".to_owned(), AttributeSource::Literal(random.pick(&TEAMS).to_owned()))],
        auth: if random.one_in(3) { Auth::Optional } else { Auth::Required },
        body: if random.one_in(3) {
            RouteBody::Json { max_bytes: RouteBody::DEFAULT_MAX_BYTES }
        } else {
            RouteBody::Unread
        },
        budget: None,
    };
    match random.one_in(3) {
        true => Route { body: RouteBody::Unread, budget: Some(budget(random)), ..route },
        false => route,
    }
}

fn budget(random: &mut Random) -> RouteBudget {
    let org = [&["team"][..], &["team", "name"], &["missing"]][random.below(3)];
    RouteBudget {
        api: random.one_in(2).then(|| ModelApi::NAMES[random.below(6)].1),
        mode: random.one_in(2).then(|| BudgetMode::NAMES[random.below(3)].1),
        org: random.one_in(2).then(|| OrgAttribute(org.iter().map(|name| Box::from(*name)).collect())),
        default_output: random.one_in(2).then(|| 1 + random.below(10_000) as u64),
        prompt_elsewhere: random.one_in(2).then(|| random.below(10_000) as u64),
        include_usage: random.one_in(2),
        downgrade: random.one_in(2).then(|| Downgrade { below: u8::try_from(random.below(101)).unwrap() }),
        max_bytes: 1 + random.below(RouteBudget::MAX_BYTES),
    }
}

fn entry(random: &mut Random) -> DirectoryEntry {
    let id = match random.one_in(2) {
        true => random.pick(&IDS).to_owned(),
        false => format!("user-{}", random.below(200)),
    };
    DirectoryEntry {
        source: "gateway".to_owned(),
        id,
        roles: vec![format!("role-{}", random.below(8))],
        attributes: Fields::new(vec![("team".into(), Data::from(random.pick(&TEAMS)))]).unwrap(),
    }
}

/// What two snapshots are asked alike.
#[derive(Debug)]
pub(super) struct Asked {
    claims: PrincipalClaims,
    anonymous: bool,
    kind: String,
    action: &'static str,
    attributes: Fields,
    scope: Option<&'static str>,
    body: Data,
    time: Option<Timestamp>,
    ip: String,
    path: String,
    method: &'static str,
    host: &'static str,
    query: &'static str,
    headers: Vec<(&'static str, String)>,
}

pub(super) fn ask(edited: &Edited, random: &mut Random) -> Asked {
    let kind = match random.below(10) {
        0 => "unheard-of".to_owned(),
        _ => format!("kind-{}", random.below(edited.kinds)),
    };
    let roles: Vec<String> = (0..random.below(4)).map(|_| format!("role-{}", random.below(edited.roles))).collect();
    let team = Data::from(random.pick(&TEAMS));
    let tags = Data::List([Data::from("x"), Data::from("yy")].into_iter().skip(random.below(2)).collect());
    let mut attributes = vec![
        ("level".into(), Data::Int(i64::try_from(random.below(5)).unwrap())),
        ("ownerId".into(), Data::from(random.pick(&IDS))),
        ("tags".into(), tags),
        ("public".into(), Data::Bool(random.one_in(2))),
    ];
    if !random.one_in(6) {
        attributes.push(("team".into(), team.clone()));
    }
    let known = if random.one_in(2) { vec![("team".into(), team)] } else { Vec::new() };
    let scope = |random: &mut Random| {
        random.one_in(4).then(|| if random.one_in(10) { "initech" } else { random.pick(&SCOPES) })
    };
    let (id, of_principal) = (random.pick(&IDS).to_owned(), scope(random).filter(|_| random.one_in(3)));
    let mut headers = vec![("x-user", id.clone()), ("x-roles", roles.join(","))];
    headers.extend(of_principal.map(|scope| ("x-scope", scope.to_owned())));
    for (name, value) in [("x-team", "blue"), ("x-env", "prod"), ("x-rare", "1")] {
        (0..[0, 1, 1, 1, 2][random.below(5)]).for_each(|_| headers.push((name, value.to_owned())));
    }
    let depth = 1 + random.below(4);
    let path: String = (0..depth).map(|_| format!("/{}", random.pick(&["a", "b", "c", "d", "x%20y"]))).collect();
    Asked {
        claims: PrincipalClaims {
            source: Some("gateway".to_owned()),
            id,
            roles,
            attributes: Fields::new(known).unwrap(),
            scope: of_principal.map(str::to_owned),
        },
        anonymous: random.one_in(8),
        kind,
        action: if random.one_in(12) { "unheard:edit" } else { random.pick(&ACTIONS) },
        attributes: Fields::new(attributes).unwrap(),
        scope: scope(random),
        body: Data::Map(Fields::new(vec![("amount".into(), Data::Int(if random.one_in(2) { 3 } else { 8 }))]).unwrap()),
        time: (!random.one_in(10)).then(|| time(random.below(6))).flatten(),
        ip: format!("10.{}.0.1", random.below(3)),
        path,
        method: random.pick(&["GET", "POST", "PUT"]),
        host: random.pick(&["one.example", "two.example", "three.example"]),
        query: random.pick(&["", "?debug=1", "?page=2", "?debug=1&page=2", "?debug=1&debug=1", "?page=1&page=2"]),
        headers,
    }
}

impl Asked {
    /// Everything that a snapshot says of it: the decision, every candidate, and what an HTTP request like it comes to. With
    /// who asked before kept in `scratch`.
    pub(super) fn answers(&self, snapshot: &Snapshot, scratch: &mut Scratch) -> String {
        let principal = match self.anonymous {
            true => snapshot.anonymous(),
            false => snapshot.principal(self.claims.clone()),
        };
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let query = Query {
            principal: &principal,
            action: self.action,
            resource: Resource { kind: &self.kind, id: Some("1"), attributes: Map::from(&self.attributes) },
            scope: self.scope,
            request: RequestFacts {
                method: Some(self.method),
                path: Some(&self.path),
                host: Some(self.host),
                headers: Headers(&headers),
                body: Some(&self.body),
                time: self.time,
                source: Some(Source { ip: &self.ip, port: 2000 }),
                ..RequestFacts::default()
            },
        };
        let mut text = format!("{:?}\n", snapshot.decide(&query, scratch));
        text += &format!("{:?}\n", snapshot.trace(&query, scratch));
        text + &self.http(snapshot, scratch)
    }

    fn http(&self, snapshot: &Snapshot, scratch: &mut Scratch) -> String {
        let target = format!("{}{}", self.path, self.query);
        let mut headers: Vec<(&[u8], &[u8])> = vec![
            (b":method", self.method.as_bytes()),
            (b":path", target.as_bytes()),
            (b":authority", self.host.as_bytes()),
            (b":scheme", b"https"),
        ];
        if !self.anonymous {
            headers.extend(self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        }
        let outcome = snapshot.check_http(Headers(&headers), None, self, scratch);
        let principal = outcome.principal.as_ref();
        let who = principal.map(|who| (who.id(), who.roles(), who.attributes(), who.scope(), who.is_anonymous()));
        format!(
            "{:?} {:?} {:?} {:?} {who:?} {:?} {:?} {:?} {:?} {} {:?} {:?} {:?}\n",
            outcome.verdict,
            outcome.reason,
            outcome.detail,
            outcome.route,
            outcome.policy,
            outcome.nearest,
            outcome.scope,
            outcome.shadow,
            outcome.errors,
            outcome.first_error,
            outcome.budget,
            outcome.charge(snapshot),
        )
    }
}

impl Evidence for Asked {
    fn jwt_metadata(&self, _key: &str) -> Presented<Fields> {
        Presented::Absent
    }

    fn jwt_payload(&self, _header: &[u8]) -> Presented<Fields> {
        Presented::Absent
    }

    fn peer(&self) -> Presented<PeerNames> {
        Presented::Absent
    }
}

impl Surroundings for Asked {
    fn time(&self) -> Option<Timestamp> {
        self.time
    }

    fn source(&self) -> Option<SocketAddr> {
        format!("{}:2000", self.ip).parse().ok()
    }
}
