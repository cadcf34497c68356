use proptest::prelude::*;

use super::*;

fn heads() -> [Head<'static>; 3] {
    [EVENTS, JSON, FRAMES]
}

/// Bytes that look like something now and then.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"data: ",
        b"data",
        b":",
        b"\r",
        b"\n",
        b"\r\n\r\n",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b"\"usage\":",
        b"\"choices\":",
        b"{\"usage\":{\"prompt_tokens\":",
        b"\"output_tokens\":",
        b"18446744073709551616",
        b"-1e999",
        b"NaN",
        b"Infinity",
        b"\"",
        b"\\",
        b"\\ud800",
        b"\\u",
        b"\xff",
        b"\xc3\xa9",
        b"\xef\xbb\xbf",
        b"[DONE]",
        b"null",
        b"tru",
        b"0",
        b"\0\0\0",
        b"\0\0\0\x14\0\0\0\0crc.{}{}crc.",
        b"\x01",
        b" ",
        b"\"delta\":",
        b"\"iterations\":[",
    ];
    let word = prop_oneof![
        3 => proptest::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_alike_however_they_are_torn(bytes in bytes(), size in 1_usize..20, hide: bool) {
        for api in Api::ALL {
            for head in heads() {
                let whole = read(api, &head, [&bytes[..]]);
                prop_assert_eq!(read(api, &head, bytes.chunks(size)), whole);
                let mut answer = Answer::new(api, &head, hide);
                let mut shown = 0;
                for piece in bytes.chunks(size) {
                    shown += match answer.chunk(piece, false) {
                        Passed::Unchanged => piece.len(),
                        Passed::Instead(instead) => instead.len(),
                    };
                }
                prop_assert!(shown <= bytes.len());
                prop_assert_eq!(answer.end(), whole);
            }
        }
    }
}

#[test]
fn nesting_is_bounded_and_what_comes_after_is_read() {
    let deep = "{\"a\":[".repeat(1_000_000);
    let deep = deep.as_bytes();
    assert_eq!(read(Api::OpenAiChat, &JSON, deep.chunks(1000)).ending, Ending::Unreadable);
    let body = [b"data: ", deep, b"\n\ndata: {\"usage\":{\"prompt_tokens\":3}}\n\ndata: [DONE]\n\n"].concat();
    let ended = read(Api::OpenAiChat, &EVENTS, body.chunks(1000));
    assert_eq!((ended.ending, ended.usage.map(Usage::total)), (Ending::Complete, Some(3)));
}

#[test]
fn an_event_of_any_length_is_counted() {
    let long = "x".repeat(1 << 20);
    let body = format!(
        "data: {{\"response\":{{\"output\":[{{\"text\":\"{long}\"}}],\"usage\":{{\"input_tokens\":1,\"output_tokens\":2}},\"instructions\":\"{long}\"}}}}\n\n"
    );
    let ended = read(Api::OpenAiResponses, &EVENTS, body.as_bytes().chunks(16_384));
    assert_eq!((ended.ending, ended.usage.map(Usage::total)), (Ending::Complete, Some(3)));
}

#[test]
fn numbers_that_are_none_are_not_reported() {
    for (number, expected) in [
        ("18446744073709551615", Some(u64::MAX)),
        ("99999999999999999999999999999999", Some(u64::MAX)),
        ("5.0", Some(5)),
        ("5.5", None),
        ("-5", None),
        ("5e0", None),
        ("\"5\"", None),
        ("null", None),
        ("{\"a\":5}", None),
        ("[]", None),
        ("true", None),
    ] {
        let body = format!("{{\"usage\":{{\"prompt_tokens\":{number}}}}}");
        let ended = read(Api::OpenAiChat, &JSON, [body.as_bytes()]);
        assert_eq!((ended.ending, ended.usage.map(|usage| usage.input)), (Ending::Complete, expected), "{number}");
    }
    for number in ["NaN", "Infinity", "-Infinity", "05", "+5", "5.", "0x5"] {
        let body = format!("{{\"usage\":{{\"prompt_tokens\":{number}}}}}");
        let ended = read(Api::OpenAiChat, &JSON, [body.as_bytes()]);
        assert_eq!((ended.ending, ended.usage), (Ending::Unreadable, None), "{number}");
    }
}

#[test]
fn the_last_of_a_repeated_name_counts() {
    let body =
        br#"{"usage":{"prompt_tokens":1,"prompt_tokens":2},"usage":{"completion_tokens":7,"prompt_tokens":null}}"#;
    let ended = read(Api::OpenAiChat, &JSON, [&body[..]]);
    assert_eq!(ended.usage.map(|usage| (usage.input, usage.output)), Some((2, 7)));
}
