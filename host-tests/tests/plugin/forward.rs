//! What the upstream is told of a decision.

use tollgate_host_tests::{Bytes, HeaderMap};

use crate::metadata::{claims, list, person, string};
use crate::plugin::Plugin;
use crate::policies::documents_by_token;
use crate::request::Request;

const CONFIG: &str = r#"{
    "feed": {"cluster": "companion"},
    "forward": {
        "x-principal": "principal.id",
        "x-roles": "principal.roles",
        "x-policy": "decision.policy",
        "x-decision": "decision.id",
        "x-snapshot": "decision.snapshot"
    }
}"#;

fn plugin() -> Plugin {
    Plugin::deciding(CONFIG, &documents_by_token())
}

fn document() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

/// Every value of the headers that carry facts, and how many headers there are.
fn facts(upstream: &HeaderMap) -> [Vec<String>; 4] {
    ["x-principal", "x-roles", "x-policy", "x-decision"]
        .map(|name| upstream.get_all(name).map(Bytes::to_text).collect())
}

#[test]
fn an_allowed_request_carries_the_facts() {
    let upstream = plugin().ask(&document()).upstream();
    let [principal, roles, policy, decision] = facts(&upstream);
    assert_eq!((principal, roles, policy), (vec!["ann".into()], vec!["editor".into()], vec!["editors-view".into()]));
    let (vm, number) = decision[0].split_once('-').unwrap();
    assert_eq!((vm.len(), number, decision.len()), (16, "1", 1));
    assert_eq!(upstream.text("x-snapshot").as_deref(), Some("1.1"));
    assert_eq!(upstream.len(), 3 + 5);
}

#[test]
fn decisions_are_numbered() {
    let mut plugin = plugin();
    let mut number = || {
        let upstream = plugin.ask(&document()).upstream();
        upstream.text("x-decision").unwrap().split_once('-').unwrap().1.to_owned()
    };
    assert_eq!([number(), number(), number()], ["1", "2", "3"]);
}

#[test]
fn a_clients_own_copies_never_reach_the_upstream() {
    let names = [
        "x-principal",
        "X-Principal",
        "x_principal",
        "X_PRINCIPAL",
        "x-roles",
        "x_roles",
        "x-policy",
        "x-decision",
        "x-snapshot",
    ];
    let spoofed = names.iter().fold(document(), |request, name| request.header(name, "root"));
    let spoofed = spoofed.header("x-principal", "root").header("x-principals", "stays");
    let upstream = plugin().ask(&spoofed).upstream();
    assert!(upstream.pairs().iter().all(|(_, value)| *value != "root"), "{upstream:?}");
    assert_eq!(upstream.text("x-principals").as_deref(), Some("stays"));
    assert_eq!(facts(&upstream)[0], ["ann"]);
    assert_eq!(upstream.len(), 3 + 5 + 1);
}

#[test]
fn a_fact_that_is_not_there_leaves_no_room_for_a_spoofed_one() {
    let open = documents_by_token() + "unmatched: allow\n";
    let request = Request::get("/elsewhere").metadata(person("ann", "editor"));
    let names = ["x-principal", "x-roles", "x-policy", "x-decision"];
    let request = names.iter().fold(request, |request, name| request.header(name, "root"));
    let upstream = Plugin::deciding(CONFIG, &open).ask(&request).upstream();
    let [principal, roles, policy, decision] = facts(&upstream);
    assert_eq!([principal, roles, policy], [const { Vec::<String>::new() }; 3]);
    assert_eq!(decision.len(), 1);
    assert_ne!(decision, ["root"]);
}

#[test]
fn the_anonymous_principal_is_named_so() {
    let upstream = plugin().ask(&Request::get("/pages/1")).upstream();
    let [principal, roles, policy, _] = facts(&upstream);
    assert_eq!(principal, ["anonymous"]);
    assert_eq!(roles, ["anonymous"]);
    assert_eq!(policy, ["anyone-reads"]);
}

#[test]
fn odd_characters_are_percent_encoded() {
    let odd = claims(&[
        ("sub", string("a b\r\nx-roles: admin\0é%,\u{7f}")),
        ("roles", list(&[string("editor"), string("x,y"), string("häuser"), string("new\r\nline")])),
    ]);
    let upstream = plugin().ask(&Request::get("/documents/1").metadata(odd)).upstream();
    let [principal, roles, ..] = facts(&upstream);
    assert_eq!(principal, ["a%20b%0D%0Ax-roles:%20admin%00%C3%A9%25%2C%7F"]);
    assert_eq!(roles, ["editor,h%C3%A4user,new%0D%0Aline,x%2Cy"]);
}

#[test]
fn a_refused_request_is_told_nothing() {
    let answer = plugin().ask(&Request::get("/documents/1").metadata(person("vic", "viewer")));
    let crate::plugin::Answer::Refused(response) = &answer else { panic!("{answer:?}") };
    assert_eq!(response.headers.len(), 2);
    assert_eq!(answer.problem().get("policy"), None);
}
