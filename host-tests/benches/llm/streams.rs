//! Answers as providers stream them, some hundred kilobytes each.

use std::fmt::Write as _;

use tollgate_llm::Api;

/// A stream, and what it is called in figures.
pub(crate) struct Stream {
    pub(crate) name: &'static str,
    pub(crate) api: Api,
    pub(crate) content_type: &'static str,
    /// Whether a chunk is taken out.
    pub(crate) hides: bool,
    pub(crate) body: Vec<u8>,
    /// The tokens that it reports.
    pub(crate) total: u64,
}

const EVENTS: &str = "text/event-stream; charset=utf-8";
const WORDS: [&str; 24] = [
    "The", " quick", " brown", " fox", " jumps", " over", " the", " lazy", " dog", ",", " which", " says", " \\\"",
    "ok", "\\\"", " and", " goes", " back", " to", " sleep", " again", " at", " once", ".\\n\\n",
];

/// As many words in turn.
fn words(count: usize) -> impl Iterator<Item = &'static str> {
    WORDS.iter().copied().cycle().take(count)
}

/// Every stream.
pub(crate) fn all() -> Vec<Stream> {
    let sse = |name, api, hides, body: String, total| Stream {
        name,
        api,
        content_type: EVENTS,
        hides,
        body: body.into_bytes(),
        total,
    };
    vec![
        sse("openai_chat", Api::OpenAiChat, false, openai_chat(), 1_212),
        sse("openai_chat_hidden", Api::OpenAiChat, true, openai_chat(), 1_212),
        sse("anthropic_messages", Api::AnthropicMessages, false, anthropic_messages(), 3_025),
        sse("openai_responses", Api::OpenAiResponses, false, openai_responses(), 1_237),
        Stream {
            name: "bedrock_converse",
            api: Api::BedrockConverse,
            content_type: "application/vnd.amazon.eventstream",
            hides: false,
            body: bedrock_converse(),
            total: 1_230,
        },
        Stream {
            name: "gemini_list",
            api: Api::Gemini,
            content_type: "application/json",
            hides: false,
            body: gemini_list().into_bytes(),
            total: 410,
        },
    ]
}

/// One word a chunk, of some 300 bytes each.
fn openai_chat() -> String {
    let head = r#"data: {"id":"chatcmpl-C4Hq5a6K3RaPMymUv70btQNYv6SvY","object":"chat.completion.chunk","created":1755137921,"model":"gpt-5-nano-2025-08-07","service_tier":"default","system_fingerprint":null"#;
    let mut body = String::new();
    for (index, word) in words(1_200).enumerate() {
        let padding = "WuQNXIPio8PDeczE".get(..index % 16).unwrap_or_default();
        let _ = write!(
            body,
            "{head},\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}},\"logprobs\":null,\"finish_reason\":null}}],\"usage\":null,\"obfuscation\":\"{padding}\"}}\n\n"
        );
    }
    let _ = write!(
        body,
        "{head},\"choices\":[],\"usage\":{{\"prompt_tokens\":12,\"completion_tokens\":1200,\"total_tokens\":1212,\"prompt_tokens_details\":{{\"cached_tokens\":0,\"audio_tokens\":0}},\"completion_tokens_details\":{{\"reasoning_tokens\":100,\"audio_tokens\":0}}}},\"obfuscation\":\"t9\"}}\n\ndata: [DONE]\n\n"
    );
    body
}

/// Three words an event, of some 150 bytes each.
fn anthropic_messages() -> String {
    let mut body = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":25,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":1}}}\n\n".to_owned();
    let words: Vec<&str> = words(3_000).collect();
    for words in words.chunks(3) {
        let text = words.concat();
        let _ = write!(
            body,
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}               }}\n\n"
        );
    }
    body.push_str("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":3000}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    body
}

/// One word an event, and at the end the answer as a whole: its text, the instructions and the tools.
fn openai_responses() -> String {
    let mut body = String::new();
    let mut text = String::new();
    for (index, word) in words(1_200).enumerate() {
        text.push_str(word);
        let _ = write!(
            body,
            "event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\"sequence_number\":{index},\"item_id\":\"msg_68a1f2c0a5d48191a8bff2f0e2b9c2a40c1d\",\"output_index\":0,\"content_index\":0,\"delta\":\"{word}\",\"logprobs\":[],\"obfuscation\":\"3xTq9Zb\"}}\n\n"
        );
    }
    let instructions = text.repeat(16);
    let tools = vec![r#"{"type":"function","name":"get_weather","strict":true,"parameters":{"type":"object","properties":{"city":{"type":"string","description":"A city"},"unit":{"type":"string","enum":["c","f"]}},"required":["city","unit"],"additionalProperties":false}}"#; 40].join(",");
    let _ = write!(
        body,
        "event: response.completed\ndata: {{\"type\":\"response.completed\",\"sequence_number\":1201,\"response\":{{\"id\":\"resp_1\",\"status\":\"completed\",\"instructions\":\"{instructions}\",\"output\":[{{\"type\":\"message\",\"content\":[{{\"type\":\"output_text\",\"text\":\"{text}\"}}]}}],\"tools\":[{tools}],\"usage\":{{\"input_tokens\":37,\"input_tokens_details\":{{\"cached_tokens\":0}},\"output_tokens\":1200,\"output_tokens_details\":{{\"reasoning_tokens\":0}},\"total_tokens\":1237}}}}}}\n\n"
    );
    body
}

fn bedrock_converse() -> Vec<u8> {
    let mut body = Vec::new();
    for word in words(1_200) {
        let payload =
            format!("{{\"contentBlockIndex\":0,\"delta\":{{\"text\":\"{word}\"}},\"p\":\"abcdefghijklmnopqrst\"}}");
        frame(&mut body, "contentBlockDelta", payload.as_bytes());
    }
    let usage =
        "{\"metrics\":{\"latencyMs\":7600},\"usage\":{\"inputTokens\":30,\"outputTokens\":1200,\"totalTokens\":1230}}";
    frame(&mut body, "metadata", usage.as_bytes());
    body
}

fn frame(body: &mut Vec<u8>, event: &str, payload: &[u8]) {
    let mut headers = Vec::new();
    for (name, value) in [(":event-type", event), (":content-type", "application/json"), (":message-type", "event")] {
        headers.push(name.len() as u8);
        headers.extend(name.as_bytes());
        headers.extend([7, 0, value.len() as u8]);
        headers.extend(value.as_bytes());
    }
    body.extend(((16 + headers.len() + payload.len()) as u32).to_be_bytes());
    body.extend((headers.len() as u32).to_be_bytes());
    body.extend([0; 4]);
    body.extend(headers);
    body.extend(payload);
    body.extend([0; 4]);
}

/// Forty words a chunk, indented.
fn gemini_list() -> String {
    let words: Vec<&str> = words(16_000).collect();
    let chunks: Vec<String> = words
        .chunks(40)
        .enumerate()
        .map(|(index, words)| {
            let text = words.concat();
            format!(
                "{{\n  \"candidates\": [\n    {{\n      \"content\": {{\n        \"parts\": [\n          {{\n            \"text\": \"{text}\"\n          }}\n        ],\n        \"role\": \"model\"\n      }},\n      \"index\": 0\n    }}\n  ],\n  \"usageMetadata\": {{\n    \"promptTokenCount\": 10,\n    \"candidatesTokenCount\": {0},\n    \"totalTokenCount\": {1}\n  }},\n  \"modelVersion\": \"gemini-2.5-flash\"\n}}\n",
                index + 1,
                index + 11
            )
        })
        .collect();
    format!("[{}]", chunks.join(",\r\n"))
}
