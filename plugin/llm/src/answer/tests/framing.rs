use super::*;

const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#;

fn total(body: &str) -> Option<u64> {
    let whole = read(Api::OpenAiChat, &EVENTS, [body.as_bytes()]);
    for pieces in torn(body.as_bytes()) {
        assert_eq!(read(Api::OpenAiChat, &EVENTS, pieces), whole, "{body:?}");
    }
    whole.usage.map(Usage::total)
}

#[test]
fn lines_end_as_they_like() {
    for end in ["\n", "\r", "\r\n"] {
        assert_eq!(total(&format!("data: {USAGE}{end}{end}data: [DONE]{end}{end}")), Some(7), "{end:?}");
        assert_eq!(total(&format!("\u{feff}id: 1{end}data:{USAGE}{end}event: x{end}{end}")), Some(7), "{end:?}");
        assert_eq!(total(&format!(": ping{end}{end}:{end}data: {USAGE}{end}{end}")), Some(7), "{end:?}");
    }
}

#[test]
fn data_may_take_several_lines() {
    let pretty = USAGE.replace(',', ",\ndata: ").replace(":{", ":{\r\ndata:").replace("\":3", "\":\rdata:    3");
    assert_eq!(total(&format!("data: {pretty}\n\n")), Some(7));
    assert_eq!(total(&format!("data\ndata:\ndata: {USAGE}\ndata\n\n")), Some(7));
    // A string, a number or a word cannot.
    for torn in ["\"prompt_tok\ndata: ens\":3", "\"prompt_tokens\":1\ndata: 2", "\"prompt_tokens\":nu\ndata: ll"] {
        assert_eq!(total(&format!("data: {{\"usage\":{{{torn}}}}}\n\n")).unwrap_or(1), 1, "{torn}");
    }
}

#[test]
fn what_looks_like_data_is_not() {
    for line in ["dat: ", "data : ", "datax: ", " data: ", "Data: ", "x: data: ", ": data: ", "event: data: "] {
        assert_eq!(total(&format!("{line}{USAGE}\n\n")), None, "{line}");
    }
    // A mark stands at the beginning or is a part of a name.
    assert_eq!(total(&format!("\n\u{feff}data: {USAGE}\n\n")), None);
    assert_eq!(total(&format!("\u{feff}\u{feff}data: {USAGE}\n\n")), None);
}

#[test]
fn an_event_that_cannot_be_read_spoils_no_other() {
    for other in
        ["{", "{]", "[DONE", "[DONE]]", "[1]", "pong", "7", "\"x\"", "{\"usage\":{\"prompt_tokens\":01}}", "{}{}"]
    {
        let body = format!("data: {other}\n\ndata: {USAGE}\n\n");
        assert_eq!(total(&body), Some(7), "{other}");
        let garbled = read(Api::OpenAiChat, &EVENTS, [format!("data: {other}\n\n").as_bytes()]);
        assert_eq!((garbled.ending, garbled.usage), (Ending::Unreadable, None), "{other}");
    }
}

#[test]
fn what_an_event_is_in_the_midst_of_is_cut_short() {
    for body in ["data: {\"choices\":[", "data: [DO", "da", "data: {\"usage\":{\"prompt_tokens\":12"] {
        let cut = read(Api::OpenAiChat, &EVENTS, [body.as_bytes()]);
        assert_eq!((cut.ending, cut.usage), (Ending::CutShort, None), "{body}");
    }
}

#[test]
fn an_event_that_stops_is_nothing_until_it_is_whole() {
    let start = "data: {\"message\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n";
    let delta = "data: {\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\n";
    let body = format!("{start}{delta}");
    for at in start.len()..body.len() {
        let cut = read(Api::AnthropicMessages, &EVENTS, [&body.as_bytes()[..at]]);
        let is_complete = cut.ending == Ending::Complete;
        assert_eq!(is_complete, at >= body.len() - 2, "{at}");
        assert!(!is_complete || cut.usage.unwrap().output == 15);
    }
}

#[test]
fn heads_say_what_can_be_read() {
    let ending = |status, content_type: Option<&'static [u8]>, content_encoding: Option<&'static [u8]>| {
        let head = Head { status, content_type, content_encoding };
        read(Api::OpenAiChat, &head, [&b"{\"usage\":{}}"[..]]).ending
    };
    let json: Option<&[u8]> = Some(b"application/json");
    for content_type in [json, None, Some(b" Application/JSON ; charset=utf-8"), Some(b"application/problem+json")] {
        assert_eq!(ending(200, content_type, None), Ending::Complete, "{content_type:?}");
    }
    for content_encoding in [&b"identity"[..], b"", b" "] {
        assert_eq!(ending(200, json, Some(content_encoding)), Ending::Complete);
    }
    for content_encoding in [&b"gzip"[..], b"br", b"identity, gzip", b"\xff"] {
        assert_eq!(ending(200, json, Some(content_encoding)), Ending::Unreadable);
    }
    for content_type in [&b""[..], b"text/html", b"application/jsonp", b"text/event-stream2", b"\xff\xfe"] {
        assert_eq!(ending(200, Some(content_type), None), Ending::Unreadable);
    }
    for status in [0, 199, 300, 400, 401, 429, 500, 503, u16::MAX] {
        assert_eq!(ending(status, json, Some(b"gzip")), Ending::Refused);
    }
}

#[test]
fn lengths_of_frames_are_checked() {
    let broken: [&[u8]; 4] = [
        // Shorter than its own prelude and checksums.
        b"\0\0\0\x0f\0\0\0\0crc.",
        // Headers longer than the frame.
        b"\0\0\0\x20\0\0\0\x11crc.",
        b"\0\0\0\x20\xff\xff\xff\xffcrc.",
        // Longer than any SDK takes.
        b"\xff\xff\xff\xff\0\0\0\0crc.",
    ];
    let metadata = frame("metadata", br#"{"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3}}"#);
    for prelude in broken {
        for pieces in torn(&[prelude, &metadata].concat()) {
            let ended = read(Api::BedrockConverse, &FRAMES, pieces);
            assert_eq!((ended.ending, ended.usage), (Ending::Unreadable, None));
        }
        // What came before is known.
        let ended = read(Api::BedrockConverse, &FRAMES, [&metadata[..], prelude]);
        assert_eq!((ended.ending, ended.usage.map(Usage::total)), (Ending::Complete, Some(3)));
    }
    // Frames without headers or payload are frames.
    let bare = b"\0\0\0\x12\0\0\0\0crc.{}crc.\0\0\0\x10\0\0\0\0crc.crc.";
    for pieces in torn(&[&bare[..], &metadata].concat()) {
        assert_eq!(read(Api::BedrockConverse, &FRAMES, pieces).ending, Ending::Complete);
    }
}
