//! Which API a request speaks.

mod path;

pub(crate) use path::decoded;
pub use path::{Detected, with_model};

/// An API of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Api {
    /// OpenAI's `chat/completions`, and whoever speaks it.
    OpenAiChat,
    /// OpenAI's `responses`.
    OpenAiResponses,
    /// OpenAI's `embeddings`.
    OpenAiEmbeddings,
    /// Anthropic's `messages`, at Anthropic and at Vertex AI.
    AnthropicMessages,
    /// Google's `generateContent` and `streamGenerateContent`, of the Gemini API and of Vertex AI.
    Gemini,
    /// Amazon Bedrock's `Converse` and `ConverseStream`.
    BedrockConverse,
}

impl Api {
    /// Every API.
    pub const ALL: [Api; 6] = [
        Api::OpenAiChat,
        Api::OpenAiResponses,
        Api::OpenAiEmbeddings,
        Api::AnthropicMessages,
        Api::Gemini,
        Api::BedrockConverse,
    ];

    /// Its name in policies.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Api::OpenAiChat => "openai-chat",
            Api::OpenAiResponses => "openai-responses",
            Api::OpenAiEmbeddings => "openai-embeddings",
            Api::AnthropicMessages => "anthropic-messages",
            Api::Gemini => "gemini",
            Api::BedrockConverse => "bedrock-converse",
        }
    }

    /// The header with which clients could keep what was used out of an answer, if the API has one: a call with it is
    /// [`crate::InvalidCall::Hides`].
    #[must_use]
    pub fn hiding_header(self) -> Option<&'static str> {
        (self == Api::Gemini).then_some("x-goog-fieldmask")
    }

    /// What a request's path says, with or without a query; nothing if it is of none of these APIs.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Detected> {
        path::detect(path)
    }
}
