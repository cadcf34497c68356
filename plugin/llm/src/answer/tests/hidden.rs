//! Streams from which the chunk is taken that says what was used.

use proptest::prelude::*;

use super::*;

const CHUNK: &str = r#"data: {"id":"1","choices":[{"index":0,"delta":{"content":"Hi"}}],"usage":null}"#;
const USAGE: &str = r#"data: {"id":"1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#;
const FILTERS: &str = r#"data: {"choices":[],"prompt_filter_results":[],"usage":null}"#;

/// What goes on to the client of a body in these pieces.
fn shown<'a>(api: Api, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Ended) {
    let mut answer = Answer::new(api, &EVENTS, true);
    let mut shown = Vec::new();
    let pieces: Vec<&[u8]> = pieces.into_iter().collect();
    for (index, piece) in pieces.iter().enumerate() {
        match answer.chunk(piece, index + 1 == pieces.len()) {
            Passed::Unchanged => shown.extend_from_slice(piece),
            Passed::Instead(instead) => shown.extend_from_slice(instead),
        }
    }
    (shown, answer.end())
}

/// Checks what goes on, however the body is torn.
fn check(body: &str, expected: &str) {
    for pieces in torn(body.as_bytes()).map(Vec::from).chain((1..20).map(|size| body.as_bytes().chunks(size).collect()))
    {
        let (shown, ended) = shown(Api::OpenAiChat, pieces.iter().copied());
        assert_eq!(shown.escape_ascii().to_string(), expected.as_bytes().escape_ascii().to_string(), "{pieces:?}");
        assert_eq!(ended, read(Api::OpenAiChat, &EVENTS, [body.as_bytes()]));
    }
}

#[test]
fn the_chunk_that_was_not_asked_for_is_taken_out_and_nothing_else() {
    for end in ["\n", "\r", "\r\n"] {
        let event = |text: &str| format!("{text}{end}{end}");
        let done = event("data: [DONE]");
        let comment = event(": keep going");
        let (chunk, filters) = (event(CHUNK), event(FILTERS));
        let before = [&*filters, &chunk, &comment, &chunk].concat();
        check(&[&*before, &event(USAGE), &done].concat(), &[&*before, &done].concat());
        check(&[&*before, &event(USAGE), &comment].concat(), &[&*before, &comment].concat());
        check(&[&*event(USAGE), &chunk, &event(USAGE), &event(USAGE)].concat(), &chunk);
        check(&[&*before, &done].concat(), &[&*before, &done].concat());
    }
}

#[test]
fn what_no_empty_line_ends_is_not_taken_out() {
    for body in ["data: {\"choices\":[", "data: {\"choices\":[],\"usage\":{}}", "da", ": x", "\r", "data: [DONE]"] {
        check(&format!("{CHUNK}\n\n{body}"), &format!("{CHUNK}\n\n{body}"));
    }
    check(&format!("{CHUNK}\n\n{USAGE}"), &format!("{CHUNK}\n\n{USAGE}"));
    check(&format!("{CHUNK}\n\n{USAGE}\n"), &format!("{CHUNK}\n\n{USAGE}\n"));
}

#[test]
fn errors_and_choices_with_usage_stay() {
    for data in [
        r#"data: {"error":{"message":"x","type":"server_error"},"usage":{}}"#,
        r#"data: {"choices":[{"delta":{}}],"usage":{"prompt_tokens":3}}"#,
        r#"data: {"choices":[],"choices":[{}],"usage":{}}"#,
        r#"data: {"choices":[{}],"choices":[],"usage":{}}"#,
        r#"data: {"choices":null,"usage":{}}"#,
        r#"data: {"choices":[],"usage":{}"#,
        r#"data: {"choices":[],"usage":{}}}"#,
        "data: []",
    ] {
        check(&format!("{data}\n\n"), &format!("{data}\n\n"));
    }
}

#[test]
fn what_is_held_is_bounded() {
    let mut answer = Answer::new(Api::OpenAiChat, &EVENTS, true);
    let mut passed = 0;
    let mut given = 0;
    let mut give = |bytes: &[u8]| {
        given += bytes.len();
        passed += match answer.chunk(bytes, false) {
            Passed::Unchanged => bytes.len(),
            Passed::Instead(instead) => instead.len(),
        };
        given - passed
    };
    assert_eq!(give(b"data: {\"id\":\""), 13);
    for _ in 0..1000 {
        assert!(give(&[b'x'; 100]) <= 16 << 10);
    }
    assert_eq!(give(b"\",\"choices\":[{"), 0);
}

#[test]
fn streams_keep_no_room_for_chunks_that_have_gone_on() {
    let mut answer = Answer::new(Api::OpenAiChat, &EVENTS, true);
    let long = CHUNK.replace("Hi", &"Hi ".repeat(20_000));
    let body = format!("{USAGE}\n\n{long}\n\n");
    assert_eq!(answer.chunk(body.as_bytes(), false), Passed::Instead(format!("{long}\n\n").as_bytes()));
    answer.chunk(b": ping\n\n", false);
    let kept = |answer: &Answer| answer.curtain.as_ref().unwrap().instead.capacity();
    assert!(kept(&answer) <= 1 << 10, "{}", kept(&answer));
}

#[test]
fn only_streams_of_chat_completions_have_such_a_chunk() {
    let body = format!("{USAGE}\n\n");
    assert!(shown(Api::OpenAiChat, [body.as_bytes()]).0.is_empty());
    for api in Api::ALL.into_iter().filter(|api| *api != Api::OpenAiChat) {
        assert_eq!(shown(api, [body.as_bytes()]).0, body.as_bytes());
    }
}

/// The events of a stream, each with the empty line that ends it, by a reader that has all of it.
fn taken_out(body: &str, end: &str) -> String {
    let empty = format!("{end}{end}");
    body.split_inclusive(&empty).filter(|event| *event != format!("{USAGE}{empty}")).collect()
}

proptest! {
    #[test]
    fn any_stream_keeps_all_but_that_chunk(
        events in proptest::collection::vec(proptest::sample::select(vec![
            CHUNK, USAGE, FILTERS, "data: [DONE]", ": ping", "id: 7", "data: {\"usage\":{}}", "data: x", "data:",
        ]), 0..8),
        end in proptest::sample::select(vec!["\n", "\r", "\r\n"]),
        sizes in proptest::collection::vec(1_usize..60, 1..10),
    ) {
        let body: String = events.iter().map(|event| format!("{event}{end}{end}")).collect();
        let mut rest = body.as_bytes();
        let mut pieces = Vec::new();
        for size in sizes.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let (shown, _) = shown(Api::OpenAiChat, pieces);
        prop_assert_eq!(String::from_utf8(shown).unwrap(), taken_out(&body, end));
    }
}
