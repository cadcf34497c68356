//! Where in a call what is read stands, API by API.

use crate::Api;

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Model,
    Stream,
    StreamOptions,
    IncludeUsage,
    /// What bounds the answer, among other things.
    Settings,
    /// How many tokens the answer may have.
    Cap,
    /// The same, by the name that it had before.
    OldCap,
    /// How many answers are asked for.
    Answers,
    /// How many are made, to choose from.
    Candidates,
    /// Whether the answer is to be fetched later.
    Background,
    /// Something that stands for a part of the prompt which is elsewhere.
    Elsewhere,
    /// What the model reads, and whatever stands within it.
    Prompt,
    /// The same, where names are not the API's and say nothing: what tools are called with, and schemas.
    Free,
    /// The same, of the tools that there are.
    Tools,
    /// Perhaps a file within the prompt: it is one if it is an object.
    Source,
    /// An image within the prompt, and whatever stands within it.
    Image,
    /// Another file within the prompt, and whatever stands within it.
    File,
}

pub(super) type Members = &'static [(&'static str, Place)];

/// The members of an object that matter. Gemini takes its names in both of protobuf's ways of writing JSON.
pub(super) fn members(api: Api, object: Place) -> Members {
    match object {
        Place::Root => root(api),
        Place::StreamOptions => &[("include_usage", Place::IncludeUsage)],
        Place::Settings => match api {
            Api::Gemini => &[
                ("maxOutputTokens", Place::Cap),
                ("max_output_tokens", Place::Cap),
                ("candidateCount", Place::Answers),
                ("candidate_count", Place::Answers),
            ],
            _ => &[("maxTokens", Place::Cap)],
        },
        _ => &[],
    }
}

fn root(api: Api) -> Members {
    match api {
        Api::OpenAiChat => &[
            ("model", Place::Model),
            ("messages", Place::Prompt),
            ("stream", Place::Stream),
            ("stream_options", Place::StreamOptions),
            ("max_completion_tokens", Place::Cap),
            ("max_tokens", Place::OldCap),
            ("n", Place::Answers),
            ("best_of", Place::Candidates),
            ("tools", Place::Tools),
            ("functions", Place::Tools),
            ("response_format", Place::Free),
        ],
        Api::OpenAiResponses => &[
            ("model", Place::Model),
            ("input", Place::Prompt),
            ("instructions", Place::Prompt),
            ("stream", Place::Stream),
            ("max_output_tokens", Place::Cap),
            ("background", Place::Background),
            ("tools", Place::Tools),
            ("text", Place::Free),
            ("previous_response_id", Place::Elsewhere),
            ("conversation", Place::Elsewhere),
            ("prompt", Place::Elsewhere),
        ],
        Api::OpenAiEmbeddings => &[("model", Place::Model), ("input", Place::Prompt)],
        Api::AnthropicMessages => &[
            ("model", Place::Model),
            ("messages", Place::Prompt),
            ("system", Place::Prompt),
            ("stream", Place::Stream),
            ("max_tokens", Place::Cap),
            ("tools", Place::Tools),
            ("container", Place::Elsewhere),
            ("mcp_servers", Place::Elsewhere),
        ],
        Api::Gemini => &[
            ("contents", Place::Prompt),
            ("systemInstruction", Place::Prompt),
            ("system_instruction", Place::Prompt),
            ("generationConfig", Place::Settings),
            ("generation_config", Place::Settings),
            ("tools", Place::Tools),
            ("cachedContent", Place::Elsewhere),
            ("cached_content", Place::Elsewhere),
        ],
        Api::BedrockConverse => &[
            ("messages", Place::Prompt),
            ("system", Place::Prompt),
            ("inferenceConfig", Place::Settings),
            ("toolConfig", Place::Tools),
            ("promptVariables", Place::Elsewhere),
        ],
    }
}

/// Where a member stands of an object within the prompt.
pub(super) fn within(object: Place, name: &[u8]) -> Place {
    if object != Place::Prompt {
        return object;
    }
    match name {
        b"image_url" | b"image" => Place::Image,
        b"input_audio" | b"file" | b"file_data" | b"file_id" | b"file_url" | b"fileData" | b"inlineData"
        | b"inline_data" | b"document" | b"video" | b"audio" => Place::File,
        b"source" => Place::Source,
        b"input" | b"args" | b"arguments" | b"response" | b"json" => Place::Free,
        _ => Place::Prompt,
    }
}
