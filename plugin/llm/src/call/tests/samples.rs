//! Requests as the providers' own documentation and clients show them.

use super::*;

#[test]
fn chat_completions() {
    let body = r#"{"model":"gpt-4o","messages":[{"role":"system","content":"You are terse."},{"role":"user","content":"Hi"}],
        "temperature":0.7,"stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":300,"n":2,
        "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]}"#;
    let call = read(Api::OpenAiChat, body).unwrap();
    assert_eq!(call.model.as_deref(), Some("gpt-4o"));
    assert!(call.streams && call.asks_usage && !call.needs_include_usage());
    assert_eq!((call.output_cap, call.answers, call.images, call.files), (Some(300), 2, 0, 0));
    assert!(!call.is_partial && !call.is_deferred && !call.has_files());

    let bare = read(Api::OpenAiChat, "{}").unwrap();
    assert_eq!((bare.model.as_deref(), bare.streams, bare.output_cap, bare.answers), (None, false, None, 1));
    assert_eq!(bare.prompt_tokens, 4);
    let null = r#"{"model":null,"messages":null,"stream":null,"stream_options":null,"max_tokens":null,"n":null}"#;
    let null = read(Api::OpenAiChat, null).unwrap();
    assert_eq!((null.model, null.streams, null.output_cap, null.answers), (None, false, None, 1));
}

#[test]
fn of_two_bounds_the_larger_counts() {
    let cap = |body: &str| read(Api::OpenAiChat, body).unwrap().output_cap;
    assert_eq!(cap(r#"{"max_tokens":10}"#), Some(10));
    assert_eq!(cap(r#"{"max_tokens":10,"max_completion_tokens":20}"#), Some(20));
    assert_eq!(cap(r#"{"max_completion_tokens":10,"max_tokens":20.0}"#), Some(20));
    assert_eq!(cap(r#"{"max_tokens":0}"#), Some(0));
    assert_eq!(cap(r#"{"max_tokens":99999999999999999999999}"#), Some(u64::MAX));
    let answers = |body: &str| read(Api::OpenAiChat, body).unwrap().answers;
    assert_eq!((answers(r#"{"n":3,"best_of":5}"#), answers(r#"{"n":0}"#)), (5, 1));
}

#[test]
fn responses() {
    let call = read(
        Api::OpenAiResponses,
        r#"{"model":"gpt-5","input":"Tell me","instructions":"Be brief","max_output_tokens":64,"stream":true}"#,
    );
    let call = call.unwrap();
    assert_eq!((call.model.as_deref(), call.streams, call.output_cap), (Some("gpt-5"), true, Some(64)));
    assert!(!call.needs_include_usage() && !call.is_partial && !call.is_deferred);
    for elsewhere in [
        r#""previous_response_id":"resp_1""#,
        r#""conversation":{"id":"conv_1"}"#,
        r#""conversation":"conv_1""#,
        r#""prompt":{"id":"pmpt_1","variables":{"a":"b"}}"#,
    ] {
        assert!(read(Api::OpenAiResponses, format!("{{{elsewhere}}}")).unwrap().is_partial, "{elsewhere}");
    }
    assert!(read(Api::OpenAiResponses, r#"{"background":true}"#).unwrap().is_deferred);
    assert!(!read(Api::OpenAiResponses, r#"{"previous_response_id":null,"background":false}"#).unwrap().is_partial);
}

#[test]
fn embeddings_count_tokens_one_by_one() {
    let call = |input: &str| read(Api::OpenAiEmbeddings, format!(r#"{{"model":"e","input":{input}}}"#)).unwrap();
    assert_eq!(call("[1212,318,257]").prompt_tokens, 4 + 3);
    assert_eq!(call("[[1212,318],[257],[]]").prompt_tokens, 4 + 3);
    assert_eq!(call(r#"["abcdefgh",""]"#).prompt_tokens, 4 + 2);
    assert_eq!((call("[]").output_cap, call("[]").streams), (Some(0), false));
}

#[test]
fn messages() {
    let call = read(
        Api::AnthropicMessages,
        r#"{"model":"claude-sonnet-4-5","max_tokens":1024,"system":[{"type":"text","text":"Be kind"}],
            "messages":[{"role":"user","content":"Hello"}],"stream":true,"thinking":{"type":"enabled","budget_tokens":512}}"#,
    );
    let call = call.unwrap();
    assert_eq!((call.model.as_deref(), call.streams, call.output_cap), (Some("claude-sonnet-4-5"), true, Some(1024)));
    assert!(!call.is_partial);
    let body = r#"{"mcp_servers":[{"url":"https://x"}]}"#;
    assert!(read(Api::AnthropicMessages, body).unwrap().is_partial);
    assert!(!read(Api::AnthropicMessages, r#"{"mcp_servers":[]}"#).unwrap().is_partial);
    // At Vertex AI the model is in the path.
    let path = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4@20250514:streamRawPredict";
    let call = Call::read(Api::AnthropicMessages, path, br#"{"anthropic_version":"vertex-2023-10-16"}"#).unwrap();
    assert_eq!((call.model.as_deref(), call.streams), (Some("claude-opus-4@20250514"), true));
}

#[test]
fn gemini_names_the_model_in_the_path_and_its_members_in_two_ways() {
    for body in [
        r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"systemInstruction":{"parts":[{"text":"Be kind"}]},
            "generationConfig":{"temperature":1.0,"maxOutputTokens":800,"candidateCount":3},"cachedContent":"cachedContents/1"}"#,
        r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"system_instruction":{"parts":[{"text":"Be kind"}]},
            "generation_config":{"temperature":1.0,"max_output_tokens":800,"candidate_count":3},"cached_content":"c"}"#,
    ] {
        let call = read(Api::Gemini, body).unwrap();
        assert_eq!((call.model.as_deref(), call.streams), (Some("gemini-2.5-flash"), false));
        assert_eq!((call.output_cap, call.answers, call.is_partial), (Some(800), 3, true));
        let path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse";
        let call = Call::read(Api::Gemini, path, body.as_bytes()).unwrap();
        assert_eq!((call.model.as_deref(), call.streams), (Some("gemini-2.5-pro"), true));
    }
}

#[test]
fn bedrock_names_the_model_in_the_path() {
    let body = r#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"system":[{"text":"x"}],
        "inferenceConfig":{"maxTokens":512,"temperature":0.5},"toolConfig":{"tools":[]}}"#;
    let call = read(Api::BedrockConverse, body).unwrap();
    assert_eq!(call.model.as_deref(), Some("amazon.nova-lite-v1:0"));
    assert_eq!((call.streams, call.output_cap), (false, Some(512)));
}

#[test]
fn a_deployment_counts_and_not_the_model_in_the_body() {
    let path = "/openai/deployments/mini/chat/completions?api-version=2024-10-21";
    let call = Call::read(Api::OpenAiChat, path, br#"{"model":"gpt-4o","messages":[]}"#).unwrap();
    assert_eq!(call.model.as_deref(), Some("mini"));
    // A path of another API says nothing.
    let call = Call::read(Api::OpenAiResponses, path, br#"{"model":"gpt-4o"}"#).unwrap();
    assert_eq!(call.model.as_deref(), Some("gpt-4o"));
}

#[test]
fn names_of_models_may_be_escaped() {
    let body = r#"{"mod\u0065l":"gpt\u002d4o \ud83e\udd80\n"}"#;
    assert_eq!(read(Api::OpenAiChat, body).unwrap().model.as_deref(), Some("gpt-4o \u{1f980}\n"));
}
