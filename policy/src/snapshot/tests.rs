//! The snapshot format: a committed golden file, canonical bytes, and damage of every kind.

use std::path::Path;
use std::sync::Arc;

use crate::condition::Environment;
use crate::data::{Data, Fields};
use crate::engine::Effect;
use crate::engine::{Query, RequestFacts, Resource, Scratch};
use crate::http::{BudgetMode, Downgrade, ModelApi, OrgAttribute, RouteBudget};
use crate::identity::PrincipalClaims;
use crate::identity::{ClaimsFrom, IdentityMethod, IdentitySource, SanKind, TrustedPeers};
use crate::set::{
    AttributeSource, Auth, Condition, DerivedRole, DirectoryEntry, Enforcement, Names, PathTemplate, Policy, PolicySet,
    Route, RouteBody, TemplateSegment, Unmatched, Window,
};
use crate::time::Timestamp;
use proptest::prelude::*;

use super::chunk::ChunkKind;
use super::{Attestation, Compiler, Content, DecodeError, Head, Snapshot, SnapshotId, encode};

pub(super) const ID: SnapshotId = SnapshotId { epoch: 3, version: 14 };

fn chunks(set: &PolicySet) -> Vec<(ChunkKind, Vec<u8>)> {
    let content = Compiler::default().compile(set).unwrap();
    let of_kind = |kind| content.chunks(kind).iter().map(move |chunk| (kind, chunk.to_vec())).collect::<Vec<_>>();
    ChunkKind::ALL.into_iter().flat_map(of_kind).collect()
}

fn assemble(chunks: &[(ChunkKind, Vec<u8>)], id: SnapshotId) -> Vec<u8> {
    Content::of(chunks.iter().map(|(kind, bytes)| (*kind, bytes.as_slice().into()))).encode(id, &[])
}

#[test]
fn the_golden_snapshot_is_what_the_encoder_writes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/format-6.snapshot");
    let encoded = encode(&everything(), ID).unwrap();
    if std::env::var_os("TOLLGATE_BLESS").is_some() {
        std::fs::write(&path, &encoded).unwrap();
    }
    let golden = std::fs::read(&path).expect("the golden file is committed; TOLLGATE_BLESS=1 writes a new one");
    assert!(golden == encoded, "the format has changed: raise its version, or undo the change");
    let snapshot = Snapshot::decode(&golden).unwrap();
    assert_eq!((snapshot.id(), snapshot.policy_count(), snapshot.route_count()), (ID, 5, 2));
    assert_eq!(snapshot.headers_read().collect::<Vec<_>>(), ["x-team", "x-user-id", "x-user-roles", "x-user-scope"]);
}

#[test]
fn the_digest_is_of_the_content_not_of_the_id_or_the_order() {
    let mut set = everything();
    let digest = |set: &PolicySet, id| Snapshot::decode(encode(set, id).unwrap()).unwrap().digest();
    let before = digest(&set, ID);
    set.policies.reverse();
    assert_eq!(digest(&set, SnapshotId { epoch: 9, version: 1 }), before);
    Arc::make_mut(&mut set.policies[0]).effect = Effect::Deny;
    assert_ne!(digest(&set, ID), before);
}

#[test]
fn every_flipped_bit_is_noticed() {
    let bytes = encode(&everything(), ID).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            assert!(Snapshot::decode(&damaged).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn who_vouches_for_a_snapshot_is_read_before_the_rest() {
    let content = Compiler::default().compile(&everything()).unwrap();
    let attestation = |key: &str| Attestation {
        key: key.to_owned(),
        audience: "production".to_owned(),
        issued_at: 1_700_000_000_123,
        signature: [7; 64],
    };
    let attestations = [attestation("2026-10"), attestation("2026-11")];
    let bytes = content.encode(ID, &attestations);
    let head = Head { id: ID, digest: content.digest(), attestations: attestations.to_vec() };
    assert_eq!(Head::of_snapshot(&bytes[..512]).unwrap(), head);
    let snapshot = Snapshot::decode(&bytes).unwrap();
    assert_eq!(snapshot.attestations(), attestations);
    assert!(snapshot.encode() == bytes);
    let long = content.encode(ID, &[attestation(&"k".repeat(65))]);
    assert!(Head::of_snapshot(&long).unwrap_err().to_string().contains("more bytes in a key's id"));
    let many = content.encode(ID, &vec![attestation("k"); 9]);
    assert!(Head::of_snapshot(&many).unwrap_err().to_string().contains("more attestations"));
}

#[test]
fn what_is_signed_differs_with_everything_that_it_vouches_for() {
    let digest = Compiler::default().compile(&everything()).unwrap().digest();
    let other = Compiler::default().compile(&PolicySet::default()).unwrap().digest();
    let later = SnapshotId { version: 15, ..ID };
    let statements = [
        Attestation::statement("a", ID, &digest, 1),
        Attestation::statement("b", ID, &digest, 1),
        Attestation::statement("", ID, &digest, 1),
        Attestation::statement("a", later, &digest, 1),
        Attestation::statement("a", ID, &other, 1),
        Attestation::statement("a", ID, &digest, 2),
    ];
    let distinct: std::collections::HashSet<_> = statements.iter().collect();
    assert_eq!(distinct.len(), statements.len());
}

#[test]
fn every_truncation_and_any_trailing_byte_is_noticed() {
    let mut bytes = encode(&everything(), ID).unwrap();
    for len in 0..bytes.len() {
        assert!(Snapshot::decode(&bytes[..len]).is_err(), "{len} bytes");
    }
    bytes.push(0);
    assert_eq!(Snapshot::decode(&bytes).unwrap_err(), DecodeError::Trailing(1, "snapshot"));
}

#[test]
fn policies_that_are_not_as_many_as_announced_are_refused() {
    let set = everything();
    let whole = chunks(&set);
    let fewer = chunks(&PolicySet { policies: set.policies[1..].to_vec(), ..set.clone() });
    for (announcing, policies) in [(&whole, &fewer), (&fewer, &whole)] {
        let settings = announcing.iter().take(1);
        let mixed: Vec<_> = settings.chain(policies.iter().skip(1)).cloned().collect();
        assert_eq!(Snapshot::decode(assemble(&mixed, ID)).unwrap_err(), DecodeError::Totals);
    }
}

#[test]
fn other_formats_are_refused_by_number() {
    let mut bytes = encode(&everything(), ID).unwrap();
    bytes[6] = 0xff;
    assert_eq!(
        Snapshot::decode(&bytes).unwrap_err().to_string(),
        "snapshot format 255 is not supported, this build reads format 6"
    );
    assert_eq!(Snapshot::decode(b"{}").unwrap_err(), DecodeError::NotASnapshot);
}

#[test]
fn a_set_that_expands_past_the_limit_is_refused_when_it_is_compiled() {
    let many = |what: &str| Names::Of((0..300).map(|index| format!("{what}-{index}")).collect());
    let mut set = everything();
    Arc::make_mut(&mut set.policies[0]).kinds = many("kind");
    Arc::make_mut(&mut set.policies[0]).actions = many("action");
    Arc::make_mut(&mut set.policies[0]).roles = many("role");
    let error = encode(&set, ID).unwrap_err().to_string();
    assert!(error.contains("more combinations of kind, action and role than the limit"), "{error}");
}

/// Little input that asks for much memory: routes whose trees are copied for every host, and strings that are copied
/// wherever they are named.
#[test]
fn what_grows_when_it_is_decoded_is_bounded() {
    let too_much = |set: &PolicySet| encode(set, ID).unwrap_err().to_string();
    let mut set = everything();
    let segment = |index: usize| TemplateSegment::Literal(format!("s{index}"));
    for index in 0..120 {
        let mut route = set.routes[0].clone();
        route.hosts = (0..256).map(|host| format!("h{host}.example.com")).collect();
        route.path.segments = (0..62).map(|at| segment(index * 100 + at)).chain([TemplateSegment::Capture]).collect();
        set.routes.push(route);
    }
    assert!(too_much(&set).contains("more bytes once it is decoded than the limit"));
    let mut set = everything();
    let long = Data::String("x".repeat(8 << 10).into());
    for index in 0..10_000 {
        let entry = &set.principals[0];
        let attributes = Fields::new(vec![("a".into(), long.clone())]).unwrap();
        set.principals.push(DirectoryEntry { id: format!("p{index}"), attributes, ..entry.clone() });
    }
    assert!(too_much(&set).contains("more bytes once it is decoded than the limit"));
}

#[test]
fn what_globs_cost_is_bounded() {
    let policy = |name: String, actions: Vec<String>| Policy {
        kinds: Names::Any,
        actions: Names::Of(actions),
        roles: Names::Any,
        ..Policy::new(&name, Effect::Allow)
    };
    let many = |what: &str, count: usize| (0..count).map(|index| format!("{what}{index}")).collect::<Vec<_>>();
    let refused = |policies: Vec<Policy>| {
        let policies = policies.into_iter().map(Arc::new).collect();
        encode(&PolicySet { policies, ..PolicySet::default() }, ID).unwrap_err().to_string()
    };
    let globs = || (0..4).map(|part| policy(format!("globs-{part}"), many(&format!("{part}*"), 250)));
    let actions = (0..40).map(|part| policy(format!("actions-{part}"), many(&format!("action-{part}-"), 250)));
    assert!(refused(globs().chain(actions).collect()).contains("more bytes of actions to match with globs"));
    let more = policy("more".to_owned(), many("more*", 250));
    assert!(refused(globs().chain([more]).collect()).contains("more globs of actions than the limit of 1024"));
    assert!(refused(vec![policy("long".to_owned(), vec!["*".repeat(300)])]).contains("more bytes in a glob"));
}

#[test]
fn a_scope_has_its_parent_and_a_policy_its_scope() {
    let refused = |scopes: &[&str], of_policy: &str| {
        let mut set = everything();
        set.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Arc::make_mut(&mut set.policies[0]).scope = Some(of_policy.to_owned());
        encode(&set, ID).unwrap_err().to_string()
    };
    assert!(refused(&["acme", "acme.eu", "b.c"], "acme").contains("invalid scope without its parent"));
    assert!(refused(&["acme", "acme.eu"], "globex").contains("invalid scope at byte"));
    let deep: Vec<String> = (1..=17).map(|depth| vec!["a"; depth].join(".")).collect();
    let deep: Vec<&str> = deep.iter().map(String::as_str).collect();
    assert!(refused(&deep, "a").contains("more levels of scopes than the limit of 16"));
}

#[test]
fn a_policy_about_nothing_is_refused() {
    for nothing in ["kinds", "actions", "roles"] {
        let mut set = everything();
        let policy = Arc::make_mut(&mut set.policies[2]);
        match nothing {
            "kinds" => policy.kinds = Names::Of(vec![]),
            "actions" => policy.actions = Names::Of(vec![]),
            _ => policy.roles = Names::Of(vec![]),
        }
        let error = encode(&set, ID).unwrap_err().to_string();
        assert!(error.contains("invalid list of names") || error.contains("invalid policy without roles"), "{error}");
    }
}

/// Where the budget of the only route begins in its chunk, after its flags and the absent size of its body.
fn budget_at(chunk: &[u8]) -> usize {
    let api = u8::try_from(1 + ModelApi::NAMES.iter().position(|(_, api)| *api == ModelApi::Gemini).unwrap()).unwrap();
    chunk.windows(4).rposition(|bytes| bytes == [2, 0, api, 2]).unwrap() + 2
}

#[test]
fn a_budget_that_no_encoder_writes_is_refused() {
    let mut set = PolicySet { routes: everything().routes, ..PolicySet::default() };
    set.routes.remove(0);
    set.routes[0].auth = Auth::Required;
    let org = Some(OrgAttribute(["org"].map(Box::from).into()));
    let budget = RouteBudget {
        api: Some(ModelApi::Gemini),
        mode: Some(BudgetMode::Advisory),
        org,
        default_output: Some(7),
        prompt_elsewhere: Some(5),
        include_usage: true,
        downgrade: Some(Downgrade { below: 10 }),
        max_bytes: 9,
    };
    set.routes[0].budget = Some(budget);
    let chunks = chunks(&set);
    let place = chunks.iter().position(|(kind, _)| *kind == ChunkKind::Routes).unwrap();
    let at = budget_at(&chunks[place].1);
    // API, mode, names of the attribute and the reference to the one, default output, prompt elsewhere, whether usage is asked for, downgrade, size of bodies.
    let expected = |string| [&[5, 2, 1], &[string][..], &[7, 6, 1, 11, 9]].concat();
    let string = chunks[place].1[at + 3];
    assert_eq!(chunks[place].1[at..], expected(string));
    let with = |offset: usize, bytes: &[u8]| {
        let mut chunks = chunks.clone();
        chunks[place].1.splice(at + offset..=at + offset, bytes.iter().copied());
        Snapshot::decode(assemble(&chunks, ID)).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(with(0, &[5]), Ok(()));
    let refused = |offset: isize, bytes: &[u8], what: &str| {
        let mut chunks = chunks.clone();
        let at = at.checked_add_signed(offset).unwrap();
        chunks[place].1.splice(at..=at, bytes.iter().copied());
        let error = Snapshot::decode(assemble(&chunks, ID)).unwrap_err().to_string();
        assert!(error.contains(what), "{offset} {bytes:?}: {error}");
    };
    refused(-2, &[4], "invalid flags of a route");
    refused(-2, &[0], "bytes follow the end");
    refused(-1, &[1], "invalid body size");
    refused(0, &[7], "invalid API of models");
    refused(1, &[4], "invalid budget mode");
    refused(2, &[9], "invalid count");
    refused(3, &[200, 1], "invalid string reference");
    refused(4, &[0xff, 0xff, 0xff, 0xff, 0x7f], "invalid number of tokens");
    refused(5, &[0xff, 0xff, 0xff, 0xff, 0x7f], "invalid number of tokens");
    refused(6, &[2], "invalid boolean");
    refused(7, &[102], "invalid share of a limit");
    refused(8, &[0], "invalid body size");
    refused(8, &[0x81, 0x80, 0x80, 8], "invalid body size");
    let nine = [&[9][..], &[string; 9]].concat();
    refused(2, &nine, "more names that lead to an organisation than the limit of 8");
}

/// A route without a budget takes as many bytes as it did before there were any.
#[test]
fn only_routes_with_a_budget_are_longer_for_it() {
    let chunk = |budget: Option<RouteBudget>| {
        let mut route = everything().routes.remove(1);
        route.budget = budget;
        let set = PolicySet { routes: vec![route], ..PolicySet::default() };
        chunks(&set).into_iter().find(|(kind, _)| *kind == ChunkKind::Routes).unwrap().1
    };
    let without = chunk(None);
    // The last two bytes: `auth: optional`, and that bodies pass unread.
    assert_eq!(without[without.len() - 2..], [1, 0]);
    let with = chunk(Some(RouteBudget::default()));
    assert_eq!(with[..without.len() - 2], without[..without.len() - 2]);
    assert_eq!(with[without.len() - 2..], [3, 0, 0, 0, 0, 0, 0, 1, 0, 0x80, 0x80, 0x40]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// What a liar could send: damaged chunks under a right digest and seal. Decoding may refuse or not; it must return,
    /// and what it returns must be able to decide.
    #[test]
    fn damaged_chunks_with_a_right_digest_never_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut chunks = chunks(&everything());
        for (chunk, at, byte) in edits {
            let chunk_index = chunk.index(chunks.len());
            let chunk = &mut chunks[chunk_index].1;
            if !chunk.is_empty() {
                let at = at.index(chunk.len());
                chunk[at] = byte;
            }
        }
        if let Ok(snapshot) = Snapshot::decode(assemble(&chunks, ID)) {
            let claims = PrincipalClaims {
                source: Some("tokens".to_owned()),
                id: "alice".to_owned(),
                roles: vec!["editor".to_owned()],
                attributes: attributes(),
                scope: Some("acme.eu".to_owned()),
            };
            let principal = snapshot.principal(claims);
            let attributes = attributes();
            let resource = Resource { kind: "document", id: None, attributes: (&attributes).into() };
            let request = RequestFacts::default();
            let query = Query { principal: &principal, action: "documents:edit", resource, scope: None, request };
            let _ = snapshot.decide(&query, &mut Scratch::default());
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), marked in any::<bool>()) {
        let mut bytes = bytes;
        if marked {
            bytes.splice(0..0, *b"TGSNAP\x05\0");
        }
        let _ = Snapshot::decode(&bytes);
    }
}

/// A set that uses every feature of the format.
pub(super) fn everything() -> PolicySet {
    let names = |names: &[&str]| Names::Of(names.iter().map(|name| (*name).to_owned()).collect());
    let condition = |text: &str| Some(Condition::lowered(text, &Environment::policy()).unwrap());
    let policy = |name: &str, effect, condition| Policy {
        description: "not part of a snapshot".to_owned(),
        kinds: names(&["document", "invoice"]),
        actions: names(&["view"]),
        roles: names(&["editor"]),
        condition,
        ..Policy::new(name, effect)
    };
    let owner = Arc::new(DerivedRole {
        name: "owner".to_owned(),
        description: "not part of a snapshot either".to_owned(),
        roles: names(&["editor", "author"]),
        condition: condition("resource.ownerId == principal.id"),
    });
    let time = |seconds| Timestamp::new(seconds, 5);
    let every_operation = "principal.roles.exists(r, r == 'x' && !(r in ['a', resource.id])) \
        || resource.attr.tags.all(t, has(t.level) ? t.level >= -1 : size(t) != 2u) \
        || (principal.attr['limits'][0] + 1.5) * 2.0 / 3.0 - 1.0 < 7.0 || 5 % 2 > 1 || 1 <= 2 && true \
        || 'x-team' in request.headers && request.headers['x-team'].startsWith('b') \
        || request.path.endsWith('/') || request.host.contains('a') || request.method == 'GET' || principal.id == null \
        || has(resource.kind) || resource.kind == 'x' || -size(principal.attr) == 3 || has(principal.nothing) || false";
    PolicySet {
        policies: Vec::from(
            [
                policy("allow-all", Effect::Allow, condition(every_operation)),
                Policy {
                    kinds: Names::Any,
                    actions: Names::Any,
                    roles: Names::Any,
                    ..policy("deny-all", Effect::Deny, None)
                },
                policy("plain", Effect::Allow, None),
                Policy {
                    enforcement: Enforcement::Shadow,
                    scope: Some("acme.eu".to_owned()),
                    actions: names(&["edit", "documents:*", "*:read"]),
                    derived_roles: vec![Arc::clone(&owner)],
                    window: Window { not_before: time(1_700_000_000), not_after: time(1_800_000_000) },
                    ..policy("every-field", Effect::Deny, condition("resource.kind == 'document'"))
                },
                Policy {
                    scope: Some("acme".to_owned()),
                    kinds: Names::Any,
                    roles: names(&[]),
                    derived_roles: vec![Arc::clone(&owner)],
                    ..policy("owners", Effect::Allow, None)
                },
            ]
            .map(Arc::new),
        ),
        derived_roles: vec![owner],
        scopes: ["acme", "acme.eu"].map(str::to_owned).into(),
        routes: vec![
            Route {
                name: "document".to_owned(),
                methods: vec!["GET".to_owned()],
                hosts: vec!["api.example.com".to_owned()],
                path: PathTemplate {
                    segments: vec![TemplateSegment::Literal("documents".to_owned()), TemplateSegment::Capture],
                    rest: false,
                    captures: vec!["id".to_owned()],
                },
                action: "view".to_owned(),
                kind: "document".to_owned(),
                id: Some(AttributeSource::Capture(0)),
                scope: Some(AttributeSource::Literal("acme".to_owned())),
                attributes: vec![("tier".to_owned(), AttributeSource::Literal("gold".to_owned()))],
                auth: Auth::Required,
                body: RouteBody::Json { max_bytes: RouteBody::DEFAULT_MAX_BYTES },
                budget: None,
            },
            Route {
                name: "files".to_owned(),
                methods: vec![],
                hosts: vec![],
                path: PathTemplate { segments: vec![], rest: true, captures: vec!["rest".to_owned()] },
                action: "read".to_owned(),
                kind: "file".to_owned(),
                id: None,
                scope: None,
                attributes: vec![("path".to_owned(), AttributeSource::Capture(0))],
                auth: Auth::Optional,
                body: RouteBody::Unread,
                budget: Some(RouteBudget {
                    api: Some(ModelApi::BedrockConverse),
                    mode: Some(BudgetMode::Advisory),
                    org: Some(OrgAttribute(["realm", "org"].map(Box::from).into())),
                    default_output: Some(1024),
                    prompt_elsewhere: Some(0),
                    include_usage: false,
                    downgrade: Some(Downgrade { below: 10 }),
                    max_bytes: RouteBudget::MAX_BYTES,
                }),
            },
        ],
        unmatched: Unmatched::Allow,
        identity: vec![
            source(
                "tokens",
                IdentityMethod::Jwt {
                    claims: ClaimsFrom::Metadata("jwt_payload".to_owned()),
                    id_claim: "sub".to_owned(),
                    roles_claim: Some("realm.roles".to_owned()),
                    scope_claim: Some("tenant".to_owned()),
                },
            ),
            source(
                "mesh",
                IdentityMethod::Mtls {
                    san: SanKind::Dns,
                    roles: vec!["service".to_owned()],
                    scope: Some("acme".to_owned()),
                },
            ),
            source(
                "gateway",
                IdentityMethod::Headers {
                    id_header: "x-user-id".to_owned(),
                    roles_header: Some("x-user-roles".to_owned()),
                    scope_header: Some("x-user-scope".to_owned()),
                    trust: TrustedPeers::Sans(vec!["spiffe://example.com/gateway".to_owned()]),
                },
            ),
        ],
        principals: vec![DirectoryEntry {
            source: "tokens".to_owned(),
            id: "alice".to_owned(),
            roles: vec!["editor".to_owned()],
            attributes: attributes(),
        }],
        ..PolicySet::default()
    }
}

fn source(name: &str, method: IdentityMethod) -> IdentitySource {
    IdentitySource { name: name.to_owned(), method }
}

fn attributes() -> Fields {
    let scalars =
        [Data::Null, Data::Bool(true), Data::Bool(false), Data::Int(-1), Data::UInt(u64::MAX), Data::Double(0.5)];
    let inner = Fields::new(vec![("deep".into(), Data::from("text"))]).unwrap();
    Fields::new(vec![("list".into(), Data::List(scalars.into())), ("map".into(), Data::Map(inner))]).unwrap()
}
