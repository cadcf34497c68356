//! Clients, the companion and providers, as far as calls of models take them.

use serde_json::Value;
use tollgate_host_tests::{Action, GrpcId, HeaderMap, LocalResponse, Outcome, StreamId, VmOptions};

use super::wire::{Reserve, Settlement, held, settled, settlements};
use crate::metadata::{claims, list, string};
use crate::plugin::{CONFIG, Plugin, options};
use crate::policies::id;
use crate::request::Request;

/// Everybody who has a name may complete; these are the routes.
pub(super) fn set(budget: &str) -> String {
    let route = |name: &str, path: &str| {
        format!(
            "  - {{name: {name}, match: {{methods: [POST], path: \"{path}\"}}, action: complete, \
             resource: {{kind: llm}}, budget: {{{budget}}}}}\n"
        )
    };
    let routes = [
        route("chat", "/v1/chat/completions"),
        route("responses", "/v1/responses"),
        route("embeddings", "/v1/embeddings"),
        route("messages", "/v1/messages"),
        route("gemini", "/v1beta/models/{call}"),
        route("bedrock", "/model/{model}/{call}"),
        route("other", "/other"),
    ];
    format!(
        "policies:\n  - {{name: complete, resource: llm, actions: [complete], roles: [\"*\"]}}\n\
         routes:\n{}  - {{name: free, match: {{methods: [GET, POST], path: /free}}, action: complete, resource: {{kind: llm}}}}\n\
         identity:\n  - {{name: token, jwt: {{roles: roles}}}}\n{MODELS}",
        routes.concat()
    )
}

const MODELS: &str = "budgets:
  models:
    - {name: gpt-4o, provider: openai, context: 128000, maxOutput: 16384}
  environments:
    dev: {limits: [{scope: org, tokens: 1000000}]}
";

/// In a proxy that delivers bodies of held requests, with this said of every route's budget.
pub(super) fn plugin_with(budget: &str) -> Plugin {
    let options = VmOptions { allow_on_headers_stop_iteration: true, ..options() };
    let mut plugin = Plugin::with_options(CONFIG, options);
    plugin.publish(&set(budget), id(1, 1));
    plugin.vm.take_calls();
    plugin
}

/// Organisations are named by the claim `org`.
pub(super) fn plugin() -> Plugin {
    plugin_with("org: principal.org, defaultOutput: 1000")
}

pub(super) const CHAT: &str = "/v1/chat/completions";
pub(super) const MESSAGES: &str = "/v1/messages";

/// Of Ann's, who is of `acme`.
pub(super) fn call(path: &str, body: &str) -> Request {
    let claims = claims(&[("sub", string("ann")), ("roles", list(&[string("dev")])), ("org", string("acme"))]);
    Request::post(path)
        .header("content-length", body.len().to_string())
        .header("accept-encoding", "gzip, br")
        .header("x-request-id", "abc-1")
        .metadata(claims)
}

/// A chat of one message.
pub(super) const PLAIN: &str =
    r#"{"model": "gpt-4o", "max_tokens": 300, "messages": [{"role": "user", "content": "Hello there, model!"}]}"#;
/// The same, to be streamed.
pub(super) const STREAMED: &str =
    r#"{"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "Hello there, model!"}]}"#;

/// One call on its way.
pub(super) struct Call {
    pub(super) stream: StreamId,
    pub(super) reserve: Reserve,
    pub(super) grpc: GrpcId,
}

/// Sends a request as far as to its reserve.
pub(super) fn begin(plugin: &mut Plugin, request: &Request, body: &str) -> Call {
    let before: Vec<GrpcId> = plugin.vm.grpc_calls().map(|call| call.id).collect();
    let (stream, outcome) = plugin.begin(request, false);
    assert_eq!(outcome.action, Action::Pause);
    let outcome = plugin.vm.request_body(stream, body, true).unwrap();
    assert_eq!((outcome.action, outcome.local_response), (Action::Pause, None));
    let mut asked = plugin.vm.grpc_calls().filter(|call| !before.contains(&call.id));
    let call = asked.next().expect("a reserve");
    assert!(asked.next().is_none(), "one reserve a call");
    assert_eq!((&*call.target.service, &*call.target.method), ("tollgate.v1.Budgets", "Reserve"));
    assert_eq!(call.timeout.as_millis(), 400);
    Call { stream, reserve: Reserve::read(&call.message), grpc: call.id }
}

/// A call that is on its way upstream; its reservation is `r`.
pub(super) fn admitted(plugin: &mut Plugin, path: &str, body: &str) -> StreamId {
    admitted_as(plugin, path, body, b"r")
}

pub(super) fn admitted_as(plugin: &mut Plugin, path: &str, body: &str, reservation: &[u8]) -> StreamId {
    let call = begin(plugin, &call(path, body), body);
    plugin.vm.answer_grpc_call(call.grpc, held(reservation, &call.reserve.model, 1000, 900)).unwrap();
    assert!(plugin.vm.stream(call.stream).unwrap().request().is_released());
    call.stream
}

/// What went upstream.
pub(super) fn upstream(plugin: &Plugin, stream: StreamId) -> (HeaderMap, String) {
    let request = plugin.vm.stream(stream).unwrap().request();
    assert!(request.is_released());
    let body = String::from_utf8(request.forwarded_body().to_vec()).unwrap();
    (request.headers().unwrap().clone(), body)
}

/// The refusal of a request that was answered, once, and went nowhere.
pub(super) fn refusal(plugin: &Plugin, stream: StreamId) -> (LocalResponse, Value) {
    let state = plugin.vm.stream(stream).unwrap();
    assert!(!state.request().is_released());
    let [response] = state.local_responses() else { panic!("one answer: {:?}", state.local_responses()) };
    (response.clone(), serde_json::from_slice(&response.body).unwrap())
}

/// What the plugin has settled since it was last asked.
pub(super) fn settlements_of(plugin: &mut Plugin) -> Vec<Settlement> {
    let feed = plugin.feed();
    let sent = plugin.vm.take_grpc_sent(feed).unwrap();
    sent.iter().filter_map(|message| settlements(message)).flatten().collect()
}

/// The outcome of the only call that was settled, which is then acknowledged.
pub(super) fn outcome_of(plugin: &mut Plugin) -> super::wire::Outcome {
    let settlements = settlements_of(plugin);
    let [settlement] = &*settlements else { panic!("one settlement: {settlements:?}") };
    assert_eq!(settlement.reservation, b"r");
    let feed = plugin.feed();
    plugin.vm.deliver_grpc_message(feed, settled(&[settlement.sequence])).unwrap();
    settlement.outcome
}

/// Delivers an answer's headers; the call is by a provider.
pub(super) fn answer(plugin: &mut Plugin, stream: StreamId, headers: &[(&str, &str)], end: bool) -> Outcome {
    for (path, value) in
        [(["upstream", "local_address"], "10.0.0.1:4000"), (["response", "code_details"], "via_upstream")]
    {
        plugin.vm.set_stream_property(stream, &path, value).unwrap();
    }
    let outcome = plugin.vm.response_headers(stream, headers, end).unwrap();
    assert!(outcome.goes_on);
    outcome
}

pub(super) const JSON: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/json")];
pub(super) const EVENTS: [(&str, &str); 2] = [(":status", "200"), ("content-type", "text/event-stream; charset=utf-8")];

/// Delivers a body in these chunks, the last of which ends it; what the client gets.
pub(super) fn body(plugin: &mut Plugin, stream: StreamId, chunks: &[&[u8]]) -> Vec<u8> {
    let (last, before) = chunks.split_last().unwrap();
    for chunk in before {
        assert!(plugin.vm.response_body(stream, chunk, false).unwrap().goes_on);
    }
    assert!(plugin.vm.response_body(stream, last, true).unwrap().goes_on);
    plugin.vm.stream(stream).unwrap().response().forwarded_body().to_vec()
}
