//! Where in an answer what is read stands, API by API.

use super::counts::Count;
use crate::Api;

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    /// The answer as a whole, within an event.
    Whole,
    /// What says how much was used.
    Usage,
    /// Kinds of tokens of the prompt.
    InputDetails,
    /// Kinds of tokens of the answer.
    OutputDetails,
    Count(Count),
    /// Anthropic's usage by rounds of sampling, which leave marks in no other count.
    Rounds,
    /// The answers asked for, or what is new of them.
    Choices,
    /// One answer's content, or what is new of it.
    Content,
    ToolCall,
    Thought,
    Feedback,
    /// Text that the model wrote, and whatever stands within it.
    Text,
    /// Why the model stopped, once it has.
    Stop,
    /// What matters only in that this API has it.
    Known,
}

/// Where a member stands, by its name and where its object stands; nothing if it does not matter.
pub(super) fn member(api: Api, object: Place, name: &[u8]) -> Option<Place> {
    if object == Place::Text {
        return Some(Place::Text);
    }
    let members = match api {
        Api::OpenAiChat | Api::OpenAiEmbeddings => openai_chat(object),
        Api::OpenAiResponses => openai_responses(object),
        Api::AnthropicMessages => anthropic_messages(object),
        Api::Gemini => gemini(object),
        Api::BedrockConverse => bedrock_converse(object),
    };
    members.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, place)| *place)
}

type Members = &'static [(&'static str, Place)];

fn openai_chat(object: Place) -> Members {
    match object {
        Place::Root => &[("choices", Place::Choices), ("usage", Place::Usage), ("error", Place::Known)],
        Place::Choices => &[("delta", Place::Content), ("message", Place::Content)],
        Place::Content => &[
            ("content", Place::Text),
            ("tool_calls", Place::ToolCall),
            ("reasoning_content", Place::Text),
            ("reasoning", Place::Text),
            ("refusal", Place::Text),
            ("function_call", Place::ToolCall),
        ],
        Place::ToolCall => &[("function", Place::ToolCall), ("name", Place::Text), ("arguments", Place::Text)],
        Place::Usage => &[
            ("prompt_tokens", Place::Count(Count::Input)),
            ("completion_tokens", Place::Count(Count::Output)),
            ("total_tokens", Place::Count(Count::Total)),
            ("prompt_tokens_details", Place::InputDetails),
            ("completion_tokens_details", Place::OutputDetails),
        ],
        details => openai_details(details),
    }
}

fn openai_details(object: Place) -> Members {
    match object {
        Place::InputDetails => {
            &[("cached_tokens", Place::Count(Count::Cached)), ("cache_write_tokens", Place::Count(Count::CacheWritten))]
        }
        Place::OutputDetails => &[("reasoning_tokens", Place::Count(Count::Reasoning))],
        _ => &[],
    }
}

/// What streams brings `delta`s; the whole answer comes once more at the end, and its text is not counted again.
fn openai_responses(object: Place) -> Members {
    match object {
        Place::Root => &[
            ("delta", Place::Text),
            ("response", Place::Whole),
            ("output", Place::Content),
            ("usage", Place::Usage),
            ("error", Place::Known),
        ],
        Place::Whole => &[("usage", Place::Usage)],
        Place::Content => &[
            ("content", Place::Content),
            ("summary", Place::Content),
            ("text", Place::Text),
            ("refusal", Place::Text),
            ("name", Place::Text),
            ("arguments", Place::Text),
            ("input", Place::Text),
        ],
        Place::Usage => &[
            ("input_tokens", Place::Count(Count::Input)),
            ("output_tokens", Place::Count(Count::Output)),
            ("total_tokens", Place::Count(Count::Total)),
            ("input_tokens_details", Place::InputDetails),
            ("output_tokens_details", Place::OutputDetails),
        ],
        details => openai_details(details),
    }
}

fn anthropic_messages(object: Place) -> Members {
    match object {
        Place::Root => &[
            ("delta", Place::Content),
            ("message", Place::Whole),
            ("usage", Place::Usage),
            ("content_block", Place::Content),
            ("content", Place::Content),
            ("stop_reason", Place::Stop),
            ("error", Place::Known),
        ],
        Place::Whole => &[("usage", Place::Usage)],
        Place::Content => &[
            ("text", Place::Text),
            ("partial_json", Place::Text),
            ("thinking", Place::Text),
            ("input", Place::Text),
            ("stop_reason", Place::Stop),
        ],
        Place::Usage => &[
            ("input_tokens", Place::Count(Count::Input)),
            ("cache_creation_input_tokens", Place::Count(Count::CacheWritten)),
            ("cache_read_input_tokens", Place::Count(Count::Cached)),
            ("output_tokens", Place::Count(Count::Output)),
            ("output_tokens_details", Place::OutputDetails),
            ("iterations", Place::Rounds),
        ],
        Place::OutputDetails => &[("thinking_tokens", Place::Count(Count::Reasoning))],
        Place::Rounds => &[
            ("input_tokens", Place::Count(Count::RoundsInput)),
            ("cache_creation_input_tokens", Place::Count(Count::RoundsInput)),
            ("cache_read_input_tokens", Place::Count(Count::RoundsInput)),
            ("output_tokens", Place::Count(Count::RoundsOutput)),
        ],
        _ => &[],
    }
}

fn gemini(object: Place) -> Members {
    match object {
        Place::Root => &[
            ("candidates", Place::Choices),
            ("usageMetadata", Place::Usage),
            ("promptFeedback", Place::Feedback),
            ("error", Place::Known),
        ],
        Place::Choices => &[("content", Place::Content), ("finishReason", Place::Stop)],
        Place::Content => &[
            ("parts", Place::Content),
            ("text", Place::Text),
            ("functionCall", Place::ToolCall),
            ("executableCode", Place::ToolCall),
        ],
        Place::ToolCall => &[("name", Place::Text), ("args", Place::Text), ("code", Place::Text)],
        Place::Feedback => &[("blockReason", Place::Stop)],
        Place::Usage => &[
            ("promptTokenCount", Place::Count(Count::Input)),
            ("candidatesTokenCount", Place::Count(Count::Output)),
            ("totalTokenCount", Place::Count(Count::Total)),
            ("cachedContentTokenCount", Place::Count(Count::Cached)),
            ("thoughtsTokenCount", Place::Count(Count::Reasoning)),
            ("toolUsePromptTokenCount", Place::Count(Count::ToolInput)),
        ],
        _ => &[],
    }
}

fn bedrock_converse(object: Place) -> Members {
    match object {
        Place::Root => &[
            ("delta", Place::Content),
            ("usage", Place::Usage),
            ("output", Place::Whole),
            ("role", Place::Known),
            ("start", Place::Known),
            ("stopReason", Place::Known),
            // Of what goes wrong in the midst of a stream.
            ("message", Place::Known),
        ],
        Place::Whole => &[("message", Place::Whole), ("content", Place::Content)],
        Place::Content => &[("text", Place::Text), ("toolUse", Place::ToolCall), ("reasoningContent", Place::Thought)],
        Place::ToolCall => &[("name", Place::Text), ("input", Place::Text)],
        Place::Thought => &[("reasoningText", Place::Thought), ("text", Place::Text)],
        Place::Usage => &[
            ("inputTokens", Place::Count(Count::Input)),
            ("outputTokens", Place::Count(Count::Output)),
            ("totalTokens", Place::Count(Count::Total)),
            ("cacheReadInputTokens", Place::Count(Count::Cached)),
            ("cacheWriteInputTokens", Place::Count(Count::CacheWritten)),
        ],
        _ => &[],
    }
}
