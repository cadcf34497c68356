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
    /// Something that stands for a part of the prompt which is elsewhere, with what is put into that.
    Elsewhere,
    /// What the model reads, and whatever stands within it.
    Prompt,
    /// The same, as JSON, where names are not the API's and say nothing: what tools are called with, schemas, and members that
    /// are not known.
    Free,
    /// The same, of the tools that there are.
    Tools,
    /// Perhaps a file within the prompt: it is one if it is an object.
    Source,
    /// An image within the prompt, and whatever stands within it.
    Image,
    /// Sounds or a film within the prompt, and whatever stands within it.
    Media,
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

/// Members of an object that are not read, and that no model reads either.
pub(super) fn harmless(api: Api, object: Place) -> &'static [&'static str] {
    match (object, api) {
        (Place::Root, Api::OpenAiChat) => &[
            "audio",
            "frequency_penalty",
            "function_call",
            "logit_bias",
            "logprobs",
            "metadata",
            "modalities",
            "parallel_tool_calls",
            "presence_penalty",
            "prompt_cache_key",
            "prompt_cache_retention",
            "reasoning_effort",
            "safety_identifier",
            "seed",
            "service_tier",
            "stop",
            "store",
            "temperature",
            "tool_choice",
            "top_logprobs",
            "top_p",
            "user",
            "verbosity",
        ],
        (Place::Root, Api::OpenAiResponses) => &[
            "include",
            "max_tool_calls",
            "metadata",
            "parallel_tool_calls",
            "prompt_cache_key",
            "prompt_cache_retention",
            "reasoning",
            "safety_identifier",
            "service_tier",
            "store",
            "stream_options",
            "temperature",
            "tool_choice",
            "top_logprobs",
            "top_p",
            "truncation",
            "user",
        ],
        (Place::Root, Api::OpenAiEmbeddings) => &["dimensions", "encoding_format", "user"],
        (Place::Root, Api::AnthropicMessages) => &[
            "anthropic_beta",
            "anthropic_version",
            "metadata",
            "service_tier",
            "stop_sequences",
            "temperature",
            "thinking",
            "tool_choice",
            "top_k",
            "top_p",
        ],
        (Place::Root, Api::Gemini) => {
            &["labels", "model", "safetySettings", "safety_settings", "toolConfig", "tool_config"]
        }
        (Place::Root, Api::BedrockConverse) => &[
            "additionalModelResponseFieldPaths",
            "guardrailConfig",
            "performanceConfig",
            "requestMetadata",
            "serviceTier",
        ],
        (Place::Settings, Api::Gemini) => &[
            "frequencyPenalty",
            "frequency_penalty",
            "logprobs",
            "mediaResolution",
            "media_resolution",
            "presencePenalty",
            "presence_penalty",
            "responseLogprobs",
            "responseMimeType",
            "responseModalities",
            "response_logprobs",
            "response_mime_type",
            "response_modalities",
            "seed",
            "speechConfig",
            "speech_config",
            "stopSequences",
            "stop_sequences",
            "temperature",
            "thinkingConfig",
            "thinking_config",
            "topK",
            "topP",
            "top_k",
            "top_p",
        ],
        (Place::Settings, _) => &["stopSequences", "temperature", "topP"],
        _ => &[],
    }
}

/// Where a member stands of an object within the prompt.
pub(super) fn within(name: &[u8]) -> Place {
    match name {
        b"image_url" | b"image" => Place::Image,
        b"input_audio" | b"audio" | b"video" => Place::Media,
        b"file" | b"file_data" | b"file_id" | b"file_url" | b"fileData" | b"inlineData" | b"inline_data"
        | b"document" => Place::File,
        b"source" => Place::Source,
        b"input" | b"args" | b"arguments" | b"response" | b"json" => Place::Free,
        _ => Place::Prompt,
    }
}
