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
    assert_eq!((call.output_cap, call.answers, call.images, call.file_tokens), (Some(300), 2, 0, 0));
    assert!(!call.is_partial && !call.is_deferred);

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
    for here in [r#"{"previous_response_id":null,"background":false}"#, r#"{"previous_response_id":""}"#] {
        assert!(!read(Api::OpenAiResponses, here).unwrap().is_partial, "{here}");
    }
    let reference = r#"{"input":[{"type":"item_reference","id":"msg_1"}]}"#;
    assert!(read(Api::OpenAiResponses, reference).unwrap().is_partial);
    // What is put into a prompt that is elsewhere is here.
    let variables = format!(r#"{{"prompt":{{"id":"pmpt_1","variables":{{"a":"{}"}}}}}}"#, "word ".repeat(1000));
    assert!(read(Api::OpenAiResponses, variables).unwrap().prompt_tokens > 1000);
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
}

#[test]
fn a_path_of_another_api_is_refused() {
    for (expected, path, found) in [
        (Api::OpenAiChat, "/v1/responses", Api::OpenAiResponses),
        (Api::OpenAiResponses, "/openai/deployments/mini/chat/completions?api-version=1", Api::OpenAiChat),
        (Api::AnthropicMessages, "/v1beta/models/gemini-2.5-pro:generateContent", Api::Gemini),
    ] {
        let refused = Call::read(expected, path, br#"{"model":"gpt-4o"}"#);
        assert_eq!(refused, Err(InvalidCall::OtherApi { found, expected }), "{path}");
    }
    let why = InvalidCall::OtherApi { found: Api::OpenAiResponses, expected: Api::OpenAiChat };
    assert_eq!(why.to_string(), "the path is of the API `openai-responses`, and calls of `openai-chat` are taken here");
    // A path that nobody knows says nothing.
    assert!(Call::read(Api::OpenAiChat, "/ask", br#"{"model":"gpt-4o"}"#).is_ok());
}

#[test]
fn what_would_keep_usage_out_of_an_answer_is_refused() {
    let read = |query: &str| {
        let path = format!("/v1beta/models/gemini-2.5-pro:streamGenerateContent?{query}");
        Call::read(Api::Gemini, &path, b"{}")
    };
    for (query, name) in [
        ("fields=candidates.content", "fields"),
        ("alt=sse&fields=candidates", "fields"),
        ("alt=sse&%66IELDS=candidates", "fields"),
        ("$fields=candidates", "$fields"),
        ("%24fields", "$fields"),
        ("$httpHeaders=x-goog-fieldmask%3Acandidates", "$httpHeaders"),
        ("$req=%7B%7D", "$req"),
    ] {
        assert_eq!(read(query), Err(InvalidCall::Hides { name }), "{query}");
    }
    for query in ["", "alt=sse", "key=fields", "alt=sse&key=a%26fields=b", "fieldset=1", "%ff=1"] {
        assert!(read(query).is_ok(), "{query}");
    }
    // Others have no such thing, and a header of their own name.
    let path = "/v1/chat/completions?fields=choices";
    assert!(Call::read(Api::OpenAiChat, path, b"{}").is_ok());
    let with_headers: Vec<Api> = Api::ALL.into_iter().filter(|api| api.hiding_header().is_some()).collect();
    assert_eq!(with_headers, [Api::Gemini]);
}

#[test]
fn names_of_models_may_be_escaped() {
    let body = r#"{"mod\u0065l":"gpt\u002d4o \ud83e\udd80\n"}"#;
    assert_eq!(read(Api::OpenAiChat, body).unwrap().model.as_deref(), Some("gpt-4o \u{1f980}\n"));
}
