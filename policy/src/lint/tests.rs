use std::collections::BTreeSet;

use super::{Rule, lint};
use crate::source::{SourceFile, load};

fn findings(text: &str) -> Vec<String> {
    let set = load(&[SourceFile::new("set.yaml", text)]).unwrap_or_else(|e| panic!("{e}"));
    lint(&set).iter().map(ToString::to_string).collect()
}

fn policies(entries: &[&str]) -> String {
    let entries: Vec<String> = entries.iter().map(|entry| format!("  - {{{entry}}}\n")).collect();
    format!("policies:\n{}", entries.concat())
}

#[test]
fn a_sound_set_has_no_findings() {
    let text = "
variables: {isOwner: resource.ownerId == principal.id}
derivedRoles: [{name: owner, roles: [editor], condition: variables.isOwner}]
schemas: {resources: {document: {type: object, required: [ownerId], properties: {ownerId: {type: string}, locked: {type: boolean}}}}}
identity: [{name: mesh, mtls: {san: uri, roles: [editor]}}]
routes: [{match: {methods: [GET], path: '/documents/{id}'}, action: view, resource: {kind: document, id: path.id}}]
policies:
  - {name: edit, resource: document, actions: [view, edit], roles: [owner], condition: resource.ownerId != 'nobody'}
  - {name: locked, resource: document, actions: ['*'], roles: ['*'], effect: deny, condition: has(resource.locked) && resource.locked}
";
    assert_eq!(findings(text), Vec::<String>::new());
}

#[test]
fn conditions_that_are_decided_beforehand() {
    let condition = |condition: &str| {
        findings(&policies(&[&format!(
            "name: p, resource: document, actions: [view], roles: [editor], condition: \"{condition}\""
        )]))
    };
    let never =
        "policy `p`: its condition is always false: the policy never applies; correct or remove it [never-holds]";
    let always = "policy `p`: its condition is always true; remove it, or correct it [decided]";
    for (text, expected) in [
        ("false", vec![never.to_owned()]),
        ("true", vec![always.to_owned()]),
        ("1 + 1 == 3", vec![never.to_owned()]),
        ("'abc'.startsWith('a')", vec![always.to_owned()]),
        ("resource.x == resource.x", vec![always.to_owned()]),
        ("resource.x != resource.x || false", vec![never.to_owned()]),
        ("resource.status == 'a' && resource.status == 'b'", vec![never.to_owned()]),
        ("resource.status != 'a' || resource.status != 'b'", vec![always.to_owned()]),
        ("!(resource.status == 'a' && resource.status == 'b')", vec![always.to_owned()]),
        (
            "resource.x == 1 && 2 > 1",
            vec!["policy `p`: `2 > 1` in its condition is always true; remove it, or correct it [decided]".to_owned()],
        ),
        ("resource.status == 'a' || resource.status == 'b'", vec![]),
        ("resource.tags.all(t, t == 'a')", vec![]),
    ] {
        assert_eq!(condition(text), expected, "{text}");
    }
}

#[test]
fn policies_that_others_make_needless() {
    let allow = "name: a, resource: document, actions: [view, edit], roles: [editor], condition: \"resource.x == 1\"";
    let shadowed = "policy `a`: policy `d` denies all that it allows; remove one of the two [shadowed]";
    for (deny, expected) in [
        ("resource: '*', actions: ['*'], roles: ['*']", true),
        ("resource: document, actions: [view, edit, delete], roles: [editor, admin]", true),
        ("resource: document, actions: ['*i*'], roles: [editor]", true),
        ("resource: document, actions: [view, edit], roles: [editor], condition: \"resource.x == 1\"", true),
        ("resource: document, actions: [view], roles: ['*']", false),
        ("resource: folder, actions: ['*'], roles: ['*']", false),
        ("resource: document, actions: ['*'], roles: [admin]", false),
        ("resource: document, actions: ['*'], roles: ['*'], condition: \"has(resource.y) && resource.y == 2\"", false),
        ("resource: document, actions: ['*'], roles: ['*'], enforcement: shadow", false),
        ("resource: document, actions: ['*'], roles: ['*'], notAfter: 2026-01-01T00:00:00Z", false),
    ] {
        let text = policies(&[allow, &format!("name: d, effect: deny, {deny}")]);
        assert_eq!(findings(&text).contains(&shadowed.to_owned()), expected, "{deny}");
    }
    let text = policies(&[
        "name: a, resource: [document, folder], actions: [view, edit], roles: [editor]",
        "name: b, resource: [folder, document], actions: [edit, view], roles: [editor], description: again",
        "name: c, resource: [folder, document], actions: [edit, view], roles: [editor], effect: deny",
    ]);
    let duplicate = "policy `b`: it says the same as policy `a`; remove one of the two [duplicate]".to_owned();
    assert!(findings(&text).contains(&duplicate), "{:?}", findings(&text));
}

#[test]
fn scopes_shadow_what_is_below_them() {
    let set = |deny: &str, allow: &str| {
        let entry = |name: &str, effect: &str, scope: &str| {
            format!(
                "  - {{name: {name}, effect: {effect}, resource: document, actions: [view], roles: [editor]{scope}}}\n"
            )
        };
        findings(&format!(
            "scopes: [acme, acme.eu, acmex]\npolicies:\n{}{}",
            entry("a", "allow", allow),
            entry("d", "deny", deny)
        ))
    };
    assert_eq!(set("", ", scope: acme.eu").len(), 1);
    assert_eq!(set(", scope: acme", ", scope: acme.eu").len(), 1);
    assert_eq!(set(", scope: acme", ", scope: acmex").len(), 0);
    assert_eq!(set(", scope: acme.eu", ", scope: acme").len(), 0);
    assert_eq!(set(", scope: acme", "").len(), 0);
}

#[test]
fn what_may_be_missing_is_to_be_asked_for() {
    let text = r#"
schemas: {resources: {document: {type: object, required: [ownerId], properties: {ownerId: {type: string}, locked: {type: boolean}}}}}
policies:
  - {name: allow, resource: document, actions: [view], roles: [editor], condition: resource.locked == false && resource.ownerId == 'x'}
  - {name: asked, resource: document, actions: [view], roles: [editor], condition: resource.?locked.orValue(false)}
  - {name: deny, effect: deny, resource: document, actions: [view], roles: [editor], condition: "resource.locked || resource.ownerId == 'x' || principal.level > 3 || request.headers['x-a'] == 'b'"}
"#;
    assert_eq!(
        findings(text),
        [
            "policy `allow`: it does not apply where `resource.locked` is missing, which its schema lets it be; write `has(resource.locked) && …`, or make it `required` [allow-where-missing]",
            "policy `deny`: it denies where `principal.level` is missing; if that is not meant, write `has(principal.level) && …` [deny-where-missing]",
            "policy `deny`: it denies where `request.headers['x-a']` is missing; if that is not meant, write `has(request.headers['x-a']) && …` [deny-where-missing]",
            "policy `deny`: it denies where `resource.locked` is missing; if that is not meant, write `has(resource.locked) && …` [deny-where-missing]",
        ]
    );
}

#[test]
fn names_that_nothing_uses_or_nobody_has() {
    let text = "
variables: {used: variables.inner, inner: resource.x == 1, unused: variables.other, other: resource.y == 1}
derivedRoles: [{name: owner, roles: [editor], condition: variables.used}, {name: nobody, roles: [editor]}]
schemas: {resources: {document: {type: object}, folder: {type: object}}}
identity: [{name: mesh, mtls: {san: uri, roles: [editor]}}]
principals: [{source: mesh, id: spiffe://a, roles: [auditor]}]
routes: [{match: {methods: [GET], path: '/documents/{id}'}, action: view, resource: {kind: document, id: path.id}},
         {match: {methods: [DELETE], path: '/documents/{id}'}, action: delete, resource: {kind: document, id: path.id}}]
policies:
  - {name: a, resource: document, actions: [view], roles: [owner, auditor, reviewer]}
  - {name: b, resource: document, actions: [views], roles: [editor]}
";
    assert_eq!(
        findings(text),
        [
            "policy `a`: nobody has role `reviewer`: no identity source and no directory entry gives it [ungranted-role]",
            "policy `b`: action `views` is named only here, `view` more often; did you mean that? [similar-name]",
            "derived role `nobody`: no policy names it; remove it [unused-derived-role]",
            "variable `other`: no condition reads it; remove it [unused-variable]",
            "variable `unused`: no condition reads it; remove it [unused-variable]",
            "route `/documents/{id}`: no policy allows `delete` on `document`: all its requests are denied [denied-route]",
            "schema `folder`: no policy and no route is about `folder`; remove it, or correct its name [unused-schema]",
        ]
    );
}

#[test]
fn names_that_differ_by_a_letter() {
    let of = |role: &str| {
        findings(&policies(&[
            "name: a, resource: document, actions: [view], roles: [editor]",
            "name: b, resource: document, actions: [edit], roles: [editor]",
            &format!("name: c, resource: document, actions: [share], roles: [{role}]"),
        ]))
    };
    for near in ["editors", "editro", "Editor", "edtor"] {
        let expected = format!(
            "policy `c`: role `{near}` is named only here, `editor` more often; did you mean that? [similar-name]"
        );
        assert_eq!(of(near), [expected], "{near}");
    }
    for far in ["auditor", "editor2", "viewer", "edit"] {
        assert_eq!(of(far), Vec::<String>::new(), "{far}");
    }
}

#[test]
fn rules_have_names_of_their_own() {
    let ids: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids.len(), Rule::ALL.len());
}

const CALLS: &str = "
policies: [{name: complete, resource: llm, actions: [complete], roles: ['*']}]
routes: [{name: chat, match: {path: /chat}, action: complete, resource: {kind: llm}, budget: {}}]
";

const MODELS: &str = "  models: [{name: m, provider: p, context: 9, maxOutput: 1}]\n";

fn budgets(route: &str, environments: &str) -> Vec<String> {
    let route = CALLS.replace("budget: {}", &format!("budget: {route}"));
    findings(&format!("{route}budgets:\n{MODELS}  environments: {environments}\n"))
}

#[test]
fn a_budget_is_limited_wherever_the_set_serves() {
    let unlimited = |environments: &str| {
        format!(
            "route `chat`: it has a budget, and nothing limits its calls in {environments}; add `limits` there, or say \
             `mode: disabled` [unlimited-budget]"
        )
    };
    assert_eq!(findings(CALLS), [unlimited("`dev`, `staging`, `prod`")]);
    let limits = "{limits: [{scope: global, tokens: 5}]}";
    assert_eq!(budgets("{}", &format!("{{prod: {limits}}}")), [unlimited("`dev`, `staging`")]);
    assert_eq!(budgets("{}", &format!("{{dev: {limits}}}")), [unlimited("`prod`")]);
    assert_eq!(budgets("{}", &format!("{{dev: {limits}, prod: {{limits: []}}}}")), [unlimited("`prod`")]);
    assert_eq!(budgets("{}", &format!("{{dev: {limits}, prod: {limits}}}")), [""; 0]);
    assert_eq!(budgets("{}", &format!("{{dev: {{mode: disabled}}, prod: {limits}}}")), [""; 0]);
    assert_eq!(budgets("{mode: disabled}", "{dev: {}}"), [""; 0]);
}

#[test]
fn limits_that_nothing_counts_for() {
    let environments = |limit: &str| format!("{{dev: {{limits: [{limit}]}}, prod: {{limits: [{limit}]}}}}");
    let org = "route `chat`: its budget does not say where a caller's organisation is found, so that no limit of \
               organisations counts; add `org`, such as `org: principal.org` [uncounted-org]";
    assert_eq!(budgets("{}", &environments("{scope: org, tokens: 5}")), [org]);
    assert_eq!(budgets("{org: principal.org}", &environments("{scope: org, tokens: 5}")), [""; 0]);
    let unpriced = "model `m`: it has no price, and there are limits in `microDollars`; add `price` [unpriced-model]";
    assert_eq!(budgets("{}", &environments("{scope: global, microDollars: 5}")), [unpriced]);
    let unused = |environment: &str| {
        format!(
            "environment `{environment}`: no route has a budget, so that its limits count for nothing; add `budget: {{}}` \
             to a route [unused-budget]"
        )
    };
    let disabled = budgets("{mode: disabled}", &environments("{scope: global, tokens: 5}"));
    assert_eq!(disabled, [unused("dev"), unused("prod")]);
}
