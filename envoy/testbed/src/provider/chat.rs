//! OpenAI's chat completions.

use serde_json::{Value, json};

use super::answer::{Answer, WORD, data};

pub(super) fn whole(answer: &Answer) -> Value {
    let message = match &answer.tool {
        None => json!({"role": "assistant", "content": answer.text(), "refusal": null}),
        Some(tool) => {
            let arguments = json!({"query": answer.text()}).to_string();
            let call = json!({"id": "call_1", "type": "function", "function": {"name": tool, "arguments": arguments}});
            json!({"role": "assistant", "content": null, "refusal": null, "tool_calls": [call]})
        }
    };
    let choice = json!({"index": 0, "message": message, "logprobs": null, "finish_reason": reason(answer)});
    json!({"id": ID, "object": "chat.completion", "created": CREATED, "model": answer.model, "choices": [choice],
        "usage": usage(answer)})
}

pub(super) fn opening(answer: &Answer) -> String {
    let begun = chunk(answer, &json!({"role": "assistant", "content": ""}), None);
    match &answer.tool {
        None => begun,
        Some(tool) => {
            let call = json!({"index": 0, "id": "call_1", "type": "function",
                "function": {"name": tool, "arguments": "{\"query\":\""}});
            begun + &chunk(answer, &json!({"tool_calls": [call]}), None)
        }
    }
}

pub(super) fn word(answer: &Answer) -> String {
    match answer.tool {
        None => chunk(answer, &json!({"content": WORD}), None),
        Some(_) => arguments(answer, WORD),
    }
}

pub(super) fn closing(answer: &Answer) -> String {
    let mut rest = if answer.tool.is_some() { arguments(answer, "\"}") } else { String::new() };
    rest += &chunk(answer, &json!({}), Some(reason(answer)));
    if answer.asks_usage {
        rest += &data(&envelope(answer, &json!([]), &usage(answer)));
    }
    rest + "data: [DONE]\n\n"
}

const ID: &str = "chatcmpl-1";

const CREATED: u64 = 1_700_000_000;

fn reason(answer: &Answer) -> &'static str {
    if answer.tool.is_some() { "tool_calls" } else { "stop" }
}

fn usage(answer: &Answer) -> Value {
    let (input, words) = (answer.input, answer.words);
    json!({"prompt_tokens": input, "completion_tokens": words, "total_tokens": input + words})
}

fn arguments(answer: &Answer, piece: &str) -> String {
    chunk(answer, &json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}), None)
}

fn chunk(answer: &Answer, delta: &Value, reason: Option<&str>) -> String {
    let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason});
    data(&envelope(answer, &json!([choice]), &Value::Null))
}

fn envelope(answer: &Answer, choices: &Value, usage: &Value) -> Value {
    let mut chunk = json!({"id": ID, "object": "chat.completion.chunk", "created": CREATED, "model": answer.model,
        "choices": choices});
    if let (true, Some(fields)) = (answer.asks_usage, chunk.as_object_mut()) {
        fields.insert("usage".to_owned(), usage.clone());
    }
    chunk
}
