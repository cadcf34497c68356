//! What comes before a decision, apart: how a request is read, which route it takes, and who asks.

use std::net::SocketAddr;

use criterion::{BatchSize, Criterion};
use tollgate_policy::data::Fields;
use tollgate_policy::engine::Scratch;
use tollgate_policy::http::{Headers, Surroundings};
use tollgate_policy::identity::{Evidence, PeerNames, Presented};
use tollgate_policy::set::{
    AttributeSource, Auth, IdentityMethod, IdentitySource, PathTemplate, PolicySet, Route, RouteBody, TemplateSegment,
    TrustedPeers,
};
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use tollgate_policy::time::Timestamp;

use super::cpu_time::CpuTime;
use super::figures::Figures;
use super::questions::claims;
use super::set::set;
use super::workload::{Variant, Workload, action_name};

const POLICIES: usize = 1_000;
const GROUP: &str = "http";
const BENCHES: [&str; 4] = ["anonymous", "headers", "anonymous_unmatched", "principal"];

/// A route for each kind and action; `open` ones need no identity.
pub(crate) fn bench(criterion: &mut Criterion<CpuTime>) {
    let workload = Workload::new(Variant::Mixed, POLICIES);
    let kinds = 0..POLICIES / 5;
    let routes =
        kinds.flat_map(|kind| (0..5).flat_map(move |action| [route(kind, action, true), route(kind, action, false)]));
    let policies = PolicySet { routes: routes.collect(), identity: vec![identity()], ..set(&workload.specs) };
    let snapshot = Snapshot::decode(encode(&policies, SnapshotId { epoch: 1, version: 1 }).unwrap()).unwrap();
    let mut scratch = Scratch::default();

    let known = workload.cases.iter().filter(|case| case.kind < POLICIES);
    let requests: Vec<Texts> = known
        .map(|case| {
            let person = claims(&workload.people[case.person]);
            let path = |open| format!("{}/{}/1", prefix(case.kind, open), format_args!("user-{}", case.owner));
            Texts {
                method: method(case.action),
                path: path(false),
                open: path(true),
                id: person.id,
                roles: person.roles.join(","),
            }
        })
        .collect();
    let mut turns = requests.iter().cycle();
    let mut check = |of: fn(&Texts) -> (&str, bool)| {
        let texts = turns.next().unwrap();
        let (path, identity) = of(texts);
        let headers = texts.headers(path);
        let headers = if identity { &headers[..] } else { &headers[..8] };
        snapshot.check_http(Headers(headers), None, &Nothing, &mut scratch).route.is_some()
    };
    assert!(check(|texts| (&texts.open, false)) && check(|texts| (&texts.path, true)), "no route was found");

    let mut group = criterion.benchmark_group(GROUP);
    group.throughput(criterion::Throughput::Elements(1));
    group.bench_function(BENCHES[0], |bencher| bencher.iter(|| check(|texts| (&texts.open, false))));
    group.bench_function(BENCHES[1], |bencher| bencher.iter(|| check(|texts| (&texts.path, true))));
    group.bench_function(BENCHES[2], |bencher| bencher.iter(|| check(|_| ("/nowhere", false))));
    let mut people = workload.people.iter().cycle();
    group.bench_function(BENCHES[3], |bencher| {
        bencher.iter_batched(
            || claims(people.next().unwrap()),
            |claims| snapshot.principal(claims),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

pub(crate) fn report(figures: &mut Figures) {
    for bench in BENCHES {
        if let Some(mean) = figures.mean(GROUP, bench) {
            figures.add(&format!("http_{bench}_mean_ns"), mean, "ns");
        }
    }
}

struct Texts {
    method: &'static str,
    path: String,
    open: String,
    id: String,
    roles: String,
}

impl Texts {
    /// As a browser sends them through Envoy; the identity is last.
    fn headers<'a>(&'a self, path: &'a str) -> [(&'a [u8], &'a [u8]); 10] {
        [
            (":method", self.method),
            (":path", path),
            (":authority", "api.example.com"),
            (":scheme", "https"),
            ("accept", "application/json"),
            ("user-agent", "bench/1.0"),
            ("x-forwarded-proto", "https"),
            ("x-request-id", "0b0c1d2e-3f40-4152-8637-485960718293"),
            ("x-user-id", &self.id),
            ("x-user-roles", &self.roles),
        ]
        .map(|(name, value): (&str, &'a str)| -> (&'a [u8], &'a [u8]) { (name.as_bytes(), value.as_bytes()) })
    }
}

fn method(action: usize) -> &'static str {
    ["GET", "PUT", "DELETE", "POST", "PATCH"][action]
}

fn prefix(kind: usize, open: bool) -> String {
    format!("/{}/kind-{kind}", if open { "open" } else { "v1" })
}

fn route(kind: usize, action: usize, open: bool) -> Route {
    let prefix = prefix(kind, open);
    let literals = prefix.split('/').skip(1).map(|segment| TemplateSegment::Literal(segment.to_owned()));
    Route {
        name: format!("{}-{prefix}", method(action)),
        methods: vec![method(action).to_owned()],
        hosts: Vec::new(),
        path: PathTemplate {
            segments: literals.chain([TemplateSegment::Capture, TemplateSegment::Capture]).collect(),
            rest: false,
            captures: vec!["owner".to_owned(), "id".to_owned()],
        },
        action: action_name(action),
        kind: format!("kind-{kind}"),
        id: Some(AttributeSource::Capture(1)),
        scope: None,
        attributes: vec![("ownerId".to_owned(), AttributeSource::Capture(0))],
        auth: if open { Auth::Optional } else { Auth::Required },
        body: RouteBody::Unread,
        budget: None,
    }
}

fn identity() -> IdentitySource {
    let method = IdentityMethod::Headers {
        id_header: "x-user-id".to_owned(),
        roles_header: Some("x-user-roles".to_owned()),
        scope_header: None,
        trust: TrustedPeers::All,
    };
    IdentitySource { name: "gateway".to_owned(), method }
}

/// Nothing is known of a request but its headers.
struct Nothing;

impl Evidence for Nothing {
    fn jwt_metadata(&self, _: &str) -> Presented<Fields> {
        Presented::Absent
    }

    fn jwt_payload(&self, _: &[u8]) -> Presented<Fields> {
        Presented::Absent
    }

    fn peer(&self) -> Presented<PeerNames> {
        Presented::Absent
    }
}

impl Surroundings for Nothing {
    fn time(&self) -> Option<Timestamp> {
        None
    }

    fn source(&self) -> Option<SocketAddr> {
        None
    }
}
