//! What the parts of a policy set come to, from policy files to decisions.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests stop at their own mistakes")]

use tollgate_policy::condition::Map;
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Decision, Effect, Query, Reason, RequestFacts, Resource, Scratch};
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use tollgate_policy::source::{Loader, SourceFile, load};
use tollgate_policy::time::Timestamp;

fn snapshot(text: &str) -> Snapshot {
    let files = [SourceFile::new("policies.yaml", text)];
    let set = load(&files).unwrap_or_else(|problems| panic!("{problems}"));
    Snapshot::decode(encode(&set, SnapshotId::default()).unwrap()).unwrap()
}

/// A question about document 1, which alice owns.
struct Ask<'a> {
    snapshot: &'a Snapshot,
    id: &'a str,
    roles: &'a [&'a str],
    action: &'a str,
    scope: Option<&'a str>,
    principal_scope: Option<&'a str>,
    time: Option<Timestamp>,
}

impl<'a> Ask<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let (scope, principal_scope, time) = (None, None, None);
        Ask { snapshot, id: "alice", roles: &["editor"], action: "view", scope, principal_scope, time }
    }

    fn decide(&self) -> Decision<'a> {
        let principal = self.snapshot.principal(PrincipalClaims {
            id: self.id.to_owned(),
            roles: self.roles.iter().map(|role| (*role).to_owned()).collect(),
            scope: self.principal_scope.map(str::to_owned),
            ..PrincipalClaims::default()
        });
        let attributes = Fields::new(vec![("ownerId".into(), Data::from("alice"))]).unwrap();
        let query = Query {
            principal: &principal,
            action: self.action,
            resource: Resource { kind: "document", id: Some("1"), attributes: Map::from(&attributes) },
            scope: self.scope,
            request: RequestFacts { time: self.time, ..RequestFacts::default() },
        };
        self.snapshot.decide(&query, &mut Scratch::default())
    }

    fn reason(&self) -> Reason {
        self.decide().reason
    }

    fn allows(&self) -> bool {
        self.decide().effect == Effect::Allow
    }
}

#[test]
fn a_derived_role_is_held_where_its_condition_holds() {
    let snapshot = snapshot(
        "variables: {isOwner: resource.ownerId == principal.id}\n\
         derivedRoles: [{name: owner, roles: [editor], condition: variables.isOwner}]\n\
         policies: [{name: owners, resource: document, actions: [view], roles: [owner]}]\n",
    );
    let ask = Ask::of(&snapshot);
    assert!(ask.allows());
    assert_eq!(Ask { id: "bob", ..Ask::of(&snapshot) }.reason(), Reason::NoConditionHolds);
    assert_eq!(Ask { roles: &["viewer"], ..Ask::of(&snapshot) }.reason(), Reason::NoPolicy);
    // A plain role of that name is another one.
    assert_eq!(Ask { id: "bob", roles: &["owner"], ..Ask::of(&snapshot) }.reason(), Reason::NoPolicy);
}

#[test]
fn an_error_in_a_derived_role_fails_closed() {
    let roles = "derivedRoles: [{name: chief, roles: [editor], condition: principal.level > 3}]\n";
    let policy = |effect: &str| {
        format!(
            "{roles}policies: [{{name: p, resource: document, actions: [view], roles: [chief], effect: {effect}}}]\n"
        )
    };
    let (allow, deny) = (snapshot(&policy("allow")), snapshot(&policy("deny")));
    assert_eq!((Ask::of(&allow).reason(), Ask::of(&allow).decide().errors), (Reason::NoConditionHolds, 1));
    assert_eq!(Ask::of(&deny).reason(), Reason::DeniedByFault);
}

#[test]
fn a_policy_met_in_two_ways_is_one_policy() {
    let set = |effect: &str| {
        format!(
            "derivedRoles:\n- {{name: chief, roles: [editor], condition: principal.level > 3}}\n\
             - {{name: boss, roles: [\"*\"], condition: principal.rank > 3}}\n\
             policies: [{{name: p, resource: document, actions: [view], roles: [chief, boss, author], effect: {effect}}}]\n"
        )
    };
    let allow = snapshot(&set("allow"));
    assert_eq!(Ask::of(&allow).decide().errors, 1);
    let by_plain_role = Ask { roles: &["editor", "author"], ..Ask::of(&allow) }.decide();
    assert_eq!((by_plain_role.effect, by_plain_role.errors), (Effect::Allow, 0));
    let deny = snapshot(&set("deny"));
    assert_eq!(Ask { roles: &["editor", "author"], ..Ask::of(&deny) }.reason(), Reason::Denied);
    assert_eq!(Ask::of(&deny).reason(), Reason::DeniedByFault);
}

#[test]
fn a_window_holds_from_its_start_until_before_its_end() {
    let snapshot = snapshot(
        "policies:\n- {name: p, resource: document, actions: [view], roles: [editor], \
         notBefore: 2026-01-01T00:00:00Z, notAfter: 2026-02-01T00:00:00Z}\n",
    );
    let at = |text: &str| Ask { time: Timestamp::parse(text), ..Ask::of(&snapshot) }.allows();
    assert!(at("2026-01-01T00:00:00Z") && at("2026-01-31T23:59:59.999999999Z"));
    assert!(!at("2025-12-31T23:59:59.999999999Z") && !at("2026-02-01T00:00:00Z"));
    let without_time = Ask::of(&snapshot).decide();
    assert_eq!((without_time.effect, without_time.errors), (Effect::Deny, 1));
}

#[test]
fn globs_match_actions_that_policies_name_and_others() {
    let snapshot = snapshot(
        "policies:\n- {name: all, resource: document, actions: [\"documents:*\"], roles: [editor]}\n\
         - {name: none, resource: document, actions: [\"*:delete\"], roles: [editor], effect: deny}\n\
         - {name: view, resource: document, actions: [\"documents:view\"], roles: [viewer]}\n",
    );
    let reason = |action| Ask { action, ..Ask::of(&snapshot) }.reason();
    assert_eq!(reason("documents:view"), Reason::Allowed);
    assert_eq!(reason("documents:never-heard-of"), Reason::Allowed);
    assert_eq!(reason("documents:delete"), Reason::Denied);
    assert_eq!(reason("documents:*"), Reason::Allowed);
    assert_eq!(reason("document"), Reason::NoPolicy);
    // Names of roles and kinds are no actions, but may be asked for as such.
    assert_eq!(reason("editor"), Reason::NoPolicy);
}

const TENANTS: &str = "scopes: [acme, acme.eu, globex]\n\
    policies:\n\
    - {name: base, resource: document, actions: [view, edit], roles: [editor]}\n\
    - {name: acme-only-owners, scope: acme, resource: document, actions: [view], roles: [editor], condition: resource.ownerId == principal.id}\n\
    - {name: europe-closed, scope: acme.eu, resource: \"*\", actions: [edit], roles: [\"*\"], effect: deny}\n\
    - {name: globex-admins, scope: globex, resource: document, actions: [view], roles: [admin]}\n";

#[test]
fn every_level_of_a_scope_that_has_an_allow_must_allow() {
    let snapshot = snapshot(TENANTS);
    let ask = |scope| Ask { scope, ..Ask::of(&snapshot) };
    assert!(ask(None).allows() && ask(Some("acme")).allows() && ask(Some("acme.eu")).allows());
    let refused = Ask { id: "bob", ..ask(Some("acme.eu")) }.decide();
    assert_eq!((refused.reason, refused.scope), (Reason::NoConditionHolds, Some("acme")));
    // The level's policy is for another role: it must allow all the same.
    let refused = ask(Some("globex")).decide();
    assert_eq!((refused.reason, refused.scope), (Reason::NoPolicy, Some("globex")));
    // A level without an allow for the action leaves it to the others.
    assert!(Ask { action: "edit", ..ask(Some("globex")) }.allows());
    // The root must allow, too.
    assert_eq!(Ask { roles: &["admin"], ..ask(Some("globex")) }.reason(), Reason::NoPolicy);
}

#[test]
fn a_deny_holds_in_its_scope_and_below() {
    let snapshot = snapshot(TENANTS);
    let reason = |scope| Ask { action: "edit", scope: Some(scope), ..Ask::of(&snapshot) }.reason();
    assert_eq!((reason("acme.eu"), reason("acme")), (Reason::Denied, Reason::Allowed));
}

#[test]
fn a_scope_that_is_unknown_or_not_the_principals_denies() {
    let snapshot = snapshot(TENANTS);
    let reason = |scope, principal_scope| Ask { scope, principal_scope, ..Ask::of(&snapshot) }.reason();
    assert_eq!(reason(Some("initech"), None), Reason::UnknownScope);
    assert_eq!(reason(Some(""), None), Reason::UnknownScope);
    assert_eq!(reason(None, Some("initech")), Reason::UnknownScope);
    assert_eq!(reason(Some("acme"), Some("acme.eu")), Reason::ScopeMismatch);
    assert_eq!(reason(None, Some("acme")), Reason::Allowed);
    assert_eq!(reason(Some("acme"), Some("acme")), Reason::Allowed);
}

#[test]
fn shadow_policies_decide_nothing_and_tell_what_they_would_have_changed() {
    let snapshot = snapshot(
        "policies:\n- {name: view, resource: document, actions: [view], roles: [editor]}\n\
         - {name: no-view, resource: document, actions: [view], roles: [\"*\"], effect: deny, enforcement: shadow, \
         condition: resource.ownerId != principal.id}\n\
         - {name: edit, resource: document, actions: [edit], roles: [editor], enforcement: shadow}\n\
         - {name: broken, resource: document, actions: [share], roles: [editor], enforcement: shadow, effect: deny, \
         condition: principal.nothing}\n\
         - {name: share, resource: document, actions: [share], roles: [editor]}\n",
    );
    let told = |ask: Ask<'_>| {
        let decision = ask.decide();
        (decision.effect, decision.errors, decision.shadow.map(|outcome| outcome.to_string()))
    };
    assert_eq!(told(Ask::of(&snapshot)), (Effect::Allow, 0, None));
    let would_deny = "deny: a deny policy applies: `no-view`".to_owned();
    assert_eq!(told(Ask { id: "bob", ..Ask::of(&snapshot) }), (Effect::Allow, 0, Some(would_deny)));
    let would_allow = "allow: an allow policy applies: `edit`".to_owned();
    assert_eq!(told(Ask { action: "edit", ..Ask::of(&snapshot) }), (Effect::Deny, 0, Some(would_allow)));
    let by_fault = "deny: a deny policy applies because its condition failed to evaluate: `broken`".to_owned();
    assert_eq!(told(Ask { action: "share", ..Ask::of(&snapshot) }), (Effect::Allow, 0, Some(by_fault)));
}

#[test]
fn a_shadow_allow_shows_that_its_scope_would_have_to_allow() {
    let snapshot = snapshot(
        "scopes: [acme]\npolicies:\n- {name: base, resource: document, actions: [view], roles: [editor]}\n\
         - {name: trial, scope: acme, resource: document, actions: [view], roles: [admin], enforcement: shadow}\n",
    );
    let ask = |roles| Ask { roles, scope: Some("acme"), ..Ask::of(&snapshot) }.decide();
    let outcome = ask(&["editor"]).shadow.unwrap();
    assert_eq!((outcome.effect, outcome.reason, outcome.policy.is_none()), (Effect::Deny, Reason::NoPolicy, true));
    assert!(ask(&["editor", "admin"]).shadow.is_none());
}

#[test]
fn a_changed_variable_changes_the_conditions_that_read_it() {
    let file = |variable: &str| {
        let text = format!(
            "variables: {{open: \"{variable}\", indirect: \"variables.open\"}}\n\
             policies: [{{name: p, resource: document, actions: [view], roles: [editor], condition: variables.indirect}}]\n"
        );
        [SourceFile::new("policies.yaml", text)]
    };
    let mut loader = Loader::default();
    for (variable, allowed) in [("true", true), ("false", false), ("true", true)] {
        let set = loader.load(&file(variable)).unwrap();
        let snapshot = Snapshot::decode(encode(&set, SnapshotId::default()).unwrap()).unwrap();
        assert_eq!(Ask::of(&snapshot).allows(), allowed);
    }
}
