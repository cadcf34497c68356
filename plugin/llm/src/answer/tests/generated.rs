//! Answers of every API, generated, framed in every way and torn anywhere, beside a reader that has all of them at once.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};

use super::oracle::{Oracle, events};
use super::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,20}", Just(String::new()), Just("\"usage\":{\"prompt_tokens\":1}".to_owned())]
}

fn tokens() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(0)),
        (0_u64..1_000_000).prop_map(Value::from),
        Just(json!("12")),
        Just(json!(-1)),
        Just(json!(1.5)),
    ]
}

/// Something that nobody looks at.
fn noise() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![text().prop_map(Value::from), any::<i64>().prop_map(Value::from), Just(Value::Null)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((prop_oneof!["usage", "choices", "delta", "[a-z]{1,5}"], inner), 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// An event of a stream, or a whole answer, in the shape that the API has.
fn value(api: Api) -> BoxedStrategy<Value> {
    let parts = (text(), text(), proptest::collection::vec(tokens(), 6), noise(), 0_u8..8, noise());
    parts
        .prop_map(move |(text, more, n, noise, kind, args)| {
            let mut value = shape(api, kind, &text, &more, &n, args);
            if kind % 2 == 0 {
                value["x_noise"] = noise.clone();
            }
            value["metadata"] = noise;
            value
        })
        .boxed()
}

fn shape(api: Api, kind: u8, text: &str, more: &str, n: &[Value], args: Value) -> Value {
    let stopped = if kind == 7 { json!("stop") } else { Value::Null };
    match api {
        Api::OpenAiChat | Api::OpenAiEmbeddings => {
            let usage = json!({"prompt_tokens": n[0], "completion_tokens": n[1], "total_tokens": n[2],
                "prompt_tokens_details": {"cached_tokens": n[3], "cache_write_tokens": n[4]},
                "completion_tokens_details": {"reasoning_tokens": n[5]}});
            match kind {
                0 => json!({"choices": [], "usage": usage}),
                1 => json!({"choices": [], "usage": null}),
                2 => json!({"choices": [{"message": {"content": text, "refusal": more}}], "usage": usage}),
                3 => json!({"usage": usage, "error": {"message": text}}),
                4 => json!({"choices": [{"delta": {"tool_calls": [{"function": {"name": text, "arguments": more}}]}}]}),
                _ => {
                    json!({"choices": [{"delta": {"content": text, "reasoning_content": more}, "finish_reason": stopped}],
                    "usage": null})
                }
            }
        }
        Api::OpenAiResponses => {
            let usage = json!({"input_tokens": n[0], "output_tokens": n[1], "total_tokens": n[2],
                "input_tokens_details": {"cached_tokens": n[3], "cache_write_tokens": n[4]},
                "output_tokens_details": {"reasoning_tokens": n[5]}});
            let output = json!([{"type": "message", "content": [{"type": "output_text", "text": text}]},
                {"type": "function_call", "name": more, "arguments": text}]);
            match kind {
                0 => json!({"type": "response.completed", "response": {"output": output, "usage": usage}}),
                1 => json!({"type": "response.created", "response": {"output": output, "usage": null}}),
                2 => json!({"output": output, "usage": usage}),
                3 => json!({"type": "response.output_text.done", "text": text}),
                _ => json!({"type": "response.output_text.delta", "delta": text}),
            }
        }
        Api::AnthropicMessages => {
            let usage = json!({"input_tokens": n[0], "output_tokens": n[1], "cache_read_input_tokens": n[2],
                "cache_creation_input_tokens": n[3], "output_tokens_details": {"thinking_tokens": n[4]}});
            let rounds = json!([usage, {"type": "compaction", "input_tokens": n[5], "output_tokens": n[4]}]);
            match kind {
                0 => json!({"type": "message_start", "message": {"content": [], "stop_reason": null, "usage": usage}}),
                1 => json!({"type": "message_delta", "usage": {"output_tokens": n[5], "iterations": rounds}}),
                2 => json!({"content": [{"text": text}, {"input": args}, {"thinking": more}], "stop_reason": stopped,
                    "usage": usage}),
                3 => json!({"type": "content_block_delta", "delta": {"partial_json": text}}),
                4 => json!({"type": "content_block_start", "content_block": {"type": "tool_use", "input": args}}),
                5 => json!({"type": "error", "error": {"message": text}}),
                7 => {
                    json!({"type": "message_delta", "delta": {"stop_reason": stopped}, "usage": {"output_tokens": n[5]}})
                }
                _ => json!({"type": "content_block_delta", "delta": {"text": text, "thinking": more}}),
            }
        }
        Api::Gemini => {
            let usage = json!({"promptTokenCount": n[0], "candidatesTokenCount": n[1], "totalTokenCount": n[2],
                "cachedContentTokenCount": n[3], "thoughtsTokenCount": n[4], "toolUsePromptTokenCount": n[5]});
            match kind {
                0 => json!({"usageMetadata": usage}),
                1 => json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage}),
                2 => json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": text, "args": args}}]}}]}),
                _ => json!({"candidates": [{"content": {"parts": [{"text": text}, {"text": more}]},
                    "finishReason": stopped}], "usageMetadata": usage}),
            }
        }
        Api::BedrockConverse => {
            let usage = json!({"inputTokens": n[0], "outputTokens": n[1], "totalTokens": n[2],
                "cacheReadInputTokens": n[3], "cacheWriteInputTokens": n[4]});
            match kind {
                0 => json!({"usage": usage, "metrics": {"latencyMs": n[5]}}),
                1 => {
                    json!({"output": {"message": {"content": [{"text": text}, {"toolUse": {"name": more, "input": args}},
                    {"reasoningContent": {"reasoningText": {"text": more}}}]}}, "usage": usage})
                }
                2 => json!({"delta": {"toolUse": {"input": text}}}),
                3 => json!({"delta": {"reasoningContent": {"text": text}}}),
                _ => json!({"delta": {"text": text}, "stopReason": stopped}),
            }
        }
    }
}

/// An answer: its values, how its lines end, whether they are broken, and where it is torn.
fn answers(apis: &[Api]) -> impl Strategy<Value = (Api, Vec<Value>, &'static str, bool, bool, Vec<usize>)> + use<> {
    proptest::sample::select(apis.to_vec()).prop_flat_map(|api| {
        (
            Just(api),
            proptest::collection::vec(value(api), 0..6),
            proptest::sample::select(vec!["\n", "\r", "\r\n"]),
            any::<bool>(),
            any::<bool>(),
            proptest::collection::vec(1_usize..300, 1..12),
        )
    })
}

fn pieces<'a>(body: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = body;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*size).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

proptest! {
    #[test]
    fn streams_of_events_say_what_they_say_as_a_whole((api, values, end, is_pretty, is_done, sizes) in answers(&Api::ALL)) {
        let mut body = String::new();
        for (index, value) in values.iter().enumerate() {
            let text = if is_pretty { serde_json::to_string_pretty(value).unwrap() } else { value.to_string() };
            if index % 3 == 1 {
                body.push_str(&format!(": a comment{end}{end}event: message{end}"));
            }
            for line in text.lines() {
                body.push_str(if index % 2 == 0 { "data: " } else { "data:" });
                body.push_str(line);
                body.push_str(end);
            }
            body.push_str(end);
        }
        if is_done {
            body.push_str(&format!("data: [DONE]{end}{end}"));
        }
        let read_back: Vec<Value> =
            events(&body).iter().filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect();
        prop_assert_eq!(&read_back, &values);
        let expected = Oracle::of(api, &read_back).ended_stream(api, is_done);
        prop_assert_eq!(read(api, &EVENTS, [body.as_bytes()]), expected);
        prop_assert_eq!(read(api, &EVENTS, pieces(body.as_bytes(), &sizes)), expected);
        prop_assert_eq!(read(api, &EVENTS, body.as_bytes().chunks(1)), expected);
    }

    #[test]
    fn bodies_of_json_say_what_they_say_as_a_whole((api, values, _, is_pretty, is_list, sizes) in answers(&Api::ALL)) {
        let value = if is_list && api == Api::Gemini { Value::from(values) } else { values.into_iter().next().unwrap_or(json!({})) };
        let body = if is_pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        let values = value.as_array().cloned().unwrap_or(vec![value]);
        let expected = Oracle::of(api, &values).ended(api);
        prop_assert_eq!(read(api, &JSON, [body.as_bytes()]), expected);
        prop_assert_eq!(read(api, &JSON, pieces(body.as_bytes(), &sizes)), expected);
        // Without its last byte it is not whole.
        let cut = body.as_bytes().split_last().unwrap().1;
        prop_assert_eq!(read(api, &JSON, pieces(cut, &sizes)), Ended { ending: Ending::CutShort, ..expected });
    }

    #[test]
    fn frames_say_what_they_say_as_a_whole((api, values, _, is_pretty, _, sizes) in answers(&[Api::BedrockConverse])) {
        let body: Vec<u8> = values.iter().flat_map(|value| {
            let text = if is_pretty { serde_json::to_string_pretty(value).unwrap() } else { value.to_string() };
            frame("anything", text.as_bytes())
        }).collect();
        let expected = Oracle::of(api, &values).ended_stream(api, false);
        prop_assert_eq!(read(api, &FRAMES, [&body[..]]), expected);
        prop_assert_eq!(read(api, &FRAMES, pieces(&body, &sizes)), expected);
        prop_assert_eq!(read(api, &FRAMES, body.chunks(1)), expected);
    }
}

#[test]
fn a_stream_of_each_api_is_read_alike_wherever_it_is_torn() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for api in Api::ALL {
        let values: Vec<Value> = (0..8)
            .map(|kind| {
                let numbers: Vec<Value> = (0..6).map(|number| json!(number * 10 + kind)).collect();
                let args = noise().new_tree(&mut runner).unwrap().current();
                shape(api, kind, "Grüße, \u{1f980} \"a\"\\\n", "b", &numbers, args)
            })
            .collect();
        let body: String = values.iter().map(|value| format!("event: e\r\ndata: {value}\r\n\r\n")).collect();
        let expected = Oracle::of(api, &values).ended_stream(api, false);
        for pieces in torn(body.as_bytes()) {
            assert_eq!(read(api, &EVENTS, pieces), expected, "{api:?}");
        }
    }
}
