//! From the request to its reserve, and from the companion's answer to the request.

use serde_json::Value;
use tollgate_host_tests::{Action, Fault, GrpcStatus, HostFn, LogLevel, Status, VmOptions};

use super::caller::{
    CHAT, MESSAGES, PLAIN, STREAMED, begin, call, plugin, plugin_with, refusal, settlements_of, upstream,
};
use super::wire::{ACME, Outcome, disabled, exceeded, held, held_of, invalid, unavailable};
use crate::metadata::{claims, person, string};
use crate::plugin::{CONFIG, Plugin, options};
use crate::policies::id;
use crate::request::Request;

#[test]
fn a_call_is_reserved_with_all_that_is_known_of_it() {
    let mut plugin = plugin_with("org: principal.org, mode: advisory, downgrade: {below: 10}, defaultOutput: 1000");
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    let reserve = call.reserve;
    assert_eq!(reserve.id.len(), 16);
    assert_eq!((&*reserve.user, &*reserve.org, &*reserve.model), ("ann", "acme", "gpt-4o"));
    assert_eq!((reserve.mode, reserve.downgrade, reserve.answers), (2, Some(10), 1));
    assert_eq!((reserve.output_cap, &*reserve.request_id), (Some(300), "abc-1"));
    assert!((5..40).contains(&reserve.prompt_tokens), "{}", reserve.prompt_tokens);
    assert!(!reserve.org_unknown);
}

#[test]
fn a_call_that_bounds_nothing_is_held_for_what_the_route_says() {
    let mut plugin = plugin();
    let reserve = begin(&mut plugin, &call(CHAT, STREAMED), STREAMED).reserve;
    assert_eq!((reserve.output_cap, reserve.mode, reserve.downgrade), (Some(1000), 0, None));
}

#[test]
fn every_call_has_an_id_of_its_own() {
    let mut plugin = plugin();
    let mut id = || begin(&mut plugin, &call(CHAT, PLAIN), PLAIN).reserve.id;
    assert_ne!(id(), id());
}

#[test]
fn a_held_call_goes_upstream_as_it_came_but_for_encodings() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 300, 900)).unwrap();
    let (headers, body) = upstream(&plugin, call.stream);
    assert_eq!(body, PLAIN);
    assert_eq!(headers.get("accept-encoding"), None);
    assert_eq!(headers.text("content-length"), Some(PLAIN.len().to_string()));
    assert_eq!(plugin.counter("tollgate.budget_calls.outcome.held"), 1);
}

#[test]
fn a_stream_is_made_to_say_what_it_uses() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, STREAMED), STREAMED);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    let (headers, body) = upstream(&plugin, call.stream);
    assert_eq!(headers.text("content-length"), Some(body.len().to_string()));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["stream_options"]["include_usage"], true);
}

#[test]
fn another_model_is_asked_where_the_companion_says_so() {
    let mut plugin = plugin_with("downgrade: {}");
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o-mini", 300, 900)).unwrap();
    let (headers, body) = upstream(&plugin, call.stream);
    assert_eq!(body, PLAIN.replace("gpt-4o", "gpt-4o-mini"));
    assert_eq!(headers.text("content-length"), Some(body.len().to_string()));
    super::caller::answer(&mut plugin, call.stream, &super::caller::JSON, false);
    let response = plugin.vm.stream(call.stream).unwrap().response().headers().unwrap().clone();
    assert_eq!(response.text("x-tollgate-model").as_deref(), Some("gpt-4o-mini"));
}

#[test]
fn another_model_is_asked_for_in_the_path_where_that_names_it() {
    let mut plugin = plugin_with("downgrade: {}");
    let body = r#"{"contents": [{"parts": [{"text": "Hello"}]}]}"#;
    let call = begin(&mut plugin, &call("/v1beta/models/big:generateContent?key=1", body), body);
    assert_eq!(call.reserve.model, "big");
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "small", 300, 900)).unwrap();
    let (headers, sent) = upstream(&plugin, call.stream);
    assert_eq!(headers.text(":path").as_deref(), Some("/v1beta/models/small:generateContent?key=1"));
    assert_eq!(sent, body);
}

#[test]
fn digests_of_a_body_that_is_changed_go() {
    let mut plugin = plugin();
    let request = call(CHAT, STREAMED).header("content-digest", "sha-256=:abc=:").header("digest", "x");
    let call = begin(&mut plugin, &request, STREAMED);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    let (headers, _) = upstream(&plugin, call.stream);
    assert_eq!((headers.get("content-digest"), headers.get("digest")), (None, None));
}

#[test]
fn a_body_without_a_length_gets_none() {
    let mut plugin = plugin();
    let token = claims(&[("sub", string("ann")), ("org", string("acme"))]);
    let call = begin(&mut plugin, &Request::post(CHAT).metadata(token), STREAMED);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    assert_eq!(upstream(&plugin, call.stream).0.get("content-length"), None);
}

#[test]
fn what_exceeds_a_limit_is_refused_as_the_provider_would() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, exceeded(&ACME, 170_000)).unwrap();
    let (response, body) = refusal(&plugin, call.stream);
    assert_eq!(response.status, 429);
    assert_eq!(body["error"]["code"], "BUDGET_EXCEEDED");
    let message = body["error"]["message"].as_str().unwrap();
    for part in ["1000000 tokens a day", "org `acme`", "900000 used", "50000 held", "170000 asked", "3661 s"] {
        assert!(message.contains(part), "{message}");
    }
    let header = |name: &str| response.headers.text(name);
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("retry-after", "3661"),
        ("x-should-retry", "false"),
        ("x-ratelimit-limit-tokens", "1000000"),
        ("x-ratelimit-remaining-tokens", "50000"),
        ("x-ratelimit-reset-tokens", "1h1m1s"),
        ("ratelimit-policy", r#""org-tokens-day";q=1000000;w=86400"#),
        ("ratelimit", r#""org-tokens-day";r=50000;t=3661"#),
    ] {
        assert_eq!(header(name).as_deref(), Some(value), "{name}");
    }
    assert!(response.details.to_text().starts_with("tollgate_budget_exceeded{"), "{}", response.details);
    assert_eq!(settlements_of(&mut plugin), []);
    assert_eq!(plugin.counter("tollgate.budget_calls.outcome.exceeded"), 1);
}

#[test]
fn each_provider_has_errors_of_its_own() {
    for (path, body, look) in [
        (MESSAGES, r#"{"model": "c", "max_tokens": 5, "messages": []}"#, "/error/type=rate_limit_error"),
        ("/v1beta/models/m:generateContent", "{}", "/error/status=RESOURCE_EXHAUSTED"),
        ("/model/m/converse", "{}", "/message="),
    ] {
        let mut plugin = plugin();
        let call = begin(&mut plugin, &call(path, body), body);
        plugin.vm.answer_grpc_call(call.grpc, exceeded(&ACME, 7)).unwrap();
        let (response, body) = refusal(&plugin, call.stream);
        let (pointer, value) = look.split_once('=').unwrap();
        let found = body.pointer(pointer).unwrap().as_str().unwrap();
        assert!(response.status == 429 && found.starts_with(value), "{body}");
    }
}

#[test]
fn without_an_answer_nothing_goes_upstream_unless_the_route_is_advisory() {
    for (budget, is_admitted) in [("", false), ("mode: strict", false), ("mode: advisory", true)] {
        for reply in [None, Some(Vec::new()), Some(vec![0xff; 9]), Some(unavailable(7))] {
            let is_unavailable = reply == Some(unavailable(7));
            let mut plugin = plugin_with(budget);
            let call = begin(&mut plugin, &call(CHAT, STREAMED), STREAMED);
            match reply {
                None => plugin.vm.fail_grpc_call(call.grpc, GrpcStatus::DEADLINE_EXCEEDED, "").unwrap(),
                Some(reply) => plugin.vm.answer_grpc_call(call.grpc, reply).unwrap(),
            }
            // What the companion says goes before what the route says: only it knows the environment.
            if is_admitted && !is_unavailable {
                assert_eq!(upstream(&plugin, call.stream).1, STREAMED);
                assert_eq!(plugin.counter("tollgate.budget_calls.outcome.uncounted"), 1);
            } else {
                let (response, body) = refusal(&plugin, call.stream);
                assert_eq!((response.status, &body["error"]["code"]), (503, &"BUDGET_UNAVAILABLE".into()));
                let wait = if is_unavailable { "7" } else { "1" };
                assert_eq!(response.headers.text("retry-after").as_deref(), Some(wait));
                assert_eq!(response.headers.get("x-should-retry"), None);
                assert_eq!(plugin.counter("tollgate.budget_calls.outcome.unavailable"), 1);
            }
            plugin.vm.finish(call.stream).unwrap();
            assert_eq!(settlements_of(&mut plugin), []);
        }
    }
}

#[test]
fn a_companion_that_cannot_be_called_is_none() {
    for (budget, status) in [("mode: strict", Some(503)), ("mode: advisory", None)] {
        let mut plugin = plugin_with(budget);
        plugin.vm.inject(Fault::always(HostFn::GrpcCall, Status::InternalFailure));
        let (stream, _) = plugin.begin(&call(CHAT, PLAIN), false);
        let outcome = plugin.vm.request_body(stream, PLAIN, true).unwrap();
        assert_eq!(outcome.local_response.map(|response| response.status), status);
        assert_eq!(outcome.goes_on, status.is_none());
        plugin.vm.finish(stream).unwrap();
    }
}

#[test]
fn where_budgets_are_disabled_calls_go_as_they_came() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, STREAMED), STREAMED);
    plugin.vm.answer_grpc_call(call.grpc, disabled()).unwrap();
    let (headers, body) = upstream(&plugin, call.stream);
    assert_eq!((&*body, headers.text("accept-encoding").as_deref()), (STREAMED, Some("gzip, br")));
    plugin.vm.finish(call.stream).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
}

#[test]
fn a_route_whose_budget_is_disabled_asks_nobody() {
    let mut plugin = plugin_with("mode: disabled");
    let (stream, _) = plugin.begin(&call(CHAT, STREAMED), false);
    assert!(plugin.vm.request_body(stream, STREAMED, true).unwrap().goes_on);
    assert_eq!(plugin.vm.grpc_calls().count(), 0);
}

#[test]
fn a_call_that_nothing_is_held_for_goes_as_it_came() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, STREAMED), STREAMED);
    plugin.vm.answer_grpc_call(call.grpc, held(b"", "gpt-4o", u64::MAX, 0)).unwrap();
    assert_eq!(upstream(&plugin, call.stream).1, STREAMED);
    plugin.vm.finish(call.stream).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
}

#[test]
fn what_the_companion_cannot_hold_is_told_to_the_client() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, invalid("MODEL_UNKNOWN", "there is no model `gpt-4o`")).unwrap();
    let (response, body) = refusal(&plugin, call.stream);
    assert_eq!((response.status, &body["error"]["message"]), (400, &"there is no model `gpt-4o`".into()));
    assert_eq!(body["error"]["code"], "MODEL_UNKNOWN");
    assert_eq!(response.headers.get("retry-after"), None);
}

#[test]
fn what_is_no_call_is_refused_without_asking() {
    for (path, body, status) in [
        (CHAT, "{", 400),
        (CHAT, "[]", 400),
        (CHAT, r#"{"model": "a", "model": "b"}"#, 400),
        (CHAT, r#"{"model": 5}"#, 400),
        ("/other", "{}", 400),
    ] {
        let mut plugin = plugin();
        let (stream, _) = plugin.begin(&call(path, body), false);
        let outcome = plugin.vm.request_body(stream, body, true).unwrap();
        assert_eq!(outcome.local_response.map(|response| response.status), Some(status), "{path} {body}");
        assert_eq!(plugin.vm.grpc_calls().count(), 0);
        assert_eq!(plugin.counter("tollgate.budget_calls.outcome.invalid"), 1);
    }
}

#[test]
fn a_call_of_another_api_than_the_routes_is_refused_without_asking() {
    let responses = r#"{"model": "gpt-4o", "input": "a long text", "max_output_tokens": 16384}"#;
    for (path, body, is_asked) in [
        ("/v1/responses", responses, false),
        ("/model/gpt-4o/ask", PLAIN, false),
        ("/other", PLAIN, true),
        (CHAT, PLAIN, true),
    ] {
        let mut plugin = plugin_with("api: openai-chat");
        let (stream, _) = plugin.begin(&call(path, body), false);
        let outcome = plugin.vm.request_body(stream, body, true).unwrap();
        assert_eq!(plugin.vm.grpc_calls().count(), usize::from(is_asked), "{path}");
        assert_eq!(outcome.local_response.map(|response| response.status), (!is_asked).then_some(400));
    }
}

#[test]
fn a_call_may_have_no_more_than_the_companion_holds() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 120, 900)).unwrap();
    let (headers, body) = upstream(&plugin, call.stream);
    assert_eq!(body, PLAIN.replace("300", "120"));
    assert_eq!(headers.text("content-length"), Some(body.len().to_string()));
}

#[test]
fn a_strict_route_lets_nothing_pass_that_nothing_is_held_for() {
    let mut plugin = plugin_with("mode: strict");
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, held(b"", "gpt-4o", u64::MAX, 0)).unwrap();
    assert_eq!(refusal(&plugin, call.stream).0.status, 503);
}

#[test]
fn a_call_without_a_body_is_none() {
    let mut plugin = plugin();
    let token = claims(&[("sub", string("ann")), ("org", string("acme"))]);
    let answer = plugin.ask(&Request::post(CHAT).metadata(token));
    assert_eq!(answer.status(), 400);
}

#[test]
fn a_body_that_is_too_long_is_refused_as_the_provider_would_before_it_is_there() {
    let token = claims(&[("sub", string("ann")), ("org", string("acme"))]);
    for (path, look) in [(MESSAGES, "/error/type"), (CHAT, "/error/type"), ("/model/m/converse", "/message")] {
        let mut plugin = plugin_with("maxBytes: 20");
        // It is announced to be.
        let (stream, outcome) = plugin.begin(&call(path, PLAIN), false);
        assert_eq!(outcome.local_response.map(|response| response.status), Some(413));
        assert!(refusal(&plugin, stream).1.pointer(look).is_some());
        // It turns out to be.
        let (stream, _) = plugin.begin(&Request::post(path).metadata(token.clone()), false);
        let outcome = plugin.vm.request_body(stream, PLAIN, false).unwrap();
        assert_eq!(outcome.local_response.map(|response| response.status), Some(413));
        assert!(refusal(&plugin, stream).1.pointer(look).is_some());
        assert_eq!(plugin.counter("tollgate.decisions.verdict.body_too_large"), 2);
    }
}

#[test]
fn what_policies_deny_reserves_nothing() {
    let mut plugin = plugin();
    let (_, outcome) = plugin.begin(&Request::post(CHAT), false);
    assert_eq!(outcome.local_response.map(|response| response.status), Some(401));
    assert_eq!(plugin.vm.grpc_calls().count(), 0);
}

#[test]
fn a_caller_of_no_known_organisation_is_refused_or_told_of() {
    let nobody = |budget: &str| {
        let mut plugin = plugin_with(budget);
        let (stream, _) = plugin.begin(&Request::post(CHAT).metadata(person("bob", "dev")), false);
        let outcome = plugin.vm.request_body(stream, PLAIN, true).unwrap();
        let reserve = plugin.vm.grpc_calls().next().map(|call| super::wire::Reserve::read(&call.message));
        (outcome.local_response.map(|response| response.status), reserve)
    };
    assert_eq!(nobody("org: principal.org, mode: strict"), (Some(403), None));
    let (status, reserve) = nobody("org: principal.org");
    let reserve = reserve.unwrap();
    assert_eq!((status, reserve.org_unknown, &*reserve.org), (None, true, ""));
    assert!(!nobody("").1.unwrap().org_unknown);
}

#[test]
fn an_allowed_answer_says_how_much_is_left() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, held_of(b"r", "gpt-4o", 300, &ACME)).unwrap();
    super::caller::answer(&mut plugin, call.stream, &super::caller::JSON, false);
    let response = plugin.vm.stream(call.stream).unwrap().response().headers().unwrap().clone();
    assert_eq!(response.text("x-ratelimit-remaining-tokens").as_deref(), Some("50000"));
    assert_eq!(response.text("ratelimit").as_deref(), Some(r#""org-tokens-day";r=50000;t=3661"#));
    assert_eq!(response.get("x-tollgate-model"), None);
}

#[test]
fn a_body_that_ends_in_trailers_is_reserved_all_the_same() {
    let mut plugin = plugin();
    let (stream, _) = plugin.begin(&call(CHAT, STREAMED), false);
    for chunk in STREAMED.as_bytes().chunks(7) {
        assert_eq!(plugin.vm.request_body(stream, chunk, false).unwrap().action, Action::Pause);
    }
    assert_eq!(plugin.vm.request_trailers(stream, &[("checksum", "1")]).unwrap().action, Action::Pause);
    let grpc = plugin.vm.grpc_calls().next().unwrap().id;
    plugin.vm.answer_grpc_call(grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    assert!(upstream(&plugin, stream).1.contains("include_usage"));
}

#[test]
fn a_call_that_cannot_be_changed_is_refused_and_released() {
    for function in [HostFn::SetBufferBytes, HostFn::RemoveHeaderMapValue, HostFn::ReplaceHeaderMapValue] {
        let mut plugin = plugin();
        let call = begin(&mut plugin, &call(CHAT, STREAMED), STREAMED);
        plugin.vm.inject(Fault::always(function, Status::InternalFailure));
        plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
        assert_eq!(refusal(&plugin, call.stream).0.status, 503, "{function}");
        assert_eq!(super::caller::outcome_of(&mut plugin), Outcome::Released);
    }
}

#[test]
fn a_call_that_cannot_go_on_is_refused_and_released() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.inject(Fault::always(HostFn::ContinueStream, Status::InternalFailure));
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    assert_eq!(refusal(&plugin, call.stream).0.status, 503);
    assert_eq!(super::caller::outcome_of(&mut plugin), Outcome::Released);
    assert!(!plugin.logged(LogLevel::Error).is_empty());
}

#[test]
fn an_answer_that_never_comes_ends_the_wait() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.advance(std::time::Duration::from_secs(11)).unwrap();
    assert_eq!(refusal(&plugin, call.stream).0.status, 503);
    // What comes after all is given back.
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    assert_eq!(refusal(&plugin, call.stream).0.status, 503);
}

#[test]
fn companions_that_admit_nodes_by_name_are_told_the_name() {
    let options = VmOptions { allow_on_headers_stop_iteration: true, ..options() };
    let mut vm = Plugin::start_vm(options);
    vm.set_property(&["xds", "node", "id"], "edge-1");
    let root = vm.create_root(CONFIG).unwrap();
    let mut plugin = Plugin { vm, root };
    plugin.publish(&super::caller::set(""), id(1, 1));
    begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    let metadata = &plugin.vm.grpc_calls().next().unwrap().target.initial_metadata;
    assert_eq!(metadata.text("tollgate-node").as_deref(), Some("edge-1"));
}

fn both(plugin: &mut Plugin) -> (super::caller::Call, super::caller::Call) {
    let one = begin(plugin, &call(CHAT, PLAIN), PLAIN);
    let other = begin(plugin, &call(CHAT, STREAMED), STREAMED);
    (one, other)
}

#[test]
fn answers_find_their_requests_in_any_order() {
    let mut plugin = plugin();
    let (one, other) = both(&mut plugin);
    plugin.vm.answer_grpc_call(other.grpc, exceeded(&ACME, 5)).unwrap();
    plugin.vm.answer_grpc_call(one.grpc, held(b"r", "gpt-4o", 1000, 900)).unwrap();
    assert_eq!(refusal(&plugin, other.stream).0.status, 429);
    assert_eq!(upstream(&plugin, one.stream).1, PLAIN);
}
