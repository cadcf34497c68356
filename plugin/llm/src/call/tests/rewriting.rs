use super::*;

fn rewritten(body: &str, rewrite: Rewrite<'_>) -> String {
    let call = read(Api::OpenAiChat, body).unwrap();
    let changed = String::from_utf8(call.rewritten(body.as_bytes(), rewrite)).unwrap();
    // What was rewritten is read as it was meant.
    let again = read(Api::OpenAiChat, &changed).unwrap();
    if rewrite.include_usage && call.streams {
        assert!(again.asks_usage && !again.needs_include_usage(), "{changed}");
    }
    if let (Some(model), Some(_)) = (rewrite.model, &call.model) {
        assert_eq!(again.model.as_deref(), Some(model));
    }
    assert_eq!(
        (again.prompt_tokens, again.output_cap, again.streams),
        (call.prompt_tokens, call.output_cap, call.streams)
    );
    changed
}

const USAGE: Rewrite<'static> = Rewrite { model: None, include_usage: true, output_cap: None };
const MODEL: Rewrite<'static> = Rewrite { model: Some("gpt-4o-mini"), include_usage: false, output_cap: None };

#[test]
fn usage_is_asked_for_wherever_it_was_not() {
    for (body, expected) in [
        (r#"{"stream":true}"#, r#"{"stream_options":{"include_usage":true},"stream":true}"#),
        ("\t{ \"stream\" : true }\n", "\t{\"stream_options\":{\"include_usage\":true}, \"stream\" : true }\n"),
        (r#"{"stream":true,"stream_options":null}"#, r#"{"stream":true,"stream_options":{"include_usage":true}}"#),
        (r#"{"stream":true,"stream_options":{}}"#, r#"{"stream":true,"stream_options":{"include_usage":true}}"#),
        (r#"{"stream_options":{ },"stream":true}"#, r#"{"stream_options":{"include_usage":true },"stream":true}"#),
        (
            r#"{"stream_options":{"include_obfuscation":false},"stream":true}"#,
            r#"{"stream_options":{"include_usage":true,"include_obfuscation":false},"stream":true}"#,
        ),
        (
            r#"{"stream_options":{"a":{},"include_usage" : false },"stream":true}"#,
            r#"{"stream_options":{"a":{},"include_usage" : true },"stream":true}"#,
        ),
        (
            r#"{"stream_options":{"include_usage":null},"stream":true}"#,
            r#"{"stream_options":{"include_usage":true},"stream":true}"#,
        ),
    ] {
        assert_eq!(rewritten(body, USAGE), expected);
    }
    for body in [
        r#"{"stream":true,"stream_options":{"include_usage":true}}"#,
        r#"{"stream":false}"#,
        "{}",
        r#"{"stream_options":{}}"#,
    ] {
        assert_eq!(rewritten(body, USAGE), body);
    }
    // Other APIs have no such thing.
    for api in Api::ALL.into_iter().filter(|api| *api != Api::OpenAiChat) {
        let body = br#"{"stream":true}"#;
        assert_eq!(Call::read(api, path(api), body).unwrap().rewritten(body, USAGE), body);
    }
}

#[test]
fn the_model_is_another_and_nothing_else() {
    for (body, expected) in [
        (r#"{"model":"gpt-4o","n":1}"#, r#"{"model":"gpt-4o-mini","n":1}"#),
        (
            r#"{"a":1e5,"mod\u0065l": "gpt\u002d4o" , "b":"\u00e9"}"#,
            r#"{"a":1e5,"mod\u0065l": "gpt-4o-mini" , "b":"\u00e9"}"#,
        ),
        (
            r#"{"messages":[{"model":"gpt-4o"}],"model":""}"#,
            r#"{"messages":[{"model":"gpt-4o"}],"model":"gpt-4o-mini"}"#,
        ),
        (r#"{"messages":[]}"#, r#"{"messages":[]}"#),
        (r#"{"model":null}"#, r#"{"model":null}"#),
    ] {
        assert_eq!(rewritten(body, MODEL), expected);
    }
}

#[test]
fn both_are_done_in_either_order() {
    let both = Rewrite { model: Some("m"), include_usage: true, output_cap: None };
    assert_eq!(
        rewritten(r#"{"model":"gpt-4o","stream":true,"stream_options":{}}"#, both),
        r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#
    );
    assert_eq!(
        rewritten(r#"{"stream":true,"model":"gpt-4o"}"#, both),
        r#"{"stream_options":{"include_usage":true},"stream":true,"model":"m"}"#
    );
    let body = r#"{"stream":true,"model":"gpt-4o"}"#;
    assert_eq!(rewritten(body, Rewrite::default()), body);
}

#[test]
fn any_name_of_a_model_is_written_as_json() {
    for name in ["a\"b\\c", "\u{0}\u{1f}\n\u{7f}", "é🦀", "", "</script>"] {
        let changed =
            rewritten(r#"{"model":"x"}"#, Rewrite { model: Some(name), include_usage: false, output_cap: None });
        let value: serde_json::Value = serde_json::from_str(&changed).unwrap();
        assert_eq!(value["model"], name);
    }
}

#[test]
fn an_answer_is_bounded_to_less_wherever_it_is_bounded_to_more() {
    let bounded = |api: Api, body: &str| {
        let call = Call::read(api, path(api), body.as_bytes()).unwrap();
        let changed = call.rewritten(body.as_bytes(), Rewrite { output_cap: Some(50), ..Rewrite::default() });
        String::from_utf8(changed).unwrap()
    };
    for (api, body, expected) in [
        (Api::OpenAiChat, r#"{"max_tokens": 51 ,"n":1}"#, r#"{"max_tokens": 50 ,"n":1}"#),
        (Api::OpenAiChat, r#"{"max_tokens":50}"#, r#"{"max_tokens":50}"#),
        (
            Api::OpenAiChat,
            r#"{"max_completion_tokens":999999,"max_tokens":7}"#,
            r#"{"max_completion_tokens":50,"max_tokens":7}"#,
        ),
        (
            Api::OpenAiChat,
            r#"{"max_tokens":100,"max_completion_tokens":99}"#,
            r#"{"max_tokens":50,"max_completion_tokens":50}"#,
        ),
        (
            Api::OpenAiChat,
            r#"{"max_tokens":null,"messages":[{"max_tokens":99}]}"#,
            r#"{"max_tokens":null,"messages":[{"max_tokens":99}]}"#,
        ),
        (Api::OpenAiResponses, r#"{"max_output_tokens":1000}"#, r#"{"max_output_tokens":50}"#),
        (
            Api::Gemini,
            r#"{"generationConfig":{"maxOutputTokens":64}}"#,
            r#"{"generationConfig":{"maxOutputTokens":50}}"#,
        ),
        (Api::BedrockConverse, r#"{"inferenceConfig":{"maxTokens":64}}"#, r#"{"inferenceConfig":{"maxTokens":50}}"#),
        (Api::AnthropicMessages, "{}", "{}"),
    ] {
        assert_eq!(bounded(api, body), expected);
    }
}
