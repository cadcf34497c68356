//! Conditions written to break the compiler or the evaluator are refused or bounded.
#![expect(clippy::expect_used, reason = "tests stop at their own mistakes")]

use tollgate_policy::condition::{Map, lower};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Effect, Query, Reason, RequestFacts, Resource, Scratch};
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::set::{Condition, Names, Policy, PolicySet};
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};

fn refusal(source: &str) -> String {
    lower(source).expect_err(source.get(..40).unwrap_or(source)).message
}

#[test]
fn sources_are_capped_before_they_are_parsed() {
    assert!(refusal(&format!("'{}' == 'a'", "x".repeat(1 << 20))).contains("longer than 4096 bytes"));
    assert!(refusal(&vec!["1"; 600].join("+")).contains("more than 512 tokens"));
    assert!(refusal(&"(".repeat(100)).contains("nests deeper than 32 brackets"));
    assert!(refusal(&"[".repeat(2000)).contains("nests deeper"));
    assert!(refusal(&format!("principal{}", ".a".repeat(2000))).contains("more than 512 tokens"));
    assert!(refusal(&vec!["1"; 100].join("+")).contains("nests deeper than 64 operations"));
}

#[test]
fn what_passes_the_cap_cannot_exhaust_a_small_stack() {
    let chains = [
        vec!["1"; 250].join("+"),
        format!("{} == 1", vec!["1"; 250].join("-")),
        vec!["true"; 250].join("&&"),
        format!("principal{}", ".a".repeat(250)),
        format!("principal.a{}", "[0]".repeat(31)),
        format!("{}true", "!".repeat(500)),
        format!("{}1", "-".repeat(500)),
        vec!["true ? 1 : 2"; 50].join(" == "),
        format!("{}1{} == 'a'", "(".repeat(64), ")".repeat(64)),
        "((((((((((".to_owned(),
        "a.exists(b, ".repeat(30),
        "{'a':".repeat(30),
        "\"".to_owned(),
        "'\\u{110000}'".to_owned(),
        "\u{0}\u{feff}é".to_owned(),
    ];
    let parse_all = move || chains.iter().for_each(|source| drop(lower(source)));
    std::thread::Builder::new().stack_size(2 << 20).spawn(parse_all).unwrap().join().unwrap();
}

#[test]
fn what_is_lowered_can_be_read_back() {
    let ternaries = |tail: String| (0..60).fold(tail, |inner, _| format!("false ? false : {inner}"));
    let text = ternaries(vec!["true"; 30].join(" || "));
    assert_eq!(refusal(&text), "the condition nests deeper than 64 operations; simplify it");
}

#[test]
fn long_chains_of_logic_are_fine() {
    assert!(lower(&vec!["principal.a == 1"; 40].join(" || ")).is_ok());
}

#[test]
fn what_is_not_supported_is_named_and_placed() {
    let cases = [
        ("matches('a', 'b')", "`matches` with 2 operands is not supported in conditions"),
        (
            "principal.roles.map(r, r) == []",
            "a macro other than `has`, `all` and `exists` is not supported in conditions",
        ),
        ("{'a': 1}.a == 1", "a map literal is not supported in conditions"),
        ("user.id == 1", "unknown name `user`; conditions read `principal`, `resource` and `request`"),
        ("principal == resource", "`principal` as a whole is not a value; write `principal.attr` for its attributes"),
        ("request.cookie == ''", "`request.cookie` is not known; `request` has `method`, `path`, `host` and `headers`"),
        ("request.headers['X-Team'] == ''", "header names are lower-case here; write `x-team`"),
        (
            "request.headers[principal.id] == ''",
            "`request.headers` as a whole is not a value; write `request.headers['name']` with a literal name",
        ),
        (
            "size(request.headers) == 1",
            "`request.headers` as a whole is not a value; write `request.headers['name']` with a literal name",
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(refusal(source), expected, "{source}");
    }
    let problem = lower("principal.id == 'a' &&\n  user.id == 1").unwrap_err();
    assert_eq!((problem.offset, problem.len > 0), (25, true), "{problem:?}");
    let problem = lower("'é' == user.id").unwrap_err();
    assert_eq!(problem.offset, 8, "{problem:?}");
    let problem = lower("principal.id ==").unwrap_err();
    assert!(problem.message.starts_with("not a CEL expression: "), "{problem:?}");
}

/// A claim of a hundred thousand elements, looked at from three nested macros: 10^15 steps without a bound.
#[test]
fn evaluation_ends_whatever_the_request_holds() {
    let text = "principal.big.all(a, principal.big.all(b, principal.big.all(c, a + b + c >= 0)))";
    let doubling =
        "principal.big.exists(a, (principal.long + principal.long + principal.long + principal.long) == 'x')";
    for text in [text, doubling] {
        let policy = Policy {
            name: "heavy".to_owned(),
            description: String::new(),
            effect: Effect::Deny,
            kinds: Names::Any,
            actions: Names::Any,
            roles: Names::Any,
            condition: Some(Condition { text: text.to_owned(), program: lower(text).unwrap() }),
        };
        let set = PolicySet { policies: vec![policy], ..PolicySet::default() };
        let snapshot = Snapshot::decode(&encode(&set, SnapshotId::default()).unwrap()).unwrap();
        let big = Data::List((0..100_000).map(Data::Int).collect());
        let long = Data::String("x".repeat(100_000).into());
        let attributes = Fields::new(vec![("big".into(), big), ("long".into(), long)]).unwrap();
        let claims = PrincipalClaims { id: "a".to_owned(), attributes, ..PrincipalClaims::default() };
        let principal = snapshot.principal(claims);
        let resource = Resource { kind: "x", id: None, attributes: Map::default() };
        let query = Query { principal: &principal, action: "x", resource, request: RequestFacts::default() };
        let decision = snapshot.decide(&query, &mut Scratch::default());
        assert_eq!((decision.effect, decision.reason), (Effect::Deny, Reason::DeniedByFault));
        assert_eq!(
            decision.first_error.unwrap().to_string(),
            "policy `heavy`: it takes more steps than a condition may"
        );
    }
}
