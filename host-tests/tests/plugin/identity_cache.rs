//! Principals are remembered by their evidence: nobody can tell but by the time it takes.

use serde_json::Value;

use crate::metadata::{claims, list, object, person, string};
use crate::plugin::{Answer, CONFIG, Plugin};
use crate::policies::{ANYONE, GATEWAY, PAYLOAD_HEADER, TOKEN, documents, id};
use crate::random::Random;
use crate::request::Request;

/// Shows who was taken for whom.
const SHOWING: &str = r#"{"feed": {"cluster": "companion"}, "explain": true,
    "forward": {"x-principal": "principal.id", "x-roles": "principal.roles"}}"#;

fn editor(name: &str) -> Request {
    Request::get("/documents/1").metadata(person(name, "editor"))
}

/// What a client and the upstream learn, without the decision's id.
fn told(answer: &Answer) -> Value {
    match answer {
        Answer::Allowed(headers) => format!("{headers:?}").into(),
        Answer::Refused(_) => {
            let mut problem = answer.problem();
            problem.as_object_mut().unwrap().remove("decisionId");
            problem
        }
        Answer::Reset | Answer::Held => panic!("{answer:?}"),
    }
}

/// One of few, so that many are alike and many nearly so.
fn request(random: &mut Random) -> Request {
    let path = *random.pick(&["/documents/1", "/documents/2", "/pages/1"]);
    let mut request = Request::get(path);
    if !random.once_in(4) {
        let metadata = metadata(random);
        request = request.metadata(if random.once_in(6) { random.damaged(metadata) } else { metadata });
    }
    if !random.once_in(3) {
        request = request.header("x-user", *random.pick(&["ann", "bob", " ann", "ann ", "", "\u{e9}"]));
    }
    for _ in 0..random.below(3) {
        request =
            request.header("x-user-roles", *random.pick(&["editor", "viewer", "editor,viewer", "viewer, editor"]));
    }
    if random.once_in(3) {
        request = request.peer(random.pick::<&str>(&["spiffe://prod/gateway", "spiffe://prod/other"]));
    }
    request
}

fn metadata(random: &mut Random) -> Vec<u8> {
    let roles = *random.pick::<&[&str]>(&[&["editor"], &["viewer"], &["viewer", "editor"], &["editor", "viewer"]]);
    let roles: Vec<_> = roles.iter().map(|role| string(role)).collect();
    let mut org = vec![("unit", string("a")), ("cost", string(random.pick::<&str>(&["b", "c"])))];
    shuffle(&mut org, random);
    let mut members = vec![
        ("sub", string(random.pick::<&str>(&["ann", "bob"]))),
        ("roles", list(&roles)),
        ("org", object(&org)),
        ("locked", string(random.pick::<&str>(&["1", "2"]))),
    ];
    shuffle(&mut members, random);
    members.truncate(4 - random.below(2));
    claims(&members)
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for last in (1..items.len()).rev() {
        items.swap(last, random.below(last + 1));
    }
}

#[test]
fn every_answer_is_that_of_a_vm_that_remembers_nobody() {
    let yaml = documents(&[TOKEN, GATEWAY, ANYONE]);
    let mut warm = Plugin::deciding(SHOWING, &yaml);
    let mut allowed = 0;
    for seed in 0..600 {
        let request = request(&mut Random(seed));
        let answer = warm.ask(&request);
        let fresh = Plugin::deciding(SHOWING, &yaml).ask(&request);
        assert_eq!(told(&answer), told(&fresh), "seed {seed}: {request:?}");
        allowed += u32::from(answer.is_allowed());
        warm.vm.take_calls();
    }
    let (hits, misses) = (warm.counter("tollgate.identity_cache.hits"), warm.counter("tollgate.identity_cache.misses"));
    assert!(allowed > 100 && hits > 100 && misses > 100, "{allowed} allowed, {hits} hits, {misses} misses");
}

#[test]
fn who_asks_again_is_known_whatever_the_order_of_the_claims() {
    let mut plugin = Plugin::deciding(CONFIG, &documents(&[TOKEN]));
    let one = claims(&[("sub", string("ann")), ("roles", list(&[string("editor")]))]);
    let other = claims(&[("roles", list(&[string("editor")])), ("sub", string("ann"))]);
    for metadata in [&one, &other, &one] {
        assert!(plugin.ask(&Request::get("/documents/1").metadata(metadata.clone())).is_allowed());
    }
    assert_eq!(plugin.counter("tollgate.identity_cache.hits"), 2);
    assert_eq!(plugin.counter("tollgate.identity_cache.misses"), 1);
}

#[test]
fn headers_and_forwarded_payloads_are_known_again_too() {
    let mut plugin = Plugin::deciding(CONFIG, &documents(&[PAYLOAD_HEADER, ANYONE]));
    // {"sub":"ann","roles":["editor"]}
    let payload = Request::get("/documents/1").header("x-jwt-payload", "eyJzdWIiOiJhbm4iLCJyb2xlcyI6WyJlZGl0b3IiXX0");
    let header = Request::get("/documents/1").header("x-user", "ann").header("x-user-roles", "editor");
    for _ in 0..3 {
        assert!(plugin.ask(&payload).is_allowed());
        assert!(plugin.ask(&header).is_allowed());
    }
    assert_eq!(plugin.counter("tollgate.identity_cache.hits"), 4);
    assert_eq!(plugin.counter("tollgate.identity_cache.misses"), 2);
}

#[test]
fn a_new_snapshot_knows_nobody() {
    let mut plugin = Plugin::deciding(CONFIG, &documents(&[TOKEN]));
    assert!(plugin.ask(&editor("ann")).is_allowed());
    let directory = "principals:\n  - {source: token, id: ann, attr: {locked: \"1\"}}\n";
    plugin.publish(&(documents(&[TOKEN]) + directory), id(1, 2));
    assert_eq!(plugin.ask(&editor("ann")).status(), 403, "the directory locks the document for her");
    plugin.publish(&documents(&[TOKEN]), id(1, 3));
    assert!(plugin.ask(&editor("ann")).is_allowed());
    assert_eq!(plugin.counter("tollgate.identity_cache.hits"), 0);
}

#[test]
fn trust_in_a_peer_is_never_remembered() {
    let mut plugin = Plugin::deciding(CONFIG, &documents(&[GATEWAY]));
    let stranger = Request::get("/documents/1").header("x-user", "ann").header("x-user-roles", "editor");
    let gateway = stranger.clone().peer("spiffe://prod/gateway");
    for _ in 0..2 {
        assert!(plugin.ask(&gateway).is_allowed());
        assert_eq!(plugin.ask(&stranger).status(), 401);
    }
}

#[test]
fn what_is_not_valid_is_refused_every_time() {
    let mut plugin = Plugin::deciding(CONFIG, &documents(&[TOKEN]));
    let nameless = Request::get("/documents/1").metadata(claims(&[("roles", list(&[string("editor")]))]));
    for _ in 0..3 {
        assert_eq!(plugin.ask(&nameless).status(), 401);
    }
    assert_eq!(plugin.counter("tollgate.identity_cache.hits"), 0);
}

#[test]
fn a_flood_of_tokens_leaves_memory_bounded() {
    let mut plugin = Plugin::deciding(CONFIG, &documents(&[TOKEN]));
    let flood = |plugin: &mut Plugin, from: usize| {
        for number in from..from + 4000 {
            assert!(plugin.ask(&editor(&format!("user-{number}"))).is_allowed());
            plugin.vm.take_calls();
        }
        plugin.vm.memory_size()
    };
    flood(&mut plugin, 0);
    let warm = flood(&mut plugin, 4000);
    assert_eq!(flood(&mut plugin, 8000), warm);
    assert_eq!(plugin.counter("tollgate.identity_cache.misses"), 12_000);
}
