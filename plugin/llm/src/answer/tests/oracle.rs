//! A reader that has the whole text at once: `serde_json`, and no thought of speed or memory.

use serde_json::Value;

use crate::estimate::Weight;
use crate::{Api, Ended, Ending, Usage};

/// What the values of an answer say, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Oracle {
    numbers: std::collections::BTreeMap<&'static str, u64>,
    rounds: Option<(u64, u64)>,
    text: String,
    /// Numbers and words within what the model wrote.
    words: u64,
    /// How many values there are.
    values: usize,
    /// Whether one of them has a member that the API knows, and that is not null.
    is_known: bool,
    has_stopped: bool,
    has_usage: bool,
    has_usage_chunk: bool,
}

impl Oracle {
    pub(super) fn of(api: Api, values: &[Value]) -> Oracle {
        let mut oracle = Oracle::default();
        for value in values {
            oracle.values += 1;
            oracle.is_known |= root(api).iter().any(|name| !value[name].is_null());
            oracle.take(api, value);
        }
        oracle
    }

    /// How a stream ends of which this is all.
    pub(super) fn ended_stream(&self, api: Api, is_done: bool) -> Ended {
        let is_complete = match api {
            Api::OpenAiChat | Api::OpenAiEmbeddings => is_done || self.has_usage_chunk,
            Api::OpenAiResponses | Api::BedrockConverse => self.has_usage,
            Api::AnthropicMessages | Api::Gemini => self.has_stopped,
        };
        self.ended_as(api, is_complete, self.values > 0)
    }

    /// How a body of JSON ends of which this is all.
    pub(super) fn ended(&self, api: Api) -> Ended {
        self.ended_as(api, true, true)
    }

    fn ended_as(&self, api: Api, is_complete: bool, has_values: bool) -> Ended {
        let mut text = Weight::of_tokens(self.words);
        text.add_text(self.text.as_bytes());
        Ended {
            ending: match (is_complete, has_values && !self.is_known) {
                (_, true) => Ending::Unreadable,
                (true, false) => Ending::Complete,
                (false, false) => Ending::CutShort,
            },
            usage: self.usage(api),
            is_input_reported: self.number(INPUT).is_some(),
            streamed_tokens: text.tokens(),
        }
    }

    fn number(&self, names: &[&str]) -> Option<u64> {
        names.iter().find_map(|name| self.numbers.get(name)).copied()
    }

    fn usage(&self, api: Api) -> Option<Usage> {
        let of = |names| self.number(names).unwrap_or(0);
        let total = self.number(&["total_tokens", "totalTokenCount", "totalTokens"]);
        if self.number(INPUT).is_none() && self.number(OUTPUT).is_none() && total.is_none() {
            return None;
        }
        let cached =
            of(&["cached_tokens", "cache_read_input_tokens", "cachedContentTokenCount", "cacheReadInputTokens"]);
        let cache_written = of(&["cache_write_tokens", "cache_creation_input_tokens", "cacheWriteInputTokens"]);
        let reasoning = of(&["reasoning_tokens", "thinking_tokens", "thoughtsTokenCount"]);
        let (input, output) = match api {
            Api::OpenAiChat | Api::OpenAiResponses | Api::OpenAiEmbeddings => (of(INPUT), of(OUTPUT)),
            Api::AnthropicMessages => {
                let (rounds_input, rounds_output) = self.rounds.unwrap_or_default();
                ((of(INPUT) + cached + cache_written).max(rounds_input), of(OUTPUT).max(rounds_output))
            }
            Api::BedrockConverse => (of(INPUT) + cached + cache_written, of(OUTPUT)),
            Api::Gemini => (of(INPUT) + of(&["toolUsePromptTokenCount"]), of(OUTPUT) + reasoning),
        };
        let output = output.max(total.unwrap_or(0).saturating_sub(input));
        Some(Usage { input, cached, cache_written, output, reasoning })
    }

    fn take(&mut self, api: Api, value: &Value) {
        match api {
            Api::OpenAiChat | Api::OpenAiEmbeddings => {
                self.count(&value["usage"], &["prompt_tokens", "completion_tokens", "total_tokens"]);
                self.count(&value["usage"]["prompt_tokens_details"], &["cached_tokens", "cache_write_tokens"]);
                self.count(&value["usage"]["completion_tokens_details"], &["reasoning_tokens"]);
                let choices = value["choices"].as_array();
                self.has_usage_chunk |= choices.is_some_and(Vec::is_empty) && value["usage"].is_object();
                for choice in choices.into_iter().flatten() {
                    for message in [&choice["delta"], &choice["message"]] {
                        for part in ["content", "reasoning_content", "refusal"] {
                            self.written(&message[part]);
                        }
                        for call in message["tool_calls"].as_array().into_iter().flatten() {
                            self.written(&call["function"]["name"]);
                            self.written(&call["function"]["arguments"]);
                        }
                    }
                }
            }
            Api::OpenAiResponses => {
                for usage in [&value["usage"], &value["response"]["usage"]] {
                    self.has_usage |= usage.is_object();
                    self.count(usage, &["input_tokens", "output_tokens", "total_tokens"]);
                    self.count(&usage["input_tokens_details"], &["cached_tokens", "cache_write_tokens"]);
                    self.count(&usage["output_tokens_details"], &["reasoning_tokens"]);
                }
                self.written(&value["delta"]);
                for item in value["output"].as_array().into_iter().flatten() {
                    self.written(&item["arguments"]);
                    self.written(&item["name"]);
                    for part in item["content"].as_array().into_iter().flatten() {
                        self.written(&part["text"]);
                    }
                }
            }
            Api::AnthropicMessages => {
                for usage in [&value["message"]["usage"], &value["usage"]] {
                    let names =
                        ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
                    self.count(usage, &names);
                    self.count(&usage["output_tokens_details"], &["thinking_tokens"]);
                    if let Some(rounds) = usage["iterations"].as_array() {
                        let sum = |names: &[&str]| {
                            rounds.iter().flat_map(|round| names.iter().filter_map(|name| round[name].as_u64())).sum()
                        };
                        self.rounds = Some((sum(&[names[0], names[2], names[3]]), sum(&[names[1]])));
                    }
                }
                for block in [&value["delta"], &value["content_block"]]
                    .into_iter()
                    .chain(value["content"].as_array().into_iter().flatten())
                {
                    for part in ["text", "partial_json", "thinking", "input"] {
                        self.written(&block[part]);
                    }
                }
                self.has_stopped |= value["delta"]["stop_reason"].is_string() || value["stop_reason"].is_string();
            }
            Api::Gemini => {
                let names = [
                    "promptTokenCount",
                    "candidatesTokenCount",
                    "totalTokenCount",
                    "cachedContentTokenCount",
                    "thoughtsTokenCount",
                    "toolUsePromptTokenCount",
                ];
                self.count(&value["usageMetadata"], &names);
                for candidate in value["candidates"].as_array().into_iter().flatten() {
                    self.has_stopped |= candidate["finishReason"].is_string();
                    for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
                        self.written(&part["text"]);
                        self.written(&part["functionCall"]["name"]);
                        self.written(&part["functionCall"]["args"]);
                    }
                }
                self.has_stopped |= value["promptFeedback"]["blockReason"].is_string();
            }
            Api::BedrockConverse => {
                let names =
                    ["inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens"];
                self.has_usage |= value["usage"].is_object();
                self.count(&value["usage"], &names);
                let blocks = value["output"]["message"]["content"].as_array();
                for block in [&value["delta"]].into_iter().chain(blocks.into_iter().flatten()) {
                    self.written(&block["text"]);
                    self.written(&block["toolUse"]["name"]);
                    self.written(&block["toolUse"]["input"]);
                    self.written(&block["reasoningContent"]["text"]);
                    self.written(&block["reasoningContent"]["reasoningText"]["text"]);
                }
            }
        }
    }

    fn count(&mut self, usage: &Value, names: &[&'static str]) {
        for name in names {
            if let Some(number) = usage[name].as_u64() {
                self.numbers.insert(name, number);
            }
        }
    }

    /// Names, strings, numbers and words of something that the model wrote.
    fn written(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) => self.words += 1,
            Value::String(text) => self.text.push_str(text),
            Value::Array(items) => items.iter().for_each(|item| self.written(item)),
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                self.text.push_str(name);
                self.written(value);
            }),
        }
    }
}

/// What answers of an API have, and what their events have.
fn root(api: Api) -> &'static [&'static str] {
    match api {
        Api::OpenAiChat | Api::OpenAiEmbeddings => &["choices", "usage", "error"],
        Api::OpenAiResponses => &["delta", "response", "output", "usage", "error"],
        Api::AnthropicMessages => &["delta", "message", "usage", "content_block", "content", "stop_reason", "error"],
        Api::Gemini => &["candidates", "usageMetadata", "promptFeedback", "error"],
        Api::BedrockConverse => &["delta", "usage", "output", "role", "start", "stopReason", "message"],
    }
}

const INPUT: &[&str] = &["prompt_tokens", "input_tokens", "promptTokenCount", "inputTokens"];
const OUTPUT: &[&str] = &["completion_tokens", "output_tokens", "candidatesTokenCount", "outputTokens"];

/// The data of the events of a stream, by a reader that has all of it. What is not closed by an empty line is no event.
pub(super) fn events(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut events = Vec::new();
    let mut data: Option<String> = None;
    let (closed, _cut) = text.rsplit_once('\n').unwrap_or(("", ""));
    for line in closed.split('\n') {
        if line.is_empty() {
            events.extend(data.take());
        } else if let Some(rest) = line.strip_prefix("data:") {
            let rest = rest.strip_prefix(' ').unwrap_or(rest);
            data = Some(data.map_or(rest.to_owned(), |data| format!("{data}\n{rest}")));
        }
    }
    events
}
