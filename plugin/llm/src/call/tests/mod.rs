mod generated;
mod hostile;
mod prompts;
mod rewriting;
mod samples;

use super::*;

pub(super) fn path(api: Api) -> &'static str {
    match api {
        Api::OpenAiChat => "/v1/chat/completions",
        Api::OpenAiResponses => "/v1/responses",
        Api::OpenAiEmbeddings => "/v1/embeddings",
        Api::AnthropicMessages => "/v1/messages",
        Api::Gemini => "/v1beta/models/gemini-2.5-flash:generateContent",
        Api::BedrockConverse => "/model/amazon.nova-lite-v1%3A0/converse",
    }
}

pub(super) fn read(api: Api, body: impl AsRef<[u8]>) -> Result<Call, InvalidCall> {
    Call::read(api, path(api), body.as_ref())
}
