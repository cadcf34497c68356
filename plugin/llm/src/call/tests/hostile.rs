use proptest::prelude::*;

use super::*;

#[test]
fn what_is_read_must_not_be_there_twice() {
    for (api, body, name) in [
        (Api::OpenAiChat, r#"{"model":"cheap","model":"dear"}"#, "model"),
        (Api::OpenAiChat, r#"{"model":"cheap","mod\u0065l":"dear"}"#, "model"),
        (Api::OpenAiChat, r#"{"max_tokens":1,"max_tokens":1}"#, "max_tokens"),
        (Api::OpenAiChat, r#"{"stream":true,"stream":null}"#, "stream"),
        (Api::OpenAiChat, r#"{"messages":[],"messages":[]}"#, "messages"),
        (Api::OpenAiChat, r#"{"stream_options":{"include_usage":true,"include_usage":false}}"#, "include_usage"),
        (Api::OpenAiChat, r#"{"stream_options":{},"stream_options":{}}"#, "stream_options"),
        (Api::Gemini, r#"{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9}}"#, "max_output_tokens"),
        (Api::Gemini, r#"{"generationConfig":{},"generation_config":{}}"#, "generation_config"),
        (Api::BedrockConverse, r#"{"inferenceConfig":{"maxTokens":1,"maxTokens":2}}"#, "maxTokens"),
    ] {
        match read(api, body) {
            Err(InvalidCall::Repeated { name: repeated, at }) => {
                assert_eq!(repeated, name);
                assert_eq!(body.as_bytes()[at], b'"', "{body}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    // What is not read may be.
    assert!(read(Api::OpenAiChat, r#"{"user":1,"user":2,"messages":[{"role":"a","role":"b"}]}"#).is_ok());
    // Gemini's two names of one prompt count both.
    let both =
        r#"{"systemInstruction":{"parts":[{"text":"abcdefgh"}]},"system_instruction":{"parts":[{"text":"abcdefgh"}]}}"#;
    assert!(read(Api::Gemini, both).unwrap().prompt_tokens > 8);
}

#[test]
fn names_that_some_readers_take_for_others_are_refused() {
    for (api, body, name) in [
        (Api::OpenAiChat, r#"{"Model":"dear"}"#, "model"),
        (Api::OpenAiChat, r#"{"model":"cheap","MODEL":"dear"}"#, "model"),
        (Api::OpenAiChat, r#"{"max_to\u212aens":9}"#, "max_tokens"),
        (Api::OpenAiChat, r#"{"ſtream":true}"#, "stream"),
        (Api::OpenAiChat, r#"{"stream_options":{"Include_Usage":false}}"#, "include_usage"),
        (Api::Gemini, r#"{"generationConfig":{"maxoutputtokens":9}}"#, "maxOutputTokens"),
    ] {
        match read(api, body) {
            Err(InvalidCall::Ambiguous { name: known, .. }) => assert_eq!(known, name),
            other => panic!("{body}: {other:?}"),
        }
    }
    // Within the prompt, or elsewhere, names are anything.
    assert!(read(Api::OpenAiChat, r#"{"metadata":{"Model":1},"messages":[{"Model":1,"N":2}],"nn":1}"#).is_ok());
}

#[test]
fn values_of_other_types_are_refused_where_they_stand() {
    for (api, body, name) in [
        (Api::OpenAiChat, r#"{"model": 7}"#, "model"),
        (Api::OpenAiChat, r#"{"model": ["gpt-4o"]}"#, "model"),
        (Api::OpenAiChat, r#"{"model": {"a":1}}"#, "model"),
        (Api::OpenAiChat, r#"{"model": "\ud800"}"#, "model"),
        (Api::OpenAiChat, r#"{"stream": "true"}"#, "stream"),
        (Api::OpenAiChat, r#"{"stream": 1}"#, "stream"),
        (Api::OpenAiChat, r#"{"stream_options": [{"include_usage":true}]}"#, "stream_options"),
        (Api::OpenAiChat, r#"{"stream_options": true}"#, "stream_options"),
        (Api::OpenAiChat, r#"{"stream_options": {"include_usage": 1}}"#, "include_usage"),
        (Api::OpenAiChat, r#"{"max_tokens": -1}"#, "max_tokens"),
        (Api::OpenAiChat, r#"{"max_tokens": 1.5}"#, "max_tokens"),
        (Api::OpenAiChat, r#"{"max_tokens": 1e3}"#, "max_tokens"),
        (Api::OpenAiChat, r#"{"max_tokens": "9"}"#, "max_tokens"),
        (Api::OpenAiChat, r#"{"max_tokens": [9]}"#, "max_tokens"),
        (Api::OpenAiChat, r#"{"n": true}"#, "n"),
        (Api::Gemini, r#"{"generationConfig": {"maxOutputTokens": {}}}"#, "maxOutputTokens"),
        (Api::Gemini, r#"{"generationConfig": [{"maxOutputTokens":5}]}"#, "generationConfig"),
        (Api::BedrockConverse, r#"{"inferenceConfig": "x"}"#, "inferenceConfig"),
    ] {
        match read(api, body) {
            Err(why @ InvalidCall::Unexpected { name: found, at, .. }) => {
                assert_eq!(found, name, "{body}");
                assert!(
                    body.as_bytes()[..at].ends_with(b" ") || body.as_bytes()[..at].ends_with(b"\""),
                    "{body}: {why}"
                );
                assert!(why.to_string().starts_with(&format!("`{name}` at byte {at} is not ")), "{why}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
    let long = format!(r#"{{"model":"{}"}}"#, "x".repeat(10_000));
    assert!(matches!(read(Api::OpenAiChat, long), Err(InvalidCall::Unexpected { name: "model", at: 9, .. })));
}

#[test]
fn bodies_that_are_no_objects_are_refused() {
    for body in ["[]", "[{\"model\":\"x\"}]", "\"x\"", "7", "null", "true", "\"\""] {
        assert_eq!(read(Api::OpenAiChat, format!(" {body} ")), Err(InvalidCall::NotAnObject), "{body}");
    }
    for (body, at) in
        [("", 0), ("   ", 3), ("{", 1), ("{}x", 3), ("{} {}", 4), ("{\"a\":1,}", 8), ("{'a':1}", 2), ("{\"a\":NaN}", 6)]
    {
        assert_eq!(read(Api::OpenAiChat, body), Err(InvalidCall::NotJson { at }), "{body}");
    }
    assert_eq!(read(Api::OpenAiChat, b"{\"a\":\"\xff\"}"), Err(InvalidCall::NotUtf8 { at: 6 }));
    let deep = format!("{{\"messages\":{}", "[".repeat(1_000_000));
    assert!(matches!(read(Api::OpenAiChat, deep), Err(InvalidCall::TooDeep { .. })));
}

/// Bytes that look like a call now and then.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"",
        b"\"model\":",
        b"\"messages\":",
        b"\"source\":{",
        b"\"image_url\":",
        b"\"x\"",
        b"\"stream\":true",
        b"\"stream_options\":{",
        b"\"include_usage\":",
        b"\"max_tokens\":",
        b"99999999999999999999",
        b"null",
        b"\\ud800",
        b"\xff",
        b"1",
        b"-1e999",
        b"NaN",
        b" ",
    ];
    let word = prop_oneof![
        5 => proptest::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in bytes(), path in "[/a-z:]{0,20}") {
        for api in Api::ALL {
            let is_json = serde_json::from_slice::<serde_json::Value>(&bytes).is_ok_and(|value| value.is_object());
            match Call::read(api, &path, &bytes) {
                Ok(call) => {
                    let rewritten = call.rewritten(&bytes, Rewrite { model: Some("m"), include_usage: true, ..Rewrite::default() });
                    prop_assert!(Call::read(api, &path, &rewritten).is_ok());
                }
                Err(InvalidCall::NotJson { .. } | InvalidCall::NotUtf8 { .. } | InvalidCall::NotAnObject) => {
                    prop_assert!(!is_json, "{}", bytes.escape_ascii());
                }
                Err(_) => {}
            }
        }
    }
}
