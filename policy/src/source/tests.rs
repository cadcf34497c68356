mod beside;
mod budgets;
mod documents;
mod edits;
mod golden;
mod json_schema;

use proptest::prelude::*;

use super::{Diagnostics, Loader, SourceFile, load};
use crate::data::Data;
use crate::engine::Effect;
use crate::identity::{ClaimsFrom, IdentityMethod, SanKind, TrustedPeers};
use crate::set::{AttributeSource, Auth, Enforcement, Names, PolicySet, SchemaType, Unmatched};
use crate::time::Timestamp;

const EXAMPLE: &str = r#"
# The whole language.
policies:
  - name: document-edit
    description: Editors change what they own
    resource: document
    actions: [view, edit]
    roles: [editor]
    condition: resource.ownerId == principal.id
  - {name: audit, resource: "*", actions: ["*"], roles: ["*"], effect: deny}
  - {name: public.read, resource: [document, page], actions: [view], roles: [anonymous]}
  - name: trial
    resource: document
    actions: ["documents:*", share]
    roles: [editor, owner]
    condition: variables.isLegal
    enforcement: shadow
    scope: acme.eu
    labels: {team: docs, ticket: A-1}
    notBefore: 2026-01-01T00:00:00Z
    notAfter: 2026-12-31T23:59:59.5+01:00
derivedRoles:
  - name: owner
    description: Whose document it is
    roles: [editor, author]
    condition: variables.isOwner && variables.isLegal
variables:
  isOwner: resource.ownerId == principal.id
  isLegal: "!variables.isOwner || principal.department == 'legal'"
scopes: [acme.eu, acme]
routes:
  - name: document-view
    match: {methods: [GET, HEAD], path: "/v1/users/{userId}/documents/{id}", hosts: [api.example.com]}
    action: view
    resource: {kind: document, id: path.id, attr: {ownerId: path.userId, tier: "'gold'"}}
  - match: {path: "/files/{rest=**}"}
    action: view
    resource: {kind: page, id: path.rest}
    scope: "'acme'"
    auth: optional
unmatched: allow
identity:
  - {name: tokens, jwt: {roles: realm_access.roles, scope: tenant}}
  - {name: legacy, jwt: {forwardedHeader: x-jwt-payload, id: email}}
  - {name: mesh, mtls: {san: uri, roles: [service], scope: acme}}
  - {name: gateway, headers: {id: x-user-id, roles: x-user-roles, scope: x-user-scope, trust: {sans: ["spiffe://example.com/gateway"]}}}
  - {name: development, headers: {id: x-dev-id, trust: all}}
principals:
  - {source: tokens, id: alice, roles: [manager], attr: {department: legal, level: 3, tags: [a, 1.5, null, {b: true}]}}
"#;

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile::new(name, text)
}

fn load_one(text: &str) -> Result<PolicySet, Diagnostics> {
    load(&[file("policies.yaml", text)])
}

fn first_message(text: &str) -> String {
    load_one(text).unwrap_err().iter().next().unwrap().message.clone()
}

fn policy(name: &str) -> String {
    format!("policies: [{{name: {name}, resource: a, actions: [view], roles: [editor]}}]")
}

#[test]
fn a_file_says_everything_that_a_set_holds() {
    let set = load_one(EXAMPLE).unwrap();
    let names: Vec<&str> = set.policies.iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names, ["audit", "document-edit", "public.read", "trial"]);
    assert_eq!(set.policies[0].effect, Effect::Deny);
    assert_eq!([&set.policies[0].kinds, &set.policies[0].actions, &set.policies[0].roles], [&Names::Any; 3]);
    assert_eq!(set.policies[1].actions, Names::Of(vec!["view".to_owned(), "edit".to_owned()]));
    assert_eq!(set.policies[1].condition.as_ref().unwrap().text, "resource.ownerId == principal.id");
    assert_eq!(set.policies[2].kinds, Names::Of(vec!["document".to_owned(), "page".to_owned()]));
    assert_eq!(set.unmatched, Unmatched::Allow);

    let trial = &set.policies[3];
    assert_eq!((trial.enforcement, trial.scope.as_deref()), (Enforcement::Shadow, Some("acme.eu")));
    assert_eq!(trial.actions, Names::Of(vec!["documents:*".to_owned(), "share".to_owned()]));
    assert_eq!((&trial.roles, &trial.derived_roles), (&Names::Of(vec!["editor".to_owned()]), &set.derived_roles));
    assert_eq!(trial.labels["ticket"], "A-1");
    assert_eq!(trial.window.not_before, Timestamp::parse("2026-01-01T00:00:00Z"));
    assert_eq!(trial.window.not_after, Timestamp::parse("2026-12-31T22:59:59.5Z"));
    assert_eq!(set.derived_roles[0].roles, Names::Of(vec!["editor".to_owned(), "author".to_owned()]));
    assert_eq!(set.derived_roles[0].condition.as_ref().unwrap().text, "variables.isOwner && variables.isLegal");
    assert_eq!(set.variables["isOwner"], "resource.ownerId == principal.id");
    assert_eq!(set.scopes.iter().collect::<Vec<_>>(), ["acme", "acme.eu"]);

    let [view, files] = set.routes.as_slice() else { panic!("{:?}", set.routes) };
    assert_eq!((view.name.as_str(), view.auth), ("document-view", Auth::Required));
    assert_eq!((view.methods.join(" "), view.hosts.join(" ")), ("GET HEAD".to_owned(), "api.example.com".to_owned()));
    assert_eq!(view.path.captures, ["userId", "id"]);
    assert_eq!(view.id, Some(AttributeSource::Capture(1)));
    let attributes = [
        ("ownerId".to_owned(), AttributeSource::Capture(0)),
        ("tier".to_owned(), AttributeSource::Literal("gold".to_owned())),
    ];
    assert_eq!(view.attributes, attributes);
    assert_eq!((files.name.as_str(), files.auth, files.path.rest), ("/files/{rest=**}", Auth::Optional, true));
    assert_eq!((&view.scope, &files.scope), (&None, &Some(AttributeSource::Literal("acme".to_owned()))));

    let methods: Vec<&IdentityMethod> = set.identity.iter().map(|source| &source.method).collect();
    assert_eq!(
        methods[0],
        &IdentityMethod::Jwt {
            claims: ClaimsFrom::Metadata("jwt_payload".to_owned()),
            id_claim: "sub".to_owned(),
            roles_claim: Some("realm_access.roles".to_owned()),
            scope_claim: Some("tenant".to_owned()),
        }
    );
    assert_eq!(
        methods[1],
        &IdentityMethod::Jwt {
            claims: ClaimsFrom::ForwardedHeader("x-jwt-payload".to_owned()),
            id_claim: "email".to_owned(),
            roles_claim: None,
            scope_claim: None,
        }
    );
    assert_eq!(
        methods[2],
        &IdentityMethod::Mtls { san: SanKind::Uri, roles: vec!["service".to_owned()], scope: Some("acme".to_owned()) }
    );
    assert_eq!(
        methods[3],
        &IdentityMethod::Headers {
            id_header: "x-user-id".to_owned(),
            roles_header: Some("x-user-roles".to_owned()),
            scope_header: Some("x-user-scope".to_owned()),
            trust: TrustedPeers::Sans(vec!["spiffe://example.com/gateway".to_owned()]),
        }
    );
    assert!(matches!(methods[4], IdentityMethod::Headers { trust: TrustedPeers::All, .. }));

    let [alice] = set.principals.as_slice() else { panic!("{:?}", set.principals) };
    assert_eq!(alice.attributes.get("level"), Some(&Data::Int(3)));
    assert_eq!(alice.attributes.get("department"), Some(&Data::from("legal")));
}

#[test]
fn json_is_read_like_yaml() {
    let json = r#"{"policies": [{"name": "a", "resource": "document", "actions": ["view"], "roles": ["editor"]}]}"#;
    let yaml = "policies:\n- name: a\n  resource: document\n  actions: [view]\n  roles: [editor]\n";
    assert_eq!(load(&[file("a.json", json)]), load_one(yaml));
    assert_eq!(load(&[file("a.json", &format!("\u{feff}{json}"))]), load_one(yaml));
}

#[test]
fn the_order_of_files_does_not_matter() {
    let files = [
        file("b.yaml", &policy("one")),
        file("a.yaml", EXAMPLE),
        file("c.yaml", "routes: [{match: {path: /c}, action: view, resource: {kind: page}}]"),
    ];
    let reversed: Vec<SourceFile> = files.iter().rev().cloned().collect();
    assert_eq!(load(&files).unwrap(), load(&reversed).unwrap());
    let broken = [file("b.yaml", &policy("one")), file("a.yaml", &policy("one"))];
    let reversed: Vec<SourceFile> = broken.iter().rev().cloned().collect();
    assert_eq!(load(&broken), load(&reversed));
}

#[test]
fn empty_files_are_empty_sets() {
    for text in ["", "\n", "# only a comment\n", "---\n", "\u{feff}"] {
        assert_eq!(load_one(text), Ok(PolicySet::default()), "{text:?}");
    }
    assert_eq!(load(&[]), Ok(PolicySet::default()));
}

#[test]
fn yaml_words_for_booleans_are_plain_text() {
    let set = load_one("policies: [{name: a, resource: on, actions: [yes], roles: [no]}]").unwrap();
    assert_eq!(set.policies[0].roles, Names::Of(vec!["no".to_owned()]));
}

#[test]
fn aliases_share_lists() {
    let text = "policies:\n- {name: a, resource: d, actions: &all [view, edit], roles: [x]}\n\
                - {name: b, resource: d, actions: *all, roles: [x]}\n";
    let set = load_one(text).unwrap();
    assert_eq!(set.policies[0].actions, set.policies[1].actions);
}

#[test]
fn what_aliases_stand_for_is_bounded() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", "));
    }
    assert!(first_message(&bomb).contains("aliases stand for"), "{}", first_message(&bomb));
    let many = format!("x: &x \"{}\\n\"\ny: [{}]\n", "x".repeat(8000), vec!["*x"; 200_000].join(","));
    assert!(first_message(&many).contains("too large"), "{}", first_message(&many));
    let short = format!("x: &x a\ny: [{}]\n", vec!["*x"; 200_000].join(","));
    assert!(first_message(&short).contains("aliases stand for"), "{}", first_message(&short));
}

#[test]
fn deep_nesting_is_refused() {
    for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
        load_one(&text).unwrap_err();
    }
    let block: String = (0..500).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(first_message(&block).contains("too deeply nested"), "{}", first_message(&block));
}

#[test]
fn long_strings_and_files_are_refused() {
    let long = "x".repeat(9000);
    assert!(first_message(&format!("policies: [{{name: {long}}}]")).contains("longer than 8192 bytes"));
    assert!(first_message(&" ".repeat((64 << 20) + 1)).contains("longer than 64 MiB"));
}

#[test]
fn a_list_of_a_policy_is_bounded() {
    let roles: Vec<String> = (0..257).map(|role| format!("r{role}")).collect();
    let text = format!("policies: [{{name: a, resource: d, actions: [view], roles: [{}]}}]", roles.join(", "));
    assert!(first_message(&text).contains("has 257 items, the limit is 256"));
}

#[test]
fn a_thousand_problems_are_listed_and_the_others_counted() {
    let text = format!("policies: [{}]", vec!["1"; 1500].join(", "));
    let problems = load_one(&text).unwrap_err();
    assert_eq!((problems.iter().len(), problems.omitted(), problems.total()), (1000, 500, 1500));
    assert!(problems.to_string().ends_with("and 500 more problems"));
}

#[test]
fn references_to_a_broken_file_are_not_refused() {
    let files = [
        file("identity.yaml", "identity: [{name: tokens, jwt: {}"),
        file("principals.yaml", "principals: [{source: tokens, id: alice, roles: [a]}]"),
    ];
    let problems = load(&files).unwrap_err();
    assert_eq!(problems.iter().map(|problem| problem.file.as_str()).collect::<Vec<_>>(), ["identity.yaml"]);
}

#[test]
fn columns_count_characters() {
    let problems = load_one("# é\npolicies: [{name: 'é', resource: 1}]").unwrap_err();
    let columns: Vec<_> = problems.iter().map(|problem| (problem.line, problem.column)).collect();
    assert!(columns.contains(&(2, 34)), "{columns:?}");
}

#[test]
fn a_problem_in_an_alias_is_shown_where_it_is_used() {
    let text = "policies:\n- {name: a, resource: d, actions: [view], roles: [x], description: &c owner}\n\
                - {name: b, resource: d, actions: [view], roles: [x], condition: *c}\n";
    let problems = load_one(text).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!((problem.line, problem.column), (3, 66));
    assert_eq!(problem.excerpt.as_ref().unwrap().text, "owner");
}

#[test]
fn diagnostics_are_data() {
    let json = serde_json::to_value(load_one("polices: []").unwrap_err()).unwrap();
    let problem = &json["problems"][0];
    assert_eq!((&problem["file"], &problem["line"]), (&"policies.yaml".into(), &1.into()));
    assert_eq!(problem["excerpt"]["len"], 7);
}

/// Text of the language with pieces out of place, which gets further than noise does.
fn shuffled() -> impl Strategy<Value = String> {
    let pieces: Vec<String> = EXAMPLE.split_inclusive([' ', '\n', ',', ':']).map(str::to_owned).collect();
    let extra = [
        "*x", "&x ", "\"", "'", "{", "}", "[", "]", "|\n", ">\n", "- ", "? ", "!!str ", "\t", "\\", "é", "0x1", "~",
        "<<: ",
    ];
    let extra = extra.map(str::to_owned).to_vec();
    let len = pieces.len();
    let edits = prop::collection::vec((0..len, prop::sample::select([pieces.clone(), extra].concat())), 1..6);
    edits.prop_map(move |edits| {
        let mut pieces = pieces.clone();
        for (at, piece) in edits {
            pieces[at] = piece;
        }
        pieces.concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_the_loader(noise in "\\PC*", bytes in prop::collection::vec(any::<char>(), 0..200), text in shuffled()) {
        for text in [noise, bytes.into_iter().collect(), text] {
            if let Err(problems) = load_one(&text) {
                prop_assert!(!problems.to_string().is_empty());
                prop_assert!(problems.iter().all(|problem| problem.line > 0 && problem.column > 0));
            }
        }
    }
}

#[test]
fn a_loader_reads_each_version_as_if_it_were_the_first() {
    let version = |condition: &str| {
        let text = format!(
            "policies:\n  - name: a\n    resource: document\n    actions: [view]\n    roles: [editor]\n    condition: {condition}\n"
        );
        [SourceFile::new("a.yaml", text)]
    };
    let mut loader = Loader::default();
    for condition in ["principal.a == 1", "principal.b == 1", "principal.b ==", "principal.b ==", "principal.a == 1"] {
        let files = version(condition);
        let (once, again) = (load(&files), loader.load(&files));
        assert_eq!(again.as_deref().ok(), once.as_ref().ok());
        assert_eq!(
            again.map_err(|problems| problems.to_string()).err(),
            once.map_err(|problems| problems.to_string()).err()
        );
    }
}

#[test]
fn schemas_say_what_attributes_may_be() {
    let text = "schemas:\n  principal:\n    type: object\n    title: people\n    properties:\n      department: {type: string, enum: [legal, sales]}\n      \
                level: {type: [integer, \"null\"], examples: [1]}\n    required: [department]\n    additionalProperties: false\n  \
                resources:\n    document: {properties: {tags: {type: array, items: {type: string}}}, additionalProperties: {type: number}}\n";
    let schemas = load_one(text).unwrap().schemas;
    let principal = schemas.principal.unwrap();
    let department = principal.member("department").unwrap();
    assert_eq!(department.values, Some(vec![Data::from("legal"), Data::from("sales")]));
    assert!(principal.member("level").unwrap().may_be(SchemaType::Null) && principal.member("name").is_none());
    assert!(principal.required.contains("department") && principal.may_be(SchemaType::Object));
    let document = &schemas.resources["document"];
    assert!(document.member("other").unwrap().may_be(SchemaType::Integer));
    assert!(!document.member("tags").unwrap().items.as_ref().unwrap().may_be(SchemaType::Number));
}
