//! What prompts are estimated at.

use super::*;

/// Of text, images, and of files.
fn prompt(api: Api, body: &str) -> (u64, u64, u64) {
    let call = read(api, body).unwrap();
    (call.prompt_tokens, call.images, call.file_tokens)
}

#[test]
fn text_and_names_count_and_what_the_model_does_not_read_does_not() {
    // In sixteenths of a token: role 16, user 16, content 28, abcdefgh 32; and four tokens for the call.
    let messages = r#""messages":[{"role":"user","content":"abcdefgh"}]"#;
    assert_eq!(prompt(Api::OpenAiChat, &format!("{{{messages}}}")), (4 + 6, 0, 0));
    let more = r#""user":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa","metadata":{"messages":"bbbbbbbbbbbbbbb"},"seed":12345"#;
    assert_eq!(prompt(Api::OpenAiChat, &format!("{{{messages},{more}}}")), (4 + 6, 0, 0));
    // Of JSON, names 10, abcdefgh 32, true 16, three pairs of quotes 24, two of brackets 32.
    let tools = r#""tools":[{"name":"abcdefgh","strict":true}]"#;
    assert_eq!(prompt(Api::OpenAiChat, &format!("{{{messages},{tools}}}")), (4 + 6 + 90 + 9, 0, 0));
    assert_eq!(prompt(Api::OpenAiChat, &format!("{{{messages},\"tools\":[]}}")), (4 + 6 + 1, 0, 0));
}

#[test]
fn escapes_change_nothing() {
    let plain = r#"{"messages":[{"role":"user","content":"Grüße, 你好 🦀 \"a\" /"}]}"#;
    let escaped = r#"{"messages":[{"role":"user","content":"Gr\u00fc\u00DFe, \u4f60\u597d \ud83e\udd80 \"a\" \/"}]}"#;
    assert_eq!(prompt(Api::OpenAiChat, plain), prompt(Api::OpenAiChat, escaped));
}

#[test]
fn images_are_told_from_sounds() {
    let kinds = |data: &str| {
        let body = format!(r#"{{"contents":[{{"parts":[{{"inlineData":{{"data":"{data}"}}}}]}}]}}"#);
        let (_, images, files) = prompt(Api::Gemini, &body);
        (images, files)
    };
    for image in ["iVBORw0KGgoAAAANSUhEUg==", "/9j/4AAQSkZJRg==", "R0lGODlhAQABAIAAAA==", "UklGRiQAAABXRUJQVlA4"] {
        assert_eq!(kinds(image), (1, 0), "{image}");
    }
    for other in ["UklGRiQAAABXQVZFZm10IA==", "JVBERi0xLjQK", "SUQzBAAAAAAA"] {
        let long = other.trim_end_matches('=').to_owned() + &"A".repeat(1000);
        assert_eq!(kinds(&long), (0, 8192), "{other}");
    }
    for short in ["UklGR", ""] {
        assert_eq!(kinds(short), (0, 0), "{short}");
    }
}

#[test]
fn images_count_whatever_they_weigh() {
    let bytes = "iVBORw0KGgo".to_owned() + &"A".repeat(400_000);
    for (api, body) in [
        (
            Api::OpenAiChat,
            r#"{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,BYTES"}}]}]}"#,
        ),
        (
            Api::OpenAiChat,
            r#"{"messages":[{"content":[{"type":"image_url","image_url":{"url":"https://x/y","detail":"high"}}]}]}"#,
        ),
        (
            Api::OpenAiResponses,
            r#"{"input":[{"content":[{"type":"input_image","image_url":"data:image\/png;base64,BYTES"}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"BYTES"}}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"tool_result","content":[{"type":"image","source":{"data":"BYTES","type":"base64"}}]}]}]}"#,
        ),
        (Api::Gemini, r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"BYTES"}}]}]}"#),
        (Api::Gemini, r#"{"contents":[{"parts":[{"inline_data":{"mime_type":"image/webp","data":"BYTES"}}]}]}"#),
        (Api::BedrockConverse, r#"{"messages":[{"content":[{"image":{"format":"png","source":{"bytes":"BYTES"}}}]}]}"#),
    ] {
        let (tokens, images, files) = prompt(api, &body.replace("BYTES", &bytes));
        assert_eq!((images, files), (1, 0), "{body}");
        assert!(tokens < 40, "{tokens} {body}");
    }
}

#[test]
fn other_files_are_told_by_their_size() {
    for (api, share, body) in [
        (
            Api::OpenAiChat,
            16,
            r#"{"messages":[{"content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BYTES"}}]}]}"#,
        ),
        (
            Api::OpenAiChat,
            16,
            r#"{"messages":[{"content":[{"type":"file","file":{"file_data":"data:application/pdf;name=my file.pdf;base64,BYTES"}}]}]}"#,
        ),
        (
            Api::OpenAiChat,
            128,
            r#"{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"BYTES","format":"wav"}}]}]}"#,
        ),
        (
            Api::OpenAiResponses,
            16,
            r#"{"input":[{"content":[{"type":"input_file","filename":"a.pdf","file_data":"BYTES"}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            16,
            r#"{"messages":[{"content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"BYTES"}}]}]}"#,
        ),
        (Api::Gemini, 128, r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"video/mp4","data":"BYTES"}}]}]}"#),
        (
            Api::BedrockConverse,
            16,
            r#"{"messages":[{"content":[{"document":{"format":"pdf","name":"my file","source":{"bytes":"BYTES"}}}]}]}"#,
        ),
        (
            Api::BedrockConverse,
            128,
            r#"{"messages":[{"content":[{"video":{"format":"mp4","source":{"bytes":"BYTES"}}}]}]}"#,
        ),
    ] {
        for repeated in [100, 40_000, 400_000] {
            let bytes = "JVBERi0xLjQK".repeat(repeated);
            let whole = body.replace("BYTES", &bytes);
            let (tokens, images, files) = prompt(api, &whole);
            assert_eq!(images, 0, "{body}");
            assert!(tokens < 50, "{tokens} {body}");
            let expected = (u64::try_from(bytes.len()).unwrap() / share).max(8192);
            assert!((expected..expected + 10).contains(&files), "{files} {expected} {body}");
            assert!(!read(api, whole).unwrap().is_partial, "{body}");
        }
    }
}

#[test]
fn what_clients_call_a_file_changes_nothing() {
    let bytes = "JVBERi0xLjQK".repeat(40_000);
    for (api, body) in [
        (Api::OpenAiResponses, r#"{"input":[{"type":"input_file","filename":"image","file_data":"BYTES"}]}"#),
        (
            Api::OpenAiChat,
            r#"{"messages":[{"content":[{"type":"file","file":{"filename":"audio/x","file_data":"BYTES"}}]}]}"#,
        ),
        (
            Api::OpenAiChat,
            r#"{"messages":[{"content":[{"type":"file","file":{"filename":"text","file_data":"data:application/pdf;base64,BYTES"}}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"document","source":{"media_type":"image/png","media_type":"application/pdf","data":"BYTES"}}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"image","type":"document","source":{"type":"base64","data":"BYTES"}}]}]}"#,
        ),
        (
            Api::Gemini,
            r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"application\/pdf","mime_type":"image/png","data":"BYTES"}}]}]}"#,
        ),
    ] {
        let (tokens, images, files) = prompt(api, &body.replace("BYTES", &bytes));
        assert_eq!(files / 10, 3000, "{files} {body}");
        assert!(tokens < 50 && images <= 1, "{tokens} {images} {body}");
    }
}

#[test]
fn files_that_are_elsewhere_are_told() {
    for (api, body) in [
        (Api::OpenAiChat, r#"{"messages":[{"content":[{"type":"file","file":{"file_id":"file-1"}}]}]}"#),
        (Api::OpenAiChat, r#"{"messages":[{"role":"assistant","audio":{"id":"audio_1"}}]}"#),
        (Api::OpenAiResponses, r#"{"input":[{"content":[{"type":"input_file","file_id":"file-1"}]}]}"#),
        (Api::OpenAiResponses, r#"{"input":[{"content":[{"type":"input_file","file_url":"https://x/a.pdf"}]}]}"#),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"document","title":"a b","source":{"type":"url","url":"https://x/a.pdf"}}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"source":{"type":"file","file_id":"f"},"type":"document"},{"type":"image"}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"source":{"type":"file","file_id":"f"},"x":{"type":"image"}}]}]}"#,
        ),
        (Api::Gemini, r#"{"contents":[{"parts":[{"fileData":{"mimeType":"application/pdf","fileUri":"gs://b/o"}}]}]}"#),
        (
            Api::BedrockConverse,
            r#"{"messages":[{"content":[{"document":{"format":"pdf","name":"a b","source":{"s3Location":{"uri":"s3://b/o"}}}}]}]}"#,
        ),
        (
            Api::BedrockConverse,
            r#"{"messages":[{"content":[{"video":{"source":{"s3Location":{"uri":"s3://b/o"}}}}]}]}"#,
        ),
    ] {
        let call = read(api, body).unwrap();
        assert_eq!((call.images, call.file_tokens, call.is_partial), (0, 8192, true), "{body}");
    }
    for (api, body) in [
        (Api::OpenAiChat, r#"{"messages":[{"role":"assistant","audio":null,"content":"x"}]}"#),
        (
            Api::OpenAiResponses,
            r#"{"input":[{"type":"input_file","file_id":null,"file_url":null,"file_data":"JVBE"}]}"#,
        ),
    ] {
        let call = read(api, body).unwrap();
        assert_eq!((call.images, call.file_tokens, call.is_partial), (0, 0, false), "{body}");
    }
    // Images have bounds wherever they are.
    for (api, body) in [
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"image","source":{"type":"url","url":"https://x/y.png"}},{"type":"text","text":"x"}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}"#,
        ),
        (Api::OpenAiResponses, r#"{"input":[{"content":[{"type":"input_image","image_url":"https://x/y"}]}]}"#),
        (Api::Gemini, r#"{"contents":[{"parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://b/o"}}]}]}"#),
    ] {
        let call = read(api, body).unwrap();
        assert_eq!((call.images, call.file_tokens, call.is_partial), (1, 0, false), "{body}");
    }
}

#[test]
fn files_of_text_weigh_as_text_however_they_begin() {
    let prose = "Introduction\\nThis is a plain text, and long. ".to_owned() + &"A plain text, and long. ".repeat(4000);
    let slug = "introduction-this-is-a-plain-text-and-long-".repeat(4000);
    for (api, body) in [
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"TEXT"}}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"document","source":{"data":"TEXT","media_type":"text\/plain"}}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"document","source":{"type":"content","content":"TEXT"}}]}]}"#,
        ),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"document","source":{"content":[{"type":"text","text":"TEXT"}],"type":"content"}}]}]}"#,
        ),
        (
            Api::BedrockConverse,
            r#"{"messages":[{"content":[{"document":{"format":"pdf","name":"a","source":{"text":"TEXT"}}}]}]}"#,
        ),
        (
            Api::BedrockConverse,
            r#"{"messages":[{"content":[{"document":{"format":"pdf","name":"a","source":{"content":[{"text":"TEXT"}]}}}]}]}"#,
        ),
        (
            Api::OpenAiChat,
            r#"{"messages":[{"content":[{"type":"file","file":{"file_data":"data:text/plain;base64,TEXT"}}]}]}"#,
        ),
        (
            Api::BedrockConverse,
            r#"{"messages":[{"content":[{"document":{"format":"csv","name":"a","source":{"bytes":"TEXT"}}}]}]}"#,
        ),
        (Api::Gemini, r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"text/csv","data":"TEXT"}}]}]}"#),
    ] {
        for text in [&prose, &slug] {
            let whole = body.replace("TEXT", text);
            let beside = body.replace("TEXT", "");
            let mut weight = Weight::default();
            weight.add_text(text.replace("\\n", "\n").as_bytes());
            let (tokens, images, files) = prompt(api, &whole);
            assert_eq!((images, files), (0, 0), "{body}");
            let difference = tokens.abs_diff(weight.tokens() + prompt(api, &beside).0);
            assert!(difference <= 1, "{difference} {body}");
            assert!(!read(api, whole).unwrap().is_partial, "{body}");
        }
    }
    // Text that is not said to be text, where some take it and some do not.
    let body = format!(r#"{{"input":[{{"content":[{{"type":"input_file","file_data":"{prose}"}}]}}]}}"#);
    let (tokens, _, files) = prompt(Api::OpenAiResponses, &body);
    assert!(tokens > 20_000 && files == 0, "{tokens} {files}");
    // Images within a document are images.
    let image = format!(r#"{{"type":"image","source":{{"type":"base64","data":"iVBORw0{}"}}}}"#, "A".repeat(100_000));
    let body = format!(
        r#"{{"messages":[{{"content":[{{"type":"document","source":{{"type":"content","content":[{image},{image}]}}}}]}}]}}"#
    );
    let (tokens, images, files) = prompt(Api::AnthropicMessages, &body);
    assert_eq!((images, files), (2, 0));
    assert!(tokens < 60, "{tokens}");
    // A source that is cited is no file.
    let cited = r#"{"messages":[{"content":[{"type":"search_result","source":"https://x/y","title":"t","content":[{"type":"text","text":"abc"}]}]}]}"#;
    let call = read(Api::AnthropicMessages, cited).unwrap();
    assert_eq!((call.file_tokens, call.is_partial), (0, false));
}

#[test]
fn numbers_weigh_by_their_digits_and_json_by_what_holds_it_together() {
    let digits = "7".repeat(4000);
    for (api, body) in [
        (Api::AnthropicMessages, r#"{"messages":[{"content":[{"type":"tool_use","input":[JSON]}]}]}"#),
        (Api::Gemini, r#"{"contents":[{"parts":[{"functionCall":{"args":{"a":[JSON]}}}]}]}"#),
        (Api::BedrockConverse, r#"{"messages":[{"content":[{"toolResult":{"content":[{"json":[JSON]}]}}]}]}"#),
        (Api::OpenAiChat, r#"{"tools":[{"function":{"parameters":{"enum":[JSON]}}}]}"#),
        (Api::OpenAiResponses, r#"{"text":{"format":{"schema":{"enum":[JSON]}}}}"#),
    ] {
        let empty = prompt(api, &body.replace("JSON", "")).0;
        for (json, least) in [
            (format!("{digits},{digits}"), 4000),
            (format!("-{digits}.{digits}e10"), 4000),
            (vec!["[]"; 1000].join(","), 1000),
            (vec!["{}"; 1000].join(","), 1000),
            (vec!["null"; 1000].join(","), 1000),
            (vec!["true"; 1000].join(","), 1000),
            (vec!["7"; 1000].join(","), 1000),
            (vec!["\"\""; 1000].join(","), 500),
            (vec![r#"{"":""}"#; 1000].join(","), 2000),
        ] {
            let tokens = prompt(api, &body.replace("JSON", &json)).0 - empty;
            assert!((least..least + 10).contains(&tokens), "{tokens} {body} {}", json.get(..20).unwrap());
        }
    }
}

#[test]
fn members_that_nobody_knows_are_read_by_the_model_and_those_known_to_do_no_harm_are_not() {
    let text = "word ".repeat(1000);
    for (api, body) in [
        (Api::OpenAiChat, r#"{"prediction":{"type":"content","content":"TEXT"}}"#),
        (Api::OpenAiChat, r#"{"guided_json":{"description":"TEXT"}}"#),
        (Api::OpenAiChat, r#"{"documents":[{"TEXT":1}]}"#),
        (Api::OpenAiResponses, r#"{"x":"TEXT"}"#),
        (Api::OpenAiEmbeddings, r#"{"instruction":"TEXT"}"#),
        (Api::AnthropicMessages, r#"{"output_config":{"format":{"schema":{"description":"TEXT"}}}}"#),
        (Api::Gemini, r#"{"generationConfig":{"responseSchema":{"description":"TEXT"}}}"#),
        (Api::Gemini, r#"{"generation_config":{"response_json_schema":{"description":"TEXT"}}}"#),
        (Api::BedrockConverse, r#"{"additionalModelRequestFields":{"x":["TEXT"]}}"#),
        (Api::BedrockConverse, r#"{"inferenceConfig":{"x":"TEXT"}}"#),
    ] {
        let tokens = prompt(api, &body.replace("TEXT", &text)).0;
        assert!(tokens > 1100, "{tokens} {body}");
    }
    for (api, body) in [
        (Api::OpenAiChat, r#"{"metadata":{"a":"TEXT"},"user":"TEXT","stop":["TEXT"],"logit_bias":{"1":2}}"#),
        (Api::OpenAiResponses, r#"{"metadata":{"a":"TEXT"},"include":["TEXT"],"reasoning":{"effort":"low"}}"#),
        (Api::AnthropicMessages, r#"{"metadata":{"user_id":"TEXT"},"thinking":{"budget_tokens":5},"top_k":1}"#),
        (Api::Gemini, r#"{"safetySettings":["TEXT"],"generationConfig":{"stopSequences":["TEXT"],"topK":7}}"#),
        (Api::BedrockConverse, r#"{"requestMetadata":{"a":"TEXT"},"inferenceConfig":{"stopSequences":["TEXT"]}}"#),
    ] {
        assert_eq!(prompt(api, &body.replace("TEXT", &text)), (4, 0, 0), "{body}");
    }
}

#[test]
fn what_tools_are_called_with_is_text_whatever_its_names_are() {
    let input = r#"{"image_url":"https://x","source":{"file_id":"abc"},"file":{"image":"AAAA"}}"#;
    for (api, body) in [
        (Api::AnthropicMessages, format!(r#"{{"messages":[{{"content":[{{"type":"tool_use","input":{input}}}]}}]}}"#)),
        (Api::Gemini, format!(r#"{{"contents":[{{"parts":[{{"functionCall":{{"name":"f","args":{input}}}}}]}}]}}"#)),
        (Api::BedrockConverse, format!(r#"{{"messages":[{{"content":[{{"toolUse":{{"input":{input}}}}}]}}]}}"#)),
        (Api::OpenAiChat, format!(r#"{{"tools":[{input}]}}"#)),
    ] {
        let (tokens, images, files) = prompt(api, &body);
        assert_eq!((images, files), (0, 0), "{body}");
        assert!(tokens > 15, "{body}");
    }
}

#[test]
fn several_files_are_several() {
    let part = r#"{"type":"image_url","image_url":{"url":"https://x/y"}}"#;
    let body = format!(
        r#"{{"messages":[{{"content":[{part},{part},{{"type":"text","text":"x"}},{part}]}},{{"content":[{part}]}}]}}"#
    );
    assert_eq!(prompt(Api::OpenAiChat, &body).1, 4);
    let file = r#"{"type":"input_file","file_id":"f"}"#;
    let body = format!(r#"{{"input":[{{"content":[{file},{{"type":"input_image","image_url":"data:x"}},{file}]}}]}}"#);
    let (_, images, files) = prompt(Api::OpenAiResponses, &body);
    assert_eq!((images, files), (1, 2 * 8192));
}
