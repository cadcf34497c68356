use super::*;

fn of(api: Option<ModelApi>, path: &str) -> Result<Api, Unfit> {
    speaks(&RouteBudget { api, ..RouteBudget::default() }, path)
}

#[test]
fn the_path_says_which_api_it_is_where_the_route_does_not() {
    assert_eq!(of(None, "/v1/messages"), Ok(Api::AnthropicMessages));
    assert_eq!(of(None, "/v1/threads"), Err(Unfit::UnknownApi));
}

#[test]
fn a_route_and_a_path_that_differ_are_no_call() {
    for path in ["/v1/responses", "/v1/embeddings", "/v1/messages", "/model/m/converse", "/v1/models/m:generateContent"]
    {
        assert_eq!(of(Some(ModelApi::OpenAiChat), path), Err(Unfit::OtherApi { api: Api::OpenAiChat }), "{path}");
    }
    assert_eq!(of(Some(ModelApi::OpenAiChat), "/v1/chat/completions?x=/v1/responses"), Ok(Api::OpenAiChat));
}

#[test]
fn a_path_of_ones_own_is_the_routes_if_the_body_names_the_model() {
    for (api, speaks) in [
        (ModelApi::OpenAiChat, Api::OpenAiChat),
        (ModelApi::OpenAiResponses, Api::OpenAiResponses),
        (ModelApi::OpenAiEmbeddings, Api::OpenAiEmbeddings),
        (ModelApi::AnthropicMessages, Api::AnthropicMessages),
    ] {
        assert_eq!(of(Some(api), "/llm/ask?model=x/models/y"), Ok(speaks));
        for path in ["/openai/Deployments/gpt-4o/ask", "/models/x", "/a/MODEL/b/", "/v1/models/m:generate"] {
            assert_eq!(of(Some(api), path), Err(Unfit::OtherPath { api: speaks }), "{path}");
        }
    }
    for (api, speaks) in [(ModelApi::Gemini, Api::Gemini), (ModelApi::BedrockConverse, Api::BedrockConverse)] {
        assert_eq!(of(Some(api), "/llm/ask"), Err(Unfit::OtherPath { api: speaks }));
    }
}

#[test]
fn a_deployment_that_is_spelt_otherwise_is_not_served_at_the_price_of_what_the_body_names() {
    let refused = Err(Unfit::OtherPath { api: Api::OpenAiChat });
    for api in [None, Some(ModelApi::OpenAiChat)] {
        for path in ["/openai/Deployments/gpt-4o/chat/completions", "/openai/Deployments/chat/chat/completions"] {
            assert_eq!(of(api, path), refused, "{path}");
        }
        assert_eq!(of(api, "/openai/deployments/gpt-4o/chat/completions"), Ok(Api::OpenAiChat));
        // Azure's AI Foundry: the body names the model.
        assert_eq!(of(api, "/models/chat/completions?api-version=1"), Ok(Api::OpenAiChat));
    }
    assert_eq!(of(Some(ModelApi::OpenAiChat), "/openai/deployments/gpt-4o/chat/completions/"), refused);
}
