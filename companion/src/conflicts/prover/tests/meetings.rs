use crate::conflicts::Study;

use super::{Pair, Verdict, set, word};

fn of(text: &str) -> Verdict {
    Pair::of(&set(text)).verdict()
}

/// The fields of an allow and of a deny.
fn pair(allow: &str, deny: &str) -> Verdict {
    of(&format!(
        "scopes: [acme, acme.eu, globex]
derivedRoles:
  - {{name: owner, roles: [editor, author], condition: resource.ownerId == principal.id}}
  - {{name: stranger, roles: ['*'], condition: resource.ownerId != principal.id}}
policies:
  - {{name: a, {allow}}}
  - {{name: b, effect: deny, {deny}}}
"
    ))
}

#[test]
fn what_policies_do_not_have_in_common_is_named() {
    const PLAIN: &str = "resource: document, actions: [view], roles: [editor]";
    for (deny, expected) in [
        (PLAIN, "conflict"),
        ("resource: [folder, report], actions: [view], roles: [editor]", "kinds"),
        ("resource: '*', actions: [edit], roles: [editor]", "actions"),
        ("resource: '*', actions: ['*'], roles: ['*']", "conflict"),
        ("resource: document, actions: ['v*w'], roles: [editor]", "conflict"),
        ("resource: document, actions: ['view*s'], roles: [editor]", "actions"),
        ("resource: document, actions: [view], roles: [contractor]", "conflict"),
        ("resource: document, actions: [view], roles: [anonymous]", "roles"),
        ("scope: acme.eu, resource: document, actions: [view], roles: [editor]", "conflict"),
        ("notBefore: 2026-01-01T00:00:00Z, resource: document, actions: [view], roles: [editor]", "conflict"),
    ] {
        let verdict = pair(PLAIN, deny);
        assert_eq!(word(&verdict), expected, "{deny}: {verdict:?}");
    }
}

#[test]
fn scopes_windows_and_roles_are_compared() {
    for (allow, deny, expected) in [
        ("scope: acme, roles: [editor]", "scope: acme.eu, roles: [editor]", "conflict"),
        ("scope: acme.eu, roles: [editor]", "roles: [editor]", "conflict"),
        ("scope: acme.eu, roles: [editor]", "scope: globex, roles: [editor]", "scopes"),
        (
            "notAfter: 2026-01-01T00:00:00Z, roles: [editor]",
            "notBefore: 2026-01-01T00:00:00Z, roles: [editor]",
            "windows",
        ),
        (
            "notAfter: 2026-01-01T00:00:01Z, roles: [editor]",
            "notBefore: 2026-01-01T00:00:00Z, roles: [editor]",
            "conflict",
        ),
        (
            "notBefore: 2026-02-01T00:00:00Z, roles: [editor]",
            "roles: [editor], condition: \"request.time < timestamp('2026-01-01T00:00:00Z')\"",
            "conditions",
        ),
        ("roles: [anonymous]", "roles: ['*']", "roles"),
        ("roles: [anonymous, editor]", "roles: [anonymous]", "conflict"),
        ("roles: [anonymous], condition: principal.level > 3", "roles: [anonymous]", "conditions"),
        ("roles: ['*']", "roles: ['*'], condition: \"!('editor' in principal.roles)\"", "conflict"),
        ("roles: [editor]", "roles: ['*'], condition: \"!('editor' in principal.roles)\"", "conditions"),
        ("roles: [editor, author]", "roles: ['*'], condition: \"!('editor' in principal.roles)\"", "conflict"),
        ("roles: [owner]", "roles: [editor]", "conflict"),
        ("roles: [owner]", "roles: [stranger]", "conditions"),
        ("roles: [owner, viewer]", "roles: [stranger]", "conflict"),
    ] {
        let [allow, deny] = [allow, deny].map(|fields| format!("resource: document, actions: [view], {fields}"));
        let verdict = pair(&allow, &deny);
        assert_eq!(word(&verdict), expected, "{allow} | {deny}: {verdict:?}");
    }
}

#[test]
fn a_question_with_one_role_is_told_from_one_that_takes_two() {
    for (deny, joined) in [("[editor, viewer]", false), ("[contractor]", true), ("['*']", false)] {
        let deny = format!("resource: document, actions: [view], roles: {deny}");
        let Verdict::Conflict(conflict) = pair("resource: document, actions: [view], roles: [editor]", &deny) else {
            panic!("{deny}")
        };
        assert_eq!(conflict.joined_roles, joined, "{deny}");
    }
}

#[test]
fn schemas_are_taken_at_their_word() {
    let of = |schema: &str, allow: &str, deny: &str| {
        of(&format!(
            "schemas:
  resources:
    document: {schema}
policies:
  - {{name: a, resource: document, actions: [view], roles: [editor], condition: \"{allow}\"}}
  - {{name: b, effect: deny, resource: document, actions: [view], roles: [editor], condition: \"{deny}\"}}
"
        ))
    };
    let whole =
        "{type: object, properties: {level: {type: integer}, state: {enum: [draft, final]}}, required: [state]}";
    for (schema, allow, deny, expected) in [
        ("{type: object}", "resource.level > 3", "resource.level < 4", "conflict"),
        (whole, "resource.level > 3", "resource.level < 4", "schemas"),
        (whole, "resource.level > 3", "resource.level < 5", "conflict"),
        (whole, "resource.state != 'draft'", "resource.state != 'final'", "schemas"),
        (whole, "!has(resource.state)", "true", "schemas"),
        (whole, "!has(resource.level)", "resource.level > 3", "fault"),
    ] {
        let verdict = of(schema, allow, deny);
        assert_eq!(word(&verdict), expected, "{allow} | {deny}: {verdict:?}");
    }
    let Verdict::Conflict(conflict) = of(whole, "resource.level > 3", "resource.level < 5") else { panic!() };
    assert!(conflict.witness.to_string().contains("\"state\":\"draft\""), "{}", conflict.witness);
}

#[test]
fn lists_objects_and_names_that_only_schemas_bring_in_prove_nothing() {
    let two = |a: &str, b: &str| format!("{{type: object, properties: {{a: {a}, b: {b}}}, required: [a, b]}}");
    for (schema, allow) in [
        (two("{type: array}", "{type: array}"), "resource.a != resource.b"),
        (two("{type: object}", "{type: object}"), "resource.a != resource.b"),
        (two("{enum: [p, q]}", "{type: string}"), "resource.a == resource.b"),
        (two("{type: object, properties: {k: {type: string}}}", "{type: string}"), "'k' in resource.a"),
    ] {
        let verdict = of(&format!(
            "schemas:
  resources:
    document: {schema}
policies:
  - {{name: a, resource: document, actions: [view], roles: [editor], condition: \"{allow}\"}}
  - {{name: b, effect: deny, resource: document, actions: [view], roles: [editor]}}
"
        ));
        assert!(!matches!(verdict, Verdict::Disjoint(_)), "{schema} {allow}: {verdict:?}");
    }
}

#[test]
fn an_allow_that_a_deny_denies_all_of_is_shadowed() {
    for (allow, deny, shadowed) in [
        ("roles: [editor]", "roles: [editor]", true),
        ("roles: [editor], condition: resource.a == 'x'", "roles: ['*']", true),
        (
            "roles: [editor], condition: resource.a == 'x' && resource.b > 3",
            "roles: ['*'], condition: resource.b > 2",
            true,
        ),
        ("roles: [editor], condition: resource.b > 1", "roles: ['*'], condition: resource.b > 2", false),
        ("roles: [editor]", "roles: [viewer]", false),
        ("roles: [editor, viewer]", "roles: [viewer]", false),
        ("roles: [owner]", "roles: [editor, author]", true),
        ("roles: [editor]", "roles: [editor], notBefore: 2026-01-01T00:00:00Z", false),
        ("roles: [editor], notBefore: 2026-02-01T00:00:00Z", "roles: [editor], notBefore: 2026-01-01T00:00:00Z", true),
        ("roles: [editor]", "scope: acme, roles: [editor]", false),
        ("scope: acme, roles: [editor]", "roles: [editor]", true),
        ("roles: [anonymous, editor]", "roles: ['*']", false),
    ] {
        let [allow, deny] = [allow, deny].map(|fields| format!("resource: document, actions: [view], {fields}"));
        let Verdict::Conflict(conflict) = pair(&allow, &deny) else { panic!("{allow} | {deny}") };
        assert_eq!(conflict.shadowed, shadowed, "{allow} | {deny}");
    }
}

#[test]
fn a_policy_within_another_of_its_effect_is_redundant() {
    for (effect, policy, beside, redundant) in [
        ("allow", "roles: [editor]", "roles: [editor, viewer]", true),
        ("allow", "roles: [editor, viewer]", "roles: [editor]", false),
        ("allow", "roles: [editor], condition: resource.a > 5", "roles: ['*'], condition: resource.a > 3", true),
        ("allow", "roles: [editor], condition: resource.a > 3", "roles: ['*'], condition: resource.a > 5", false),
        ("allow", "scope: acme, roles: [editor]", "roles: [editor]", false),
        ("deny", "roles: [editor], condition: resource.a > 5", "roles: [editor], condition: resource.a > 3", true),
        // Where it is no number, both fail, and both deny; where it is missing, only one does.
        ("deny", "roles: [editor], condition: resource.a > 5", "roles: [editor], condition: has(resource.a)", false),
        ("deny", "roles: [owner]", "roles: [editor, author]", true),
    ] {
        let fields = |fields: &str| format!("effect: {effect}, resource: document, actions: [view], {fields}");
        let text = format!(
            "scopes: [acme]
derivedRoles:
  - {{name: owner, roles: [editor, author], condition: resource.ownerId == principal.id}}
  - {{name: other, roles: [x]}}
policies:
  - {{name: a, {}}}
  - {{name: b, {}}}
",
            fields(policy),
            fields(beside)
        );
        let pair = Pair::of(&set(&text));
        assert_eq!(pair.prover.is_redundant(&pair.first, &pair.second), redundant, "{effect} {policy} | {beside}");
    }
}

/// Two policies, each reached in so many ways, that are hard to tell apart.
fn by_many_ways(count: usize) -> String {
    let role = |kind: &str, number: usize, z: usize| {
        format!(
            "  - {{name: {kind}{number}, roles: [editor], condition: 'resource.{kind}{number} == principal.id && resource.z == {z}'}}\n"
        )
    };
    let roles: String = (0..count).flat_map(|number| [role("d", number, 1), role("e", number, 2)]).collect();
    let names = |kind: &str| (0..count).map(|number| format!("{kind}{number}")).collect::<Vec<_>>().join(", ");
    format!(
        "derivedRoles:
{roles}policies:
  - {{name: a, resource: document, actions: [view], roles: [{}]}}
  - {{name: b, effect: deny, resource: document, actions: [view], roles: [{}], condition: 'has(resource.z) && [1, 2].exists(x, x == resource.z)'}}
",
        names("d"),
        names("e")
    )
}

#[test]
fn policies_that_meet_in_too_many_ways_are_not_compared_in_all_of_them() {
    let verdict = of(&by_many_ways(3));
    assert_eq!(word(&verdict), "conditions", "{verdict:?}");
    let pair = Pair::of(&set(&by_many_ways(60)));
    // Each way with each is a search, which takes tries though it tries nothing.
    assert_eq!(word(&pair.verdict()), "unknown");
}

#[test]
fn nothing_is_tried_for_whom_nobody_waits() {
    let study = Study::default();
    let set = set(&by_many_ways(2));
    study.cancel();
    let Verdict::Unknown { tried } = Pair::within(&set, study).verdict() else { panic!() };
    assert_eq!(tried, 0);
}
