//! A small policy set for tests: documents behind a token, with a header source for a trusted gateway.

use std::net::SocketAddr;
use std::sync::Arc;

use tollgate_policy::condition::Environment;
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::http::Surroundings;
use tollgate_policy::identity::{Evidence, PeerNames, Presented};
use tollgate_policy::related::{self, PartContent, PartId, PolicyKey, Similarity};
use tollgate_policy::set::{
    AttributeSource, Auth, ClaimsFrom, Condition, Effect, IdentityMethod, IdentitySource, Names, PathTemplate, Policy,
    PolicySet, Route, RouteBody, TemplateSegment, TrustedPeers, Unmatched,
};
use tollgate_policy::snapshot::{Attestation, SnapshotId, encode};
use tollgate_policy::time::Timestamp;

/// The set: editors may view documents unless these are locked, which takes a claim to tell.
pub(crate) fn set() -> PolicySet {
    PolicySet {
        policies: Vec::from(
            [
                policy("documents-locked", Effect::Deny, "*", Some("principal.locked == resource.id")),
                policy("editors-view", Effect::Allow, "editor", None),
            ]
            .map(Arc::new),
        ),
        routes: vec![route("documents", Auth::Required), route("public", Auth::Optional)],
        unmatched: Unmatched::Deny,
        identity: vec![
            IdentitySource {
                name: "token".into(),
                method: IdentityMethod::Jwt {
                    claims: ClaimsFrom::Metadata("jwt_payload".into()),
                    id_claim: "sub".into(),
                    roles_claim: Some("roles".into()),
                    scope_claim: None,
                },
            },
            IdentitySource {
                name: "gateway".into(),
                method: IdentityMethod::Headers {
                    id_header: "x-user".into(),
                    roles_header: Some("x-user-roles".into()),
                    scope_header: None,
                    trust: TrustedPeers::Sans(vec!["gateway.internal".into()]),
                },
            },
        ],
        ..PolicySet::default()
    }
}

/// That set, encoded.
pub(crate) fn snapshot(set: &PolicySet, version: u64) -> Vec<u8> {
    encode(set, SnapshotId { epoch: 1, version }).unwrap()
}

/// The only part of an index snapshot of that set: its policies are like each other, and like one that is gone.
pub(crate) fn part(revision: u64, attestations: &[Attestation]) -> Vec<u8> {
    part_content(revision).encode(attestations)
}

/// That part, before it is signed.
pub(crate) fn part_content(revision: u64) -> PartContent {
    let id = PartId { model: "v1".to_owned(), generation: 1, revision, parts: 1, number: 0 };
    let like = |name: &str, cosine| (PolicyKey::of(name), Similarity::of_cosine(cosine).unwrap());
    let mut policies =
        [("documents-locked", "editors-view"), ("editors-view", "documents-locked")].map(|(name, other)| {
            related::Policy { key: PolicyKey::of(name), neighbours: vec![like("gone", 0.9), like(other, 0.71)] }
        });
    policies.sort_by_key(|policy| policy.key);
    PartContent::new(&id, &policies)
}

fn policy(name: &str, effect: Effect, role: &str, text: Option<&str>) -> Policy {
    let condition = text.map(|text| Condition::lowered(text, &Environment::policy()).unwrap());
    Policy {
        kinds: Names::Of(vec!["document".into()]),
        actions: Names::Of(vec!["view".into()]),
        roles: if role == "*" { Names::Any } else { Names::Of(vec![role.into()]) },
        condition,
        ..Policy::new(name, effect)
    }
}

fn route(name: &str, auth: Auth) -> Route {
    Route {
        name: name.into(),
        methods: vec!["GET".into()],
        hosts: vec![],
        path: PathTemplate {
            segments: vec![TemplateSegment::Literal(name.into()), TemplateSegment::Capture],
            rest: false,
            captures: vec!["id".into()],
        },
        action: "view".into(),
        kind: "document".into(),
        id: Some(AttributeSource::Capture(0)),
        scope: None,
        attributes: vec![],
        auth,
        body: RouteBody::Unread,
        budget: None,
    }
}

/// Evidence as the proxy would have it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) claims: Presented<Fields>,
    pub(crate) peer: Presented<PeerNames>,
}

/// No evidence at all.
pub(crate) const NOBODY: Known = Known { claims: Presented::Absent, peer: Presented::Absent };

/// A verified token of this subject, role and locked document.
pub(crate) fn token(subject: &str, role: &str, locked: Option<&str>) -> Known {
    let mut claims = vec![("sub".into(), Data::from(subject)), ("roles".into(), Data::List([Data::from(role)].into()))];
    claims.extend(locked.map(|id| ("locked".into(), Data::from(id))));
    Known { claims: Presented::Valid(Fields::new(claims).unwrap()), peer: Presented::Absent }
}

/// The certificate of this host.
pub(crate) fn peer(dns: &str) -> Known {
    let names = PeerNames { uris: vec![], dns: vec![dns.into()] };
    Known { claims: Presented::Absent, peer: Presented::Valid(names) }
}

impl Evidence for Known {
    fn jwt_metadata(&self, _: &str) -> Presented<Fields> {
        self.claims.clone()
    }

    fn jwt_payload(&self, _: &[u8]) -> Presented<Fields> {
        Presented::Absent
    }

    fn peer(&self) -> Presented<PeerNames> {
        self.peer.clone()
    }
}

impl Surroundings for Known {
    fn time(&self) -> Option<Timestamp> {
        None
    }

    fn source(&self) -> Option<SocketAddr> {
        None
    }
}
