use proptest::prelude::*;

use super::*;

fn detected(path: &str) -> Option<(Api, Option<String>, Option<bool>)> {
    let first = Api::of_path(path);
    // A query changes nothing.
    assert_eq!(Api::of_path(&format!("{path}?api-version=2024-10-21&x=/v1/messages")), first);
    first.map(|detected| (detected.api, detected.model, detected.streams))
}

#[test]
fn paths_of_openai_are_known_wherever_they_are_mounted() {
    for prefix in ["", "/v1", "/openai/v1", "/api/v3/proxy", "/v1beta/openai"] {
        for (path, api) in [
            ("/chat/completions", Api::OpenAiChat),
            ("/responses", Api::OpenAiResponses),
            ("/embeddings", Api::OpenAiEmbeddings),
        ] {
            assert_eq!(detected(&format!("{prefix}{path}")), Some((api, None, None)), "{prefix}{path}");
        }
    }
    assert_eq!(detected("/v1/messages"), Some((Api::AnthropicMessages, None, None)));
    assert_eq!(detected("/anthropic/v1/messages"), Some((Api::AnthropicMessages, None, None)));
}

#[test]
fn paths_that_name_the_model_are_taken_apart() {
    let model = |name: &str| Some(name.to_owned());
    for (path, api, name, streams) in [
        ("/openai/deployments/gpt-4o/chat/completions", Api::OpenAiChat, "gpt-4o", None),
        ("/openai/deployments/my%20ada/embeddings", Api::OpenAiEmbeddings, "my ada", None),
        ("/v1beta/models/gemini-2.5-pro:generateContent", Api::Gemini, "gemini-2.5-pro", Some(false)),
        (
            "/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:streamGenerateContent",
            Api::Gemini,
            "gemini-2.5-flash",
            Some(true),
        ),
        (
            "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4@20250514:streamRawPredict",
            Api::AnthropicMessages,
            "claude-sonnet-4@20250514",
            Some(true),
        ),
        (
            "/model/anthropic.claude-3-5-sonnet-20240620-v1%3A0/converse",
            Api::BedrockConverse,
            "anthropic.claude-3-5-sonnet-20240620-v1:0",
            Some(false),
        ),
        ("/model/amazon.nova-lite-v1:0/converse-stream", Api::BedrockConverse, "amazon.nova-lite-v1:0", Some(true)),
    ] {
        assert_eq!(detected(path), Some((api, model(name), streams)), "{path}");
    }
}

#[test]
fn other_paths_are_of_none() {
    for path in [
        "",
        "/",
        "chat",
        "/v1/completions",
        "/v1/chat/completions/",
        "/v1/chat/completions/chatcmpl-1",
        "/v1/responses/resp_1",
        "/v1/responses/resp_1/cancel",
        "/v1/messages/count_tokens",
        "/v1/messages/batches",
        "/v1/threads/thread_1/messages",
        "/v1beta/models/gemini-2.5-pro",
        "/v1beta/models/gemini-2.5-pro:countTokens",
        "/v1beta/models/:generateContent",
        "/v1/projects/p/locations/l/publishers/meta/models/llama:rawPredict",
        "/model/m/invoke",
        "/model//converse",
        "/model/%zz/converse",
        "/model/%f",
        "/model/%ff/converse",
        "/other/m/converse",
    ] {
        assert_eq!(detected(path), None, "{path}");
    }
}

#[test]
fn another_model_takes_the_place_of_the_one_in_the_path() {
    assert_eq!(
        with_model("/model/amazon.nova-pro-v1:0/converse-stream?x=y", "amazon.nova-lite-v1:0"),
        Some("/model/amazon.nova-lite-v1%3A0/converse-stream?x=y".to_owned())
    );
    assert_eq!(
        with_model("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "gemini-2.5-flash"),
        Some("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse".to_owned())
    );
    assert_eq!(
        with_model("/openai/deployments/a/chat/completions", "b/é"),
        Some("/openai/deployments/b%2F%C3%A9/chat/completions".to_owned())
    );
    assert_eq!(with_model("/v1/chat/completions", "b"), None);
    assert_eq!(with_model("/", "b"), None);
}

proptest! {
    #[test]
    fn any_path_is_read(path in "[/a-z:%?é]{0,40}", model: String) {
        let _any = Api::of_path(&path);
        let _any = with_model(&path, &model);
    }

    #[test]
    fn a_model_that_is_put_into_a_path_is_read_from_it(model in "\\PC{1,20}") {
        for path in ["/model/m/converse", "/v1beta/models/m:generateContent", "/openai/deployments/m/chat/completions"] {
            let changed = with_model(path, &model).unwrap();
            prop_assert_eq!(Api::of_path(&changed).unwrap().model, Some(model.clone()));
        }
    }
}
