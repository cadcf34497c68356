//! Requests of every API, generated, beside a reader that has all of them at once.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What a reader that has the whole value says of a call, without the prompt.
#[derive(Debug, PartialEq)]
struct Read {
    model: Option<String>,
    streams: bool,
    asks_usage: bool,
    output_cap: Option<u64>,
    answers: u64,
}

fn oracle(api: Api, body: &Value) -> Read {
    let settings = match api {
        Api::Gemini => &body["generationConfig"],
        Api::BedrockConverse => &body["inferenceConfig"],
        _ => body,
    };
    let caps: &[&str] = match api {
        Api::OpenAiChat => &["max_tokens", "max_completion_tokens"],
        Api::OpenAiResponses => &["max_output_tokens"],
        Api::OpenAiEmbeddings => &[],
        Api::AnthropicMessages => &["max_tokens"],
        Api::Gemini => &["maxOutputTokens"],
        Api::BedrockConverse => &["maxTokens"],
    };
    let answers: &[&str] = match api {
        Api::OpenAiChat => &["n", "best_of"],
        Api::Gemini => &["candidateCount"],
        _ => &[],
    };
    let most = |names: &[&str]| names.iter().filter_map(|name| settings[name].as_u64()).max();
    let in_path = matches!(api, Api::Gemini | Api::BedrockConverse);
    let detected = Api::of_path(path(api)).unwrap();
    let streams = !in_path && api != Api::OpenAiEmbeddings && body["stream"] == json!(true);
    Read {
        model: if in_path { detected.model } else { body["model"].as_str().map(str::to_owned) },
        streams,
        asks_usage: api == Api::OpenAiChat && body["stream_options"]["include_usage"] == json!(true),
        output_cap: if api == Api::OpenAiEmbeddings { Some(0) } else { most(caps) },
        answers: most(answers).unwrap_or(1).max(1),
    }
}

/// The prompt by the same rules, of a value that is there as a whole: no files.
fn prompt(value: &Value, text: &mut Weight) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => text.add(Weight::of_tokens(1)),
        Value::String(string) => text.add_text(string.as_bytes()),
        Value::Array(items) => items.iter().for_each(|item| prompt(item, text)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            text.add_text(name.as_bytes());
            prompt(value, text);
        }),
    }
}

fn has_object(value: &Value) -> bool {
    value.is_object() || value.as_array().is_some_and(|items| items.iter().any(has_object))
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[ -~]{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(
                (prop_oneof!["content", "text", "role", "model", "stream", "n", "xé\"{0,3}"], inner),
                0..4
            )
            .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), Just(json!(0)), any::<u64>().prop_map(Value::from), (1_u64..9).prop_map(Value::from)]
}

fn truth() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), Just(json!(true)), Just(json!(false))]
}

/// A body of which some members are there, with all that any API reads.
fn body() -> impl Strategy<Value = Value> {
    let model = prop_oneof![any::<String>().prop_map(Value::from), Just(Value::Null)];
    let fields = (model, anything(), truth(), truth(), [number(), number(), number()], anything(), any::<u32>());
    fields.prop_map(|(model, prompt, stream, include_usage, numbers, other, there)| {
        let [cap, old_cap, answers] = numbers;
        let all = [
            ("model", model),
            ("messages", prompt.clone()),
            ("input", prompt.clone()),
            ("contents", prompt),
            ("stream", stream),
            ("stream_options", json!({"include_usage": include_usage, "x": other.clone()})),
            ("max_tokens", old_cap),
            ("max_completion_tokens", cap.clone()),
            ("max_output_tokens", cap.clone()),
            ("generationConfig", json!({"maxOutputTokens": cap, "candidateCount": answers, "topP": 0.5})),
            ("inferenceConfig", json!({"maxTokens": cap})),
            ("n", answers.clone()),
            ("metadata", other.clone()),
            ("tools", other),
        ];
        let there = |index: usize| there >> index & 1 == 1;
        all.into_iter().enumerate().filter(|(index, _)| there(*index)).map(|(_, member)| member).collect::<Value>()
    })
}

proptest! {
    #[test]
    fn calls_are_read_as_they_are(api in proptest::sample::select(Api::ALL.to_vec()), body in body(), is_pretty: bool) {
        let text = if is_pretty { serde_json::to_string_pretty(&body).unwrap() } else { body.to_string() };
        let call = read(api, &text).unwrap();
        let expected = oracle(api, &body);
        let mut tokens = Weight::of_tokens(CALL_TOKENS);
        let prompts: &[&str] = match api {
            Api::OpenAiChat | Api::AnthropicMessages => &["messages", "tools"],
            Api::OpenAiResponses => &["input", "tools"],
            Api::OpenAiEmbeddings => &["input"],
            Api::Gemini => &["contents", "tools"],
            Api::BedrockConverse => &["messages"],
        };
        prompts.iter().for_each(|name| prompt(&body[name], &mut tokens));
        if prompts.contains(&"tools") && has_object(&body["tools"]) {
            tokens.add(Weight::of_tokens(tools_tokens(api)));
        }
        prop_assert_eq!(call.prompt_tokens, tokens.tokens());
        let found = Read {
            model: call.model.clone(),
            streams: call.streams,
            asks_usage: call.asks_usage,
            output_cap: call.output_cap,
            answers: call.answers,
        };
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn what_is_rewritten_differs_in_nothing_else(body in body(), model: String, is_pretty: bool) {
        let text = if is_pretty { serde_json::to_string_pretty(&body).unwrap() } else { body.to_string() };
        let call = read(Api::OpenAiChat, &text).unwrap();
        let rewritten = call.rewritten(text.as_bytes(), Rewrite { model: Some(&model), include_usage: true, ..Rewrite::default() });
        let rewritten: Value = serde_json::from_slice(&rewritten).unwrap();
        let mut expected = body.clone();
        if call.model.is_some() {
            expected["model"] = model.into();
        }
        if call.streams {
            expected["stream_options"]["include_usage"] = json!(true);
        }
        prop_assert_eq!(rewritten, expected);
    }
}
