//! What prompts are estimated at.

use super::*;

fn prompt(api: Api, body: &str) -> (u64, u64, u64) {
    let call = read(api, body).unwrap();
    (call.prompt_tokens - call.images * IMAGE_TOKENS - call.files * FILE_TOKENS, call.images, call.files)
}

#[test]
fn text_and_names_count_and_what_the_model_does_not_read_does_not() {
    // In sixteenths of a token: role 16, user 16, content 28, abcdefgh 32; and four tokens for the call.
    let messages = r#""messages":[{"role":"user","content":"abcdefgh"}]"#;
    assert_eq!(prompt(Api::OpenAiChat, &format!("{{{messages}}}")), (4 + 6, 0, 0));
    let more = r#""user":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa","metadata":{"messages":"bbbbbbbbbbbbbbb"},"seed":12345"#;
    assert_eq!(prompt(Api::OpenAiChat, &format!("{{{messages},{more}}}")), (4 + 6, 0, 0));
    let tools = r#""tools":[{"name":"abcdefgh","strict":true}]"#;
    assert_eq!(prompt(Api::OpenAiChat, &format!("{{{messages},{tools}}}")), (4 + 6 + 90 + 6, 0, 0));
    assert_eq!(prompt(Api::OpenAiChat, &format!("{{{messages},\"tools\":[]}}")), (4 + 6, 0, 0));
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
    for other in ["UklGRiQAAABXQVZFZm10IA==", "JVBERi0xLjQK", "SUQzBAAAAAAA", "UklGR", ""] {
        assert_eq!(kinds(other), (0, 1), "{other}");
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
fn other_files_are_counted_and_told() {
    let bytes = "JVBERi0xLjQK".repeat(40_000);
    for (api, body) in [
        (
            Api::OpenAiChat,
            r#"{"messages":[{"content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BYTES"}}]}]}"#,
        ),
        (Api::OpenAiChat, r#"{"messages":[{"content":[{"type":"file","file":{"file_id":"file-1"}}]}]}"#),
        (
            Api::OpenAiChat,
            r#"{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"BYTES","format":"wav"}}]}]}"#,
        ),
        (Api::OpenAiResponses, r#"{"input":[{"content":[{"type":"input_file","file_id":"file-1"}]}]}"#),
        (Api::OpenAiResponses, r#"{"input":[{"content":[{"type":"input_file","file_url":"https://x/a.pdf"}]}]}"#),
        (
            Api::AnthropicMessages,
            r#"{"messages":[{"content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"BYTES"}}]}]}"#,
        ),
        (Api::Gemini, r#"{"contents":[{"parts":[{"fileData":{"mimeType":"application/pdf","fileUri":"gs://b/o"}}]}]}"#),
        (
            Api::BedrockConverse,
            r#"{"messages":[{"content":[{"document":{"format":"pdf","name":"a","source":{"bytes":"BYTES"}}}]}]}"#,
        ),
        (
            Api::BedrockConverse,
            r#"{"messages":[{"content":[{"video":{"source":{"s3Location":{"uri":"s3://b/o"}}}}]}]}"#,
        ),
    ] {
        let (tokens, images, files) = prompt(api, &body.replace("BYTES", &bytes));
        assert_eq!((images, files), (0, 1), "{body}");
        assert!(tokens < 40, "{tokens} {body}");
        assert!(read(api, body).unwrap().has_files());
    }
}

#[test]
fn files_of_text_are_text_beside() {
    let text = "A plain text, and long. ".repeat(1000);
    let source = format!(
        r#"{{"messages":[{{"content":[{{"type":"document","source":{{"type":"text","media_type":"text/plain","data":"{text}"}}}},
            {{"type":"text","text":"What is it?"}}]}}]}}"#
    );
    let (tokens, images, files) = prompt(Api::AnthropicMessages, &source);
    assert_eq!((images, files), (0, 1));
    assert!((5_000..8_000).contains(&tokens), "{tokens}");
    // A source that is cited is no file.
    let cited = r#"{"messages":[{"content":[{"type":"search_result","source":"https://x/y","title":"t","content":[{"type":"text","text":"abc"}]}]}]}"#;
    assert_eq!(prompt(Api::AnthropicMessages, cited).2, 0);
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
    assert_eq!(prompt(Api::OpenAiResponses, &body), (prompt(Api::OpenAiResponses, &body).0, 1, 2));
}
