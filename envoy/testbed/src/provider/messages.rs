//! Anthropic's messages.

use serde_json::{Value, json};

use super::answer::{Answer, WORD, data};

pub(super) fn whole(answer: &Answer) -> Value {
    let content = match &answer.tool {
        None => json!({"type": "text", "text": answer.text()}),
        Some(tool) => json!({"type": "tool_use", "id": "toolu_1", "name": tool, "input": {"query": answer.text()}}),
    };
    message(answer, &json!([content]), &json!(reason(answer)), answer.words)
}

pub(super) fn opening(answer: &Answer) -> String {
    let start = json!({"message": message(answer, &json!([]), &Value::Null, 1)});
    let block = match &answer.tool {
        None => json!({"type": "text", "text": ""}),
        Some(tool) => json!({"type": "tool_use", "id": "toolu_1", "name": tool, "input": {}}),
    };
    let mut begun = event("message_start", start);
    begun += &event("content_block_start", json!({"index": 0, "content_block": block}));
    begun += &event("ping", json!({}));
    match answer.tool {
        None => begun,
        Some(_) => begun + &arguments("{\"query\":\""),
    }
}

pub(super) fn word(answer: &Answer) -> String {
    match answer.tool {
        None => {
            let delta = json!({"type": "text_delta", "text": WORD});
            event("content_block_delta", json!({"index": 0, "delta": delta}))
        }
        Some(_) => arguments(WORD),
    }
}

pub(super) fn closing(answer: &Answer) -> String {
    let mut rest = if answer.tool.is_some() { arguments("\"}") } else { String::new() };
    rest += &event("content_block_stop", json!({"index": 0}));
    let delta = json!({"stop_reason": reason(answer), "stop_sequence": null});
    rest += &event("message_delta", json!({"delta": delta, "usage": {"output_tokens": answer.words}}));
    rest + &event("message_stop", json!({}))
}

fn reason(answer: &Answer) -> &'static str {
    if answer.tool.is_some() { "tool_use" } else { "end_turn" }
}

fn message(answer: &Answer, content: &Value, reason: &Value, output: u64) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": answer.model, "content": content,
        "stop_reason": reason, "stop_sequence": null,
        "usage": {"input_tokens": answer.input, "output_tokens": output}})
}

fn arguments(piece: &str) -> String {
    let delta = json!({"type": "input_json_delta", "partial_json": piece});
    event("content_block_delta", json!({"index": 0, "delta": delta}))
}

/// An event; its name is in its data, too.
fn event(name: &str, mut content: Value) -> String {
    if let Some(fields) = content.as_object_mut() {
        fields.insert("type".to_owned(), name.into());
    }
    format!("event: {name}\n{}", data(&content))
}
