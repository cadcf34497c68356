//! Answers as the providers' own documentation and clients show them.

use super::*;

fn usage(input: u64, cached: u64, cache_written: u64, output: u64, reasoning: u64) -> Option<Usage> {
    Some(Usage { input, cached, cache_written, output, reasoning })
}

/// Reads a body torn at every place and tells the same every time.
fn ended(api: Api, head: &Head<'_>, body: &[u8]) -> Ended {
    let whole = read(api, head, [body]);
    for pieces in torn(body) {
        assert_eq!(read(api, head, pieces), whole);
    }
    assert_eq!(read(api, head, body.chunks(1)), whole);
    whole
}

fn sse(events: &[&str]) -> Vec<u8> {
    events.iter().flat_map(|event| format!("data: {event}\n\n").into_bytes()).collect()
}

const CHUNK: &str = r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1755137921,"model":"gpt-5-nano","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":" quick"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"WuQ"}"#;
const USAGE_CHUNK: &str = r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1755137921,"model":"gpt-5-nano","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":100,"total_tokens":112,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":64,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"obfuscation":"t9"}"#;

#[test]
fn chat_streams_report_usage_in_a_chunk_of_its_own() {
    let body = sse(&[CHUNK, CHUNK, USAGE_CHUNK, "[DONE]"]);
    let whole = ended(Api::OpenAiChat, &EVENTS, &body);
    assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(12, 4, 0, 100, 64)));
    // The word at the end adds nothing.
    let cut = ended(Api::OpenAiChat, &EVENTS, &sse(&[CHUNK, CHUNK, USAGE_CHUNK]));
    assert_eq!(cut, whole);
    // Without the empty line, too, all is said.
    let body = sse(&[CHUNK, CHUNK, USAGE_CHUNK]);
    assert_eq!(ended(Api::OpenAiChat, &EVENTS, body.strip_suffix(b"\n\n").unwrap()), whole);
}

#[test]
fn chat_streams_that_are_cut_short_are_estimated() {
    let cut = ended(Api::OpenAiChat, &EVENTS, &sse(&[CHUNK, CHUNK]));
    assert_eq!((cut.ending, cut.usage, cut.streamed_tokens), (Ending::CutShort, None, 3));
    let spent = cut.spent(20).unwrap();
    assert_eq!((spent.usage.input, spent.usage.output, spent.is_exact), (20, 3, false));
    // So are those that end without saying what they used.
    let silent = ended(Api::OpenAiChat, &EVENTS, &sse(&[CHUNK, CHUNK, "[DONE]"]));
    assert_eq!((silent.ending, silent.usage), (Ending::Complete, None));
    assert_eq!(silent.spent(20), None, "who knows what it thought");
}

#[test]
fn answers_of_another_api_say_nothing() {
    let responses = r#"{"id":"resp_1","object":"response","status":"completed","model":"gpt-4o","items":[]}"#;
    let created = r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message"}}"#;
    for (api, head, body) in [
        (Api::OpenAiChat, &JSON, responses.as_bytes().to_vec()),
        (Api::OpenAiChat, &EVENTS, sse(&[created, created])),
        (Api::OpenAiChat, &EVENTS, sse(&[created, "[DONE]"])),
        (Api::AnthropicMessages, &EVENTS, sse(&[CHUNK, CHUNK])),
        (Api::Gemini, &JSON, b"{}".to_vec()),
        (Api::Gemini, &JSON, b"[]".to_vec()),
        (Api::BedrockConverse, &FRAMES, frame("x", CHUNK.as_bytes())),
    ] {
        let foreign = ended(api, head, &body);
        assert_eq!((foreign.ending, foreign.usage, foreign.spent(9)), (Ending::Unreadable, None, None), "{api:?}");
    }
    // What breaks off before it says anything may have been of any API, and a failure is one of each.
    for (api, head, body) in [
        (Api::OpenAiChat, &JSON, b"{\"id\":\"1\",".to_vec()),
        (Api::OpenAiChat, &EVENTS, sse(&[])),
        (Api::OpenAiChat, &EVENTS, sse(&[r#"{"error":{"message":"overloaded"}}"#])),
        (Api::AnthropicMessages, &EVENTS, sse(&[r#"{"type":"error","error":{"message":"overloaded"}}"#])),
        (Api::BedrockConverse, &FRAMES, frame("messageStart", br#"{"p":"abcd","role":"assistant"}"#)),
    ] {
        let cut = ended(api, head, &body);
        let spent = cut.spent(9).map(|spent| (spent.usage.total(), spent.is_exact));
        assert_eq!((cut.ending, spent), (Ending::CutShort, Some((9, false))), "{api:?}");
    }
}

#[test]
fn chat_streams_may_report_usage_with_every_chunk() {
    let chunk = |output: u64| {
        CHUNK.replace(
            "\"usage\":null",
            &format!(
                "\"usage\":{{\"prompt_tokens\":7,\"completion_tokens\":{output},\"total_tokens\":{}}}",
                7 + output
            ),
        )
    };
    let cut = ended(Api::OpenAiChat, &EVENTS, &sse(&[&chunk(1), &chunk(2)]));
    assert_eq!((cut.ending, cut.usage), (Ending::CutShort, usage(7, 0, 0, 2, 0)));
    let whole = ended(Api::OpenAiChat, &EVENTS, &sse(&[&chunk(1), &chunk(2), "[DONE]"]));
    assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(7, 0, 0, 2, 0)));
}

#[test]
fn chat_answers_report_usage() {
    let body = br#"{"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"message":
        {"role":"assistant","content":"Hello \"usage\":{\"prompt_tokens\":1}!","tool_calls":[{"id":"call_1","type":"function",
        "function":{"name":"get_weather","arguments":"{\"city\":\"Paris\"}"}}]},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29}}"#;
    let whole = ended(Api::OpenAiChat, &JSON, body);
    assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(19, 0, 0, 10, 0)));
    let cut = ended(Api::OpenAiChat, &JSON, body.get(..200).unwrap());
    assert_eq!((cut.ending, cut.usage), (Ending::CutShort, None));
    assert!(cut.streamed_tokens > 0);
}

#[test]
fn embeddings_have_no_output() {
    let body = br#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0023,-0.009,1e-5]}],
        "model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}"#;
    let whole = ended(Api::OpenAiEmbeddings, &JSON, body);
    assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(8, 0, 0, 0, 0)));
}

#[test]
fn responses_report_usage_in_the_event_that_ends_them() {
    let created = r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","status":"in_progress","output":[],"usage":null}}"#;
    let delta = r#"{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","delta":"Hi there"}"#;
    let done = r#"{"type":"response.output_text.done","sequence_number":5,"item_id":"msg_1","text":"Hi there"}"#;
    for end in ["completed", "incomplete", "failed"] {
        let end = format!(
            r#"{{"type":"response.{end}","response":{{"id":"resp_1","status":"{end}","output":[{{"type":"message","content":[{{"type":"output_text","text":"Hi there"}}]}}],"usage":{{"input_tokens":37,"input_tokens_details":{{"cached_tokens":5,"cache_write_tokens":6}},"output_tokens":11,"output_tokens_details":{{"reasoning_tokens":3}},"total_tokens":48}}}}}}"#
        );
        let body = sse(&[created, delta, done, &end]);
        let whole = ended(Api::OpenAiResponses, &EVENTS, &body);
        assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(37, 5, 6, 11, 3)));
        // The text that comes three times counts once.
        assert_eq!(whole.streamed_tokens, 2);
    }
    let cut = ended(Api::OpenAiResponses, &EVENTS, &sse(&[created, delta]));
    assert_eq!((cut.ending, cut.usage, cut.streamed_tokens), (Ending::CutShort, None, 2));

    let body = br#"{"id":"resp_1","status":"completed","output":[{"type":"reasoning","summary":[]},{"type":"message",
        "content":[{"type":"output_text","text":"Hi"}]}],"usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}"#;
    let whole = ended(Api::OpenAiResponses, &JSON, body);
    assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(3, 0, 0, 4, 0)));
}

#[test]
fn messages_report_the_prompt_first_and_what_was_written_as_it_grows() {
    let event = |name: &str, data: &str| format!("event: {name}\r\ndata: {data}\r\n\r\n");
    let start = event(
        "message_start",
        r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":300,"cache_read_input_tokens":4000,"output_tokens":1,"service_tier":"standard"}}}"#,
    );
    let text = event(
        "content_block_delta",
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello there, Alice"}}"#,
    );
    let ping = event("ping", r#"{"type": "ping"}"#);
    let delta = event(
        "message_delta",
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15,"output_tokens_details":{"thinking_tokens":6}}}"#,
    );
    let stop = event("message_stop", r#"{"type":"message_stop"}"#);
    let whole = [&*start, &ping, &text, &delta, &stop].concat();
    let whole = ended(Api::AnthropicMessages, &EVENTS, whole.as_bytes());
    assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(4325, 4000, 300, 15, 6)));

    let cut = [&*start, &text].concat();
    let cut = ended(Api::AnthropicMessages, &EVENTS, cut.as_bytes());
    assert_eq!((cut.ending, cut.usage), (Ending::CutShort, usage(4325, 4000, 300, 1, 0)));
    let spent = cut.spent(9).unwrap();
    assert_eq!((spent.usage.input, spent.usage.output, spent.is_exact), (4325, 5, false));

    let error = event("error", r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#);
    let failed = ended(Api::AnthropicMessages, &EVENTS, [start, text, error].concat().as_bytes());
    assert_eq!(failed, cut);
}

#[test]
fn messages_count_rounds_that_are_in_no_other_number() {
    let body =
        br#"{"type":"message","role":"assistant","stop_reason":"end_turn","content":[{"type":"text","text":"x"}],
        "usage":{"input_tokens":23000,"output_tokens":1000,"iterations":[
            {"type":"compaction","input_tokens":180000,"cache_read_input_tokens":10,"output_tokens":3500},
            {"type":"message","input_tokens":23000,"output_tokens":1000}]}}"#;
    let whole = ended(Api::AnthropicMessages, &JSON, body);
    assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(203_010, 0, 0, 4500, 0)));
}

#[test]
fn gemini_streams_report_usage_again_and_again() {
    let chunk = |text: &str, more: &str, usage: &str| {
        format!(
            r#"{{"candidates":[{{"content":{{"role":"model","parts":[{{"text":"{text}"}}]}},"index":0{more}}}],"usageMetadata":{usage},"modelVersion":"gemini-2.5-flash"}}"#
        )
    };
    let chunks = [
        chunk("Hello", "", r#"{"promptTokenCount":10,"totalTokenCount":10,"trafficType":"ON_DEMAND"}"#),
        chunk(" wide", "", r#"{"trafficType":"ON_DEMAND"}"#),
        chunk(
            " world",
            r#","finishReason":"STOP""#,
            r#"{"promptTokenCount":10,"cachedContentTokenCount":6,"candidatesTokenCount":5,"thoughtsTokenCount":20,"toolUsePromptTokenCount":7,"totalTokenCount":42}"#,
        ),
    ];
    let chunks = chunks.each_ref().map(String::as_str);
    let expected = (Ending::Complete, usage(17, 6, 0, 25, 20));
    let whole = ended(Api::Gemini, &EVENTS, &sse(&chunks));
    assert_eq!((whole.ending, whole.usage), expected);
    let array = format!("[{}\n,\r\n{},\n{}]\n", chunks[0], chunks[1], chunks[2]);
    let listed = ended(Api::Gemini, &JSON, array.as_bytes());
    assert_eq!(listed, whole);
    let single = ended(Api::Gemini, &JSON, chunks[2].as_bytes());
    assert_eq!((single.ending, single.usage), expected);

    for cut in [
        ended(Api::Gemini, &EVENTS, &sse(&chunks[..2])),
        ended(Api::Gemini, &JSON, format!("[{},{},", chunks[0], chunks[1]).as_bytes()),
    ] {
        assert_eq!((cut.ending, cut.usage), (Ending::CutShort, usage(10, 0, 0, 0, 0)));
        assert_eq!(cut.streamed_tokens, 3);
    }
    let blocked =
        r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8}}"#;
    let blocked = ended(Api::Gemini, &EVENTS, &sse(&[blocked]));
    assert_eq!((blocked.ending, blocked.usage), (Ending::Complete, usage(8, 0, 0, 0, 0)));
}

#[test]
fn bedrock_streams_report_usage_in_the_last_event() {
    let start = frame("messageStart", br#"{"p":"abcd","role":"assistant"}"#);
    let delta = frame("contentBlockDelta", br#"{"contentBlockIndex":0,"delta":{"text":"Hello there"},"p":"ab"}"#);
    let stop = frame("messageStop", br#"{"p":"abc","stopReason":"end_turn"}"#);
    let metadata = frame(
        "metadata",
        br#"{"metrics":{"latencyMs":760},"usage":{"inputTokens":30,"outputTokens":19,"totalTokens":149,"cacheReadInputTokens":100,"cacheWriteInputTokens":0}}"#,
    );
    let body = [start.clone(), delta.clone(), stop.clone(), metadata].concat();
    let whole = ended(Api::BedrockConverse, &FRAMES, &body);
    assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(130, 100, 0, 19, 0)));
    assert_eq!(whole.streamed_tokens, 3);
    for body in [[start.clone(), delta.clone(), stop].concat(), [start, delta, b"\0\0\0".to_vec()].concat()] {
        let cut = ended(Api::BedrockConverse, &FRAMES, &body);
        assert_eq!((cut.ending, cut.usage, cut.streamed_tokens), (Ending::CutShort, None, 3));
    }
    let body = br#"{"metrics":{"latencyMs":551},"output":{"message":{"content":[{"text":"Hello"},{"toolUse":{"name":"f",
        "input":{"a":1}}}],"role":"assistant"}},"stopReason":"end_turn","usage":{"inputTokens":5,"outputTokens":6,"totalTokens":11}}"#;
    let whole = ended(Api::BedrockConverse, &JSON, body);
    assert_eq!((whole.ending, whole.usage), (Ending::Complete, usage(5, 0, 0, 6, 0)));
}

#[test]
fn a_report_of_zero_is_a_report() {
    let body = sse(&[&USAGE_CHUNK.replace(":12,", ":0,").replace(":100,", ":0,").replace(":112,", ":0,"), "[DONE]"]);
    let whole = ended(Api::OpenAiChat, &EVENTS, &body);
    assert_eq!(whole.usage.map(Usage::total), Some(0));
    assert_eq!(whole.spent(99).map(|spent| (spent.usage.total(), spent.is_exact)), Some((0, true)));
}
