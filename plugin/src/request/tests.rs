use std::num::NonZeroUsize;
use std::time::Duration;

use tollgate_policy::identity::Presented;
use tollgate_policy::related::Part;
use tollgate_policy::set::budget::{ModelApi, RouteBudget};
use tollgate_policy::set::{RouteBody, Unmatched};

use super::*;
use crate::config::Config;
use crate::fixture::{self, Known, NOBODY, peer, token};
use crate::slot::Confirmed;

const FORWARD: &str = r#"{"x-principal": "principal.id", "x-roles": "principal.roles",
    "x-policy": "decision.policy", "x-decision": "decision.id"}"#;

fn filter(explain: bool, forward: &str) -> Filter {
    let text = format!(r#"{{"feed": {{"cluster": "companion"}}, "explain": {explain}, "forward": {forward}}}"#);
    let config = Config::parse(text.as_bytes()).unwrap();
    Filter::new(config.explain, config.forward, Rc::default(), Rc::new(Vm::default()))
}

fn ready(explain: bool, forward: &str) -> Filter {
    let filter = filter(explain, forward);
    publish(&filter, &fixture::set(), 1);
    filter
}

fn publish(filter: &Filter, set: &tollgate_policy::set::PolicySet, version: u64) {
    let content = fixture::snapshot(set, version);
    filter.slot.replace(Snapshot::decode(content).unwrap(), Confirmed::at(Duration::ZERO), Duration::ZERO);
}

fn ask<'f>(filter: &'f Filter, path: &str, more: &[(&str, &str)], evidence: &Known) -> Answer<'f> {
    let head = [(":method", "GET"), (":authority", "example.com"), (":path", path)];
    let headers: Vec<_> = head.iter().chain(more).map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    filter.answer(Headers(&headers), None, evidence)
}

fn forwarded<'f>(answer: Answer<'f>) -> Vec<HeaderEdit<'f>> {
    match answer.disposition {
        Disposition::Forward(edits) => edits,
        Disposition::Reserve(_, intent) => panic!("to be reserved: {intent:?}"),
        Disposition::Refuse(reply) => panic!("refused: {reply:?}"),
    }
}

fn refused(answer: Answer<'_>) -> (Reply, serde_json::Value) {
    match answer.disposition {
        Disposition::Refuse(reply) => {
            let body = serde_json::from_slice(&reply.body).unwrap();
            (reply, body)
        }
        Disposition::Forward(edits) | Disposition::Reserve(edits, _) => panic!("forwarded: {edits:?}"),
    }
}

fn removed(name: &str) -> HeaderEdit<'_> {
    HeaderEdit::Remove(Cow::Borrowed(name.as_bytes()))
}

fn alice() -> Known {
    token("alice", "editor", Some("none"))
}

#[test]
fn without_a_snapshot_every_request_is_unavailable() {
    let filter = filter(false, "{}");
    let (reply, body) = refused(ask(&filter, "/documents/7", &[], &alice()));
    assert_eq!((reply.status, &body["code"]), (503, &"POLICY_UNAVAILABLE".into()));
    assert_eq!(filter.vm.counters.take(Counter::Unavailable), 1);
    assert!(filter.vm.serving.get());
}

#[test]
fn an_allowed_request_carries_the_configured_facts() {
    let filter = ready(false, FORWARD);
    let edits = forwarded(ask(&filter, "/documents/7", &[], &token("al ice", "editor", Some("none"))));
    let [
        HeaderEdit::Set("x-decision", id),
        HeaderEdit::Set("x-policy", policy),
        HeaderEdit::Set("x-principal", who),
        HeaderEdit::Set("x-roles", roles),
    ] = &edits[..]
    else {
        panic!("{edits:?}")
    };
    assert_eq!((who.as_str(), roles.as_str(), policy.as_str()), ("al%20ice", "editor", "editors-view"));
    assert!(id.ends_with("-1") && id.len() == 18, "{id}");
    assert_eq!(filter.vm.counters.take(Counter::Allowed), 1);
}

#[test]
fn nothing_is_forwarded_unless_configured() {
    let filter = ready(false, "{}");
    assert_eq!(forwarded(ask(&filter, "/documents/7", &[], &alice())), []);
}

#[test]
fn a_clients_copies_of_forwarded_headers_go_in_every_spelling() {
    let filter = ready(false, r#"{"x-principal": "principal.id"}"#);
    let spoofed = [("x-principal", "root"), ("x_principal", "root"), ("x-principal", "admin"), ("x-principals", "ok")];
    let edits = forwarded(ask(&filter, "/documents/7", &spoofed, &alice()));
    let set = HeaderEdit::Set("x-principal", "alice".into());
    assert_eq!(edits, [removed("x-principal"), removed("x_principal"), set]);
}

#[test]
fn identity_headers_of_untrusted_peers_go() {
    let filter = ready(false, "{}");
    let spoofed = [("x-user", "root"), ("x-user-roles", "admin")];
    for evidence in [alice(), Known { claims: alice().claims, ..peer("elsewhere") }] {
        let edits = forwarded(ask(&filter, "/documents/7", &spoofed, &evidence));
        assert_eq!(edits, [removed("x-user"), removed("x-user-roles")]);
    }
}

#[test]
fn identity_headers_of_the_trusted_peer_count_and_stay() {
    let filter = ready(false, r#"{"x-principal": "principal.id"}"#);
    let mut set = fixture::set();
    set.policies.remove(0);
    publish(&filter, &set, 2);
    let headers = [("x-user", "bob"), ("x-user-roles", "editor")];
    let edits = forwarded(ask(&filter, "/documents/7", &headers, &peer("gateway.internal")));
    assert_eq!(edits, [HeaderEdit::Set("x-principal", "bob".into())]);
}

#[test]
fn requests_that_pass_unmatched_lose_their_identity_headers_and_are_counted() {
    let filter = ready(false, FORWARD);
    publish(&filter, &tollgate_policy::set::PolicySet { unmatched: Unmatched::Allow, ..fixture::set() }, 2);
    let edits = forwarded(ask(&filter, "/elsewhere", &[("x-user", "root"), ("x-principal", "root")], &NOBODY));
    assert!(
        matches!(&edits[..], [user, HeaderEdit::Set("x-decision", _), principal]
            if [user, principal] == [&removed("x-user"), &removed("x-principal")]),
        "{edits:?}"
    );
    assert_eq!(filter.vm.counters.take(Counter::UnmatchedAllowed), 1);
}

#[test]
fn each_refusal_has_its_status_code_and_count() {
    let filter = ready(false, "{}");
    let invalid = Known { claims: Presented::Invalid("no".into()), ..NOBODY };
    for (path, evidence, status, code, counter) in [
        ("/documents/..%2f7", alice(), 400, "INVALID_REQUEST", Counter::Invalid),
        ("/documents/7", NOBODY, 401, "UNAUTHENTICATED", Counter::Unauthenticated),
        ("/public/7", invalid, 401, "UNAUTHENTICATED", Counter::Unauthenticated),
        ("/documents/7", token("bob", "viewer", Some("none")), 403, "FORBIDDEN", Counter::Denied),
        ("/documents/7", token("bob", "editor", Some("7")), 403, "FORBIDDEN", Counter::Denied),
        ("/elsewhere", alice(), 403, "FORBIDDEN", Counter::Denied),
    ] {
        let (reply, body) = refused(ask(&filter, path, &[], &evidence));
        assert_eq!((reply.status, &body["code"]), (status, &code.into()), "{path}");
        assert_eq!(filter.vm.counters.take(counter), 1, "{path}");
        assert_eq!(body.get("reason"), None);
    }
}

#[test]
fn conditions_that_fail_are_counted_and_deny() {
    let filter = ready(false, "{}");
    let (reply, _) = refused(ask(&filter, "/documents/7", &[], &token("bob", "editor", None)));
    assert_eq!(reply.status, 403);
    assert_eq!(filter.vm.counters.take(Counter::ConditionErrors), 1);
}

#[test]
fn a_client_learns_why_only_where_configured() {
    let filter = ready(true, "{}");
    let (_, body) = refused(ask(&filter, "/documents/7", &[], &token("bob", "editor", Some("7"))));
    assert_eq!(body["policy"], "documents-locked");
    assert_eq!(body["reason"], "a deny policy applies");
}

#[test]
fn the_operator_reads_decisions_where_the_log_level_shows_them() {
    let filter = ready(false, "{}");
    assert_eq!(ask(&filter, "/documents/7", &[], &alice()).note, None);
    filter.vm.verbose.set(true);
    let note = ask(&filter, "/documents/7", &[], &token("b\nob", "editor", None)).note.unwrap();
    for part in
        ["forbidden", "policy `documents-locked`", "route `documents`", "principal `b\\nob`", "1 condition errors"]
    {
        assert!(note.contains(part), "{part} in {note}");
    }
}

#[test]
fn with_a_denial_the_operator_reads_which_policies_are_like_the_one_that_denies() {
    let ask = |filter: &Filter| {
        let denied = ask(filter, "/documents/7", &[], &token("bob", "editor", None));
        let allowed = ask(filter, "/documents/7", &[], &alice()).note.unwrap();
        assert!(!allowed.contains("related"), "{allowed}");
        let note = denied.note.unwrap();
        let client = refused(Answer { disposition: denied.disposition, note: None }).1.to_string();
        (note, client)
    };
    for explain in [false, true] {
        let [with, without] = [true, false].map(|with| {
            let filter = ready(explain, "{}");
            filter.vm.verbose.set(true);
            if with {
                filter.slot.take_part(Part::decode(fixture::part(1, &[])).unwrap());
            }
            let (note, client) = ask(&filter);
            let id = |text: String| text.replace(filter.vm.decisions.next().to_string().split('-').next().unwrap(), "");
            (id(note), id(client))
        });
        assert_eq!(with.0, format!("{}; related to `documents-locked`: `editors-view` 0.71", without.0));
        assert_eq!(with.1, without.1, "a client reads the same");
    }
}

#[test]
fn a_request_that_cannot_be_read_is_unavailable() {
    let filter = ready(true, "{}");
    let (reply, body) = refused(filter.undecidable("no headers"));
    assert_eq!((reply.status, &body["reason"]), (503, &"no headers".into()));
}

/// The set, whose documents route reads bodies of at most 16 bytes.
fn reading_bodies(explain: bool) -> Filter {
    let filter = filter(explain, "{}");
    let mut set = fixture::set();
    set.routes[0].body = RouteBody::Json { max_bytes: NonZeroUsize::new(16).unwrap() };
    publish(&filter, &set, 1);
    filter
}

const POST: [(&[u8], &[u8]); 4] = [
    (b":method", b"GET"),
    (b":authority", b"example.com"),
    (b":path", b"/documents/7"),
    (b"content-type", b"application/json"),
];

#[test]
fn a_request_that_waits_for_its_body_is_not_decided_yet() {
    let filter = reading_bodies(false);
    let head = filter.answer_head(Headers(&POST), &alice());
    assert_eq!(head, Progress::NeedsBody { max_bytes: 16, api: None });
    assert_eq!(Counter::ALL.map(|counter| filter.vm.counters.take(counter)), [0; Counter::ALL.len()]);
    assert_eq!(filter.vm.decisions.next().to_string().rsplit_once('-').unwrap().1, "1");
    assert_eq!(forwarded(filter.answer(Headers(&POST), Some(b"{}"), &alice())), []);
    assert_eq!(filter.vm.counters.take(Counter::Allowed), 1);
}

#[test]
fn a_call_that_counts_waits_for_its_body_although_no_condition_reads_it() {
    let filter = filter(false, "{}");
    let mut set = fixture::set();
    let api = Some(ModelApi::OpenAiChat);
    set.routes[0].budget = Some(RouteBudget { api, max_bytes: 16, ..RouteBudget::default() });
    publish(&filter, &set, 1);
    assert_eq!(
        filter.answer_head(Headers(&POST), &alice()),
        Progress::NeedsBody { max_bytes: 16, api: Some(tollgate_llm::Api::OpenAiChat) }
    );
    let answer = filter.answer(Headers(&POST), Some(b"{\"model\":\"m\"}"), &alice());
    let Disposition::Reserve(edits, intent) = answer.disposition else { panic!("{answer:?}") };
    assert_eq!((edits, intent.user()), (vec![], "token/alice"));
    assert_eq!(refused(filter.answer(Headers(&POST), Some(b"{"), &alice())).0.status, 400);
    assert_eq!(refused(filter.answer(Headers(&POST), Some(&[b' '; 17]), &alice())).0.status, 413);
}

#[test]
fn a_request_that_its_headers_decide_waits_for_no_body() {
    let filter = reading_bodies(false);
    let Progress::Answered(answer) = filter.answer_head(Headers(&POST), &NOBODY) else { panic!("it waits") };
    assert_eq!(refused(answer).0.status, 401);
}

#[test]
fn bodies_that_are_too_large_are_refused_alike_however_that_is_found() {
    let filter = reading_bodies(true);
    let longest = [b'1'; 17];
    let announced = [&POST[..], &[(b"content-length", b"17")]].concat();
    let answers = [filter.answer(Headers(&POST), Some(&longest), &alice()), filter.body_too_large(None), {
        let Progress::Answered(answer) = filter.answer_head(Headers(&announced), &alice()) else { panic!("it waits") };
        answer
    }];
    for answer in answers {
        let (reply, body) = refused(answer);
        assert_eq!((reply.status, &body["code"]), (413, &"BODY_TOO_LARGE".into()));
        assert_eq!(body["reason"], "the body is larger than the route takes");
    }
    assert_eq!(filter.vm.counters.take(Counter::BodyTooLarge), 3);
}
