//! Claims in dynamic metadata, of every shape an issuer, or a broken proxy, may give them.

use tollgate_host_tests::PropertyValue;

use crate::metadata::{boolean, claims, entry, list, namespace, nested, null, number, object, payload, person, string};
use crate::plugin::{Answer, CONFIG, Plugin};
use crate::policies::{documents_by_token, on_condition};
use crate::request::Request;
use crate::wire::message;

fn ask(plugin: &mut Plugin, metadata: Vec<u8>) -> Answer {
    plugin.ask(&Request::get("/documents/1").metadata(metadata))
}

/// Claims of every type, among them the roles.
fn rich() -> Vec<u8> {
    claims(&[
        ("sub", string("ann")),
        ("roles", list(&[string("editor")])),
        ("level", number(3.0)),
        ("ratio", number(0.5)),
        ("verified", boolean(true)),
        ("manager", null()),
        ("groups", list(&[string("a"), number(2.0), null(), list(&[boolean(false)])])),
        ("org", object(&[("unit", object(&[("name", string("häuser"))])), ("cost.centre", string("x"))])),
        ("empty", object(&[])),
    ])
}

#[test]
fn conditions_see_claims_in_their_types() {
    for (condition, holds) in [
        ("principal.id == 'ann' && principal.sub == 'ann'", true),
        ("principal.level == 3", true),
        ("principal.level >= 4", false),
        ("principal.ratio < 0.75 && principal.ratio > 0.25", true),
        ("principal.verified", true),
        ("!principal.verified", false),
        ("principal.manager == null", true),
        ("has(principal.manager)", true),
        ("has(principal.absent)", false),
        ("'a' in principal.groups && 2 in principal.groups && null in principal.groups", true),
        ("'b' in principal.groups", false),
        ("principal.org.unit.name == 'häuser'", true),
        ("principal.org['cost.centre'] == 'x'", true),
        ("has(principal.empty.anything)", false),
        ("principal.absent == 'x'", false),
        ("principal.level == 'three'", false),
        ("principal.verified == 'true'", false),
    ] {
        let mut plugin = Plugin::deciding(CONFIG, &on_condition(condition));
        let answer = ask(&mut plugin, rich());
        assert_eq!(answer.is_allowed(), holds, "{condition}");
        assert!(holds || answer.status() == 403, "{condition}: {answer:?}");
    }
}

#[test]
fn a_deny_policy_sees_the_claims_too() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let locked = |locked| claims(&[("sub", string("ann")), ("roles", list(&[string("editor")])), ("locked", locked)]);
    assert_eq!(ask(&mut plugin, locked(string("1"))).status(), 403);
    assert!(ask(&mut plugin, locked(string("2"))).is_allowed());
    assert!(ask(&mut plugin, locked(null())).is_allowed());
}

#[test]
fn roles_are_a_list_or_words() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let with = |roles| claims(&[("sub", string("ann")), ("roles", roles)]);
    for roles in [string("editor"), string("viewer editor"), list(&[string("viewer"), string("editor")])] {
        assert!(ask(&mut plugin, with(roles)).is_allowed());
    }
    for roles in [list(&[]), string(""), string("editors"), list(&[string("viewer editor")]), list(&[string("Editor")])]
    {
        assert_eq!(ask(&mut plugin, with(roles)).status(), 403);
    }
}

#[test]
fn claims_of_the_wrong_type_are_no_identity() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let editor = list(&[string("editor")]);
    for wrong in [
        claims(&[("roles", editor.clone())]),
        claims(&[("sub", null()), ("roles", editor.clone())]),
        claims(&[("sub", string("")), ("roles", editor.clone())]),
        claims(&[("sub", number(1.0)), ("roles", editor.clone())]),
        claims(&[("sub", list(&[string("ann")])), ("roles", editor.clone())]),
        claims(&[("sub", string("ann")), ("roles", null())]),
        claims(&[("sub", string("ann")), ("roles", number(1.0))]),
        claims(&[("sub", string("ann")), ("roles", object(&[("editor", boolean(true))]))]),
        claims(&[("sub", string("ann")), ("roles", list(&[string("editor"), null()]))]),
        claims(&[]),
        payload(&string("ann")),
        payload(&list(&[string("ann"), editor])),
        payload(&null()),
        payload(b""),
    ] {
        let answer = ask(&mut plugin, wrong.clone());
        assert_eq!((answer.status(), &*answer.code()), (401, "UNAUTHENTICATED"), "{wrong:x?}");
    }
}

#[test]
fn two_hundred_groups_are_read() {
    let groups: Vec<_> = (0..200).map(|group| string(&format!("group-with-a-long-name-{group}"))).collect();
    let claims = claims(&[("sub", string("ann")), ("groups", list(&groups)), ("roles", list(&groups))]);
    let mut plugin = Plugin::deciding(CONFIG, &on_condition("'group-with-a-long-name-199' in principal.groups"));
    assert!(ask(&mut plugin, claims).is_allowed());
}

#[test]
fn the_claims_of_other_filters_do_not_count() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let editor = object(&[("sub", string("mallory")), ("roles", list(&[string("editor")]))]);
    for foreign in [
        namespace("envoy.lb", &entry("jwt_payload", &editor)),
        namespace("", &entry("jwt_payload", &editor)),
        namespace("envoy.filters.http.jwt_authn", &entry("other", &editor)),
        namespace("envoy.filters.http.jwt_authn.", &entry("jwt_payload", &editor)),
        message(2, entry("envoy.filters.http.jwt_authn", &entry("jwt_payload", &editor))),
        Vec::new(),
    ] {
        assert_eq!(ask(&mut plugin, foreign).status(), 401);
    }
    let viewer = object(&[("sub", string("vic")), ("roles", list(&[string("viewer")]))]);
    let both = [namespace("envoy.lb", &entry("jwt_payload", &editor)), payload(&viewer)].concat();
    assert_eq!(ask(&mut plugin, both).status(), 403);
}

#[test]
fn repeated_keys_are_no_identity() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let editor = [("sub", string("ann")), ("roles", list(&[string("editor")]))];
    let twice = |key| claims(&[editor[0].clone(), editor[1].clone(), (key, string("viewer"))]);
    let filter = "envoy.filters.http.jwt_authn";
    let value = object(&editor);
    for repeated in [
        twice("sub"),
        twice("roles"),
        [person("ann", "editor"), person("ann", "viewer")].concat(),
        [person("ann", "editor"), namespace(filter, b"")].concat(),
        namespace(filter, &[entry("jwt_payload", &value), entry("jwt_payload", &value)].concat()),
        payload(&[value.clone(), value.clone()].concat()),
        payload(&[null(), value.clone()].concat()),
    ] {
        assert_eq!(ask(&mut plugin, repeated.clone()).status(), 401, "{repeated:x?}");
    }
}

#[test]
fn nesting_has_a_bound_and_no_depth_does_harm() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let deep = |depth| claims(&[("sub", string("ann")), ("roles", list(&[string("editor")])), ("deep", nested(depth))]);
    assert!(ask(&mut plugin, deep(20)).is_allowed());
    for depth in [40, 1000, 5000] {
        assert_eq!(ask(&mut plugin, deep(depth)).status(), 401, "{depth}");
    }
}

#[test]
fn claims_larger_than_a_mebibyte_are_no_identity() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let sized = |size| {
        let filler = string(&"x".repeat(size));
        claims(&[("sub", string("ann")), ("roles", list(&[string("editor")])), ("filler", filler)])
    };
    assert!(ask(&mut plugin, sized(1 << 19)).is_allowed());
    assert_eq!(ask(&mut plugin, sized(1 << 20)).status(), 401);
}

#[test]
fn metadata_cut_short_anywhere_is_no_identity() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let whole = rich();
    for length in 0..whole.len() {
        assert_eq!(ask(&mut plugin, whole[..length].to_vec()).status(), 401, "{length} bytes");
    }
    assert!(ask(&mut plugin, whole).is_allowed());
}

#[test]
fn garbage_for_metadata_is_no_identity() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    for garbage in [&b"\xff"[..], b"\0", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"{\"sub\": \"ann\"}"] {
        assert_eq!(ask(&mut plugin, garbage.to_vec()).status(), 401, "{garbage:x?}");
    }
    let not_utf8 = claims(&[("sub", message(3, b"\xff\xfe")), ("roles", list(&[string("editor")]))]);
    assert_eq!(ask(&mut plugin, not_utf8).status(), 401);
    let number: PropertyValue = 1_u64.into();
    let mut request = Request::get("/documents/1");
    request.properties.push((vec!["metadata"], number));
    assert_eq!(plugin.ask(&request).status(), 401);
}
