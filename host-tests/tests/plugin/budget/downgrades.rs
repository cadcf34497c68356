//! Calls that another model serves than the one that they ask for: only where policies allow that one, too.

use super::caller::{CHAT, PLAIN, STREAMED, begin, call, plugin_with, refusal, set, upstream};
use super::wire::{Outcome, held};
use crate::plugin::Plugin;
use crate::policies::id;

/// Nobody may use the model `small`, by the body or by the path.
fn plugin_without_small() -> Plugin {
    let mut plugin = plugin_with("");
    let denies = "policies:
  - name: no-small
    effect: deny
    resource: llm
    actions: [complete]
    roles: [\"*\"]
    condition: has(request.body.model) && request.body.model == 'small' || request.path.contains('/models/small:')
";
    let text = set("org: principal.org, downgrade: {below: 10}").replacen("policies:\n", denies, 1);
    plugin.publish(&text, id(1, 2));
    plugin
}

#[test]
fn a_model_that_is_allowed_may_serve() {
    let mut plugin = plugin_without_small();
    let call = begin(&mut plugin, &call(CHAT, STREAMED), STREAMED);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "medium", 300, 900)).unwrap();
    assert!(upstream(&plugin, call.stream).1.contains(r#""model": "medium""#));
}

#[test]
fn a_model_that_is_not_allowed_does_not_serve_and_what_was_held_for_it_is_given_back() {
    let gemini = r#"{"contents": [{"parts": [{"text": "Hello"}]}]}"#;
    for (path, body) in [(CHAT, PLAIN), (CHAT, STREAMED), ("/v1beta/models/big:generateContent", gemini)] {
        let mut plugin = plugin_without_small();
        let call = begin(&mut plugin, &call(path, body), body);
        plugin.vm.answer_grpc_call(call.grpc, held(b"r", "small", 300, 900)).unwrap();
        let (response, body) = refusal(&plugin, call.stream);
        assert!(response.status == 403 && body.to_string().contains("`small`"), "{body}");
        assert_eq!(super::caller::outcome_of(&mut plugin), Outcome::Released);
        assert_eq!(plugin.counter("tollgate.decisions.verdict.deny"), 1);
    }
}
