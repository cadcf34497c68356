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

/// How a value within a prompt is read.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Text,
    /// Text, of which numbers are tokens.
    Tokens,
    Json,
}

/// The prompt by the same rules, of a value that is there as a whole: no files.
fn prompt(value: &Value, read: As, text: &mut Weight) {
    if read == As::Json {
        match value {
            Value::String(_) => text.add_text(b"'"),
            Value::Array(_) | Value::Object(_) | Value::Null => text.add(Weight::of_tokens(1)),
            Value::Bool(_) | Value::Number(_) => {}
        }
    }
    match value {
        Value::Null => {}
        Value::Number(number) if read != As::Tokens && number.to_string().len() > 1 => {
            text.add_text(number.to_string().replace(|_| true, "0").as_bytes());
        }
        Value::Bool(_) | Value::Number(_) => text.add(Weight::of_tokens(1)),
        Value::String(string) => text.add_text(string.as_bytes()),
        Value::Array(items) => items.iter().for_each(|item| prompt(item, read, text)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            text.add_text(name.as_bytes());
            text.add_text(if read == As::Json { b"'" } else { b"" });
            prompt(value, read, text);
        }),
    }
}

/// Which of a body's members is a prompt, and which are of no consequence to it.
fn members(api: Api) -> (&'static str, &'static [&'static str]) {
    match api {
        Api::OpenAiChat => {
            ("messages", &["model", "stream", "stream_options", "max_tokens", "max_completion_tokens", "n", "metadata"])
        }
        Api::OpenAiResponses => ("input", &["model", "stream", "stream_options", "max_output_tokens", "metadata"]),
        Api::OpenAiEmbeddings => ("input", &["model"]),
        Api::AnthropicMessages => ("messages", &["model", "stream", "max_tokens", "metadata"]),
        Api::Gemini => ("contents", &["model", "generationConfig"]),
        Api::BedrockConverse => ("messages", &["inferenceConfig"]),
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

/// A part of a prompt of Anthropic's: its members but for the type, the type, and what it comes to: images, tokens of files,
/// and whether it is elsewhere.
fn part() -> impl Strategy<Value = (String, &'static str, u64, u64, bool)> {
    let bytes = "[A-Za-z0-9+/]{0,40}".prop_flat_map(|bytes| (Just(bytes), 0_usize..2000));
    let bytes = bytes.prop_map(|(bytes, times)| format!("JVBERi0{}", bytes.repeat(times)));
    prop_oneof![
        any::<String>().prop_map(|text| (format!(r#""text":{}"#, json!(text)), "text", 0, 0, false)),
        Just((r#""source":{"type":"url","url":"https://x/y"}"#.to_owned(), "image", 1, 0, false)),
        Just((r#""source":{"type":"file","file_id":"f"}"#.to_owned(), "image", 1, 0, false)),
        Just((r#""source":{"url":"https://x/y","type":"url"}"#.to_owned(), "document", 0, 8192, true)),
        Just((r#""source":{"file_id":"f","type":"file"},"title":"a b""#.to_owned(), "document", 0, 8192, true)),
        bytes.clone().prop_map(|bytes| {
            (format!(r#""source":{{"media_type":"image/png","data":"{bytes}"}}"#), "image", 1, 0, false)
        }),
        bytes.prop_map(|bytes| {
            let tokens = match u64::try_from(bytes.len() + "application/pdfbase64".len()).unwrap() {
                ..=512 => 0,
                length => length.div_ceil(16).max(8192),
            };
            let source = format!(r#""source":{{"data":"{bytes}","media_type":"application/pdf","type":"base64"}}"#);
            (source, "document", 0, tokens, false)
        }),
        any::<String>().prop_map(|text| {
            let source = format!(r#""source":{{"data":{},"type":"text"}}"#, json!(text));
            (source, "document", 0, 0, false)
        }),
    ]
}

proptest! {
    #[test]
    fn calls_are_read_as_they_are(api in proptest::sample::select(Api::ALL.to_vec()), body in body(), is_pretty: bool) {
        let text = if is_pretty { serde_json::to_string_pretty(&body).unwrap() } else { body.to_string() };
        let call = read(api, &text).unwrap();
        let expected = oracle(api, &body);
        let mut tokens = Weight::of_tokens(CALL_TOKENS);
        let (prompted, of_no_consequence) = members(api);
        let has_tools = !matches!(api, Api::OpenAiEmbeddings | Api::BedrockConverse);
        for (name, value) in body.as_object().unwrap() {
            match &**name {
                name if name == prompted && api == Api::OpenAiEmbeddings => prompt(value, As::Tokens, &mut tokens),
                name if name == prompted => prompt(value, As::Text, &mut tokens),
                name if of_no_consequence.contains(&name) => {}
                "tools" if has_tools => prompt(value, As::Json, &mut tokens),
                name => {
                    tokens.add_text(format!("{name}'").as_bytes());
                    prompt(value, As::Json, &mut tokens);
                }
            }
        }
        if has_tools && has_object(&body["tools"]) {
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
    fn files_are_what_they_say_in_whichever_order(
        parts in proptest::collection::vec((part(), 0_u8..4), 0..8), is_nested: bool,
    ) {
        let (mut content, mut expected) = (Vec::new(), (0, 0, false));
        for ((members, kind, images, tokens, is_elsewhere), order) in parts {
            let cached = r#""cache_control":{"type":"ephemeral"}"#;
            content.push(match order {
                0 => format!(r#"{{"type":"{kind}",{members}}}"#),
                1 => format!(r#"{{{members},"type":"{kind}"}}"#),
                2 => format!(r#"{{{members},{cached},"type":"{kind}"}}"#),
                _ => format!(r#"{{"type":"{kind}",{cached},{members}}}"#),
            });
            expected = (expected.0 + images, expected.1 + tokens, expected.2 || is_elsewhere);
        }
        let content = content.join(",");
        let content = if is_nested { format!(r#"{{"type":"tool_result","content":[{content}]}}"#) } else { content };
        let call = read(Api::AnthropicMessages, format!(r#"{{"messages":[{{"content":[{content}]}}]}}"#)).unwrap();
        prop_assert_eq!((call.images, call.file_tokens, call.is_partial), expected);
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
