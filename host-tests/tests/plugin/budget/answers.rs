//! Answers as providers send them: what was used is read from them, and the client gets what it asked for.

use super::caller::{
    CHAT, EVENTS, JSON, MESSAGES, PLAIN, STREAMED, admitted, answer, body, outcome_of, plugin, settlements_of,
};
use super::wire::Outcome::{Estimated, Released, Used};
use crate::plugin::Plugin;

const COMPLETION: &str = r#"{"id": "1", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46, "prompt_tokens_details": {"cached_tokens": 5}}}"#;

const TEXT: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello, world\"}}],\"usage\":null}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":34,\"total_tokens\":46}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

const ASKS_USAGE: &str =
    r#"{"model": "gpt-4o", "stream": true, "stream_options": {"include_usage": true}, "messages": []}"#;

const ANTHROPIC: &str =
    r#"{"model": "claude", "max_tokens": 50, "stream": true, "messages": [{"role": "user", "content": "Hi"}]}"#;
const ANTHROPIC_EVENTS: &str = "event: message_start\n\
data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":7,\"cache_creation_input_tokens\":2,\"output_tokens\":1}}}\n\n\
event: content_block_delta\n\
data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n\
event: message_delta\n\
data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\n\
event: message_stop\n\
data: {\"type\":\"message_stop\"}\n\n";

/// Sends a call and its answer, in pieces of this size; what the client gets, and how it was settled.
fn served(path: &str, request: &str, head: &[(&str, &str)], text: &str, size: usize) -> (String, super::wire::Outcome) {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, path, request);
    answer(&mut plugin, stream, head, false);
    let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
    let got = body(&mut plugin, stream, &chunks);
    let outcome = outcome_of(&mut plugin);
    finish(&mut plugin, stream);
    (String::from_utf8(got).unwrap(), outcome)
}

/// The end of a request that is settled settles nothing more.
fn finish(plugin: &mut Plugin, stream: tollgate_host_tests::StreamId) {
    plugin.vm.finish(stream).unwrap();
    assert_eq!(settlements_of(plugin), []);
}

const SIZES: [usize; 5] = [1, 2, 7, 100, 100_000];

#[test]
fn a_plain_completion_is_settled_to_the_token() {
    for size in SIZES {
        assert_eq!(served(CHAT, PLAIN, &JSON, COMPLETION, size), (COMPLETION.to_owned(), Used((12, 34, 5))));
    }
}

#[test]
fn a_streamed_completion_is_settled_to_the_token_and_the_chunk_is_hidden_that_was_not_asked_for() {
    for size in SIZES {
        let (got, outcome) = served(CHAT, STREAMED, &EVENTS, &[TEXT, TEXT, USAGE, DONE].concat(), size);
        assert_eq!((&*got, outcome), (&*[TEXT, TEXT, DONE].concat(), Used((12, 34, 0))), "{size}");
    }
}

#[test]
fn who_asks_for_the_chunk_gets_it() {
    let text = [TEXT, USAGE, DONE].concat();
    for size in SIZES {
        let (got, outcome) = served(CHAT, ASKS_USAGE, &EVENTS, &text, size);
        assert_eq!((&*got, outcome), (&*text, Used((12, 34, 0))));
    }
}

#[test]
fn a_streamed_message_is_settled_to_the_token() {
    for size in SIZES {
        let (got, outcome) = served(MESSAGES, ANTHROPIC, &EVENTS, ANTHROPIC_EVENTS, size);
        assert_eq!((&*got, outcome), (ANTHROPIC_EVENTS, Used((19, 15, 9))));
    }
}

#[test]
fn the_end_may_come_in_an_empty_chunk() {
    for text in [[TEXT, USAGE, DONE].concat(), [TEXT, USAGE].concat(), [TEXT, USAGE, "data: [DO"].concat()] {
        let mut plugin = plugin();
        let stream = admitted(&mut plugin, CHAT, STREAMED);
        answer(&mut plugin, stream, &EVENTS, false);
        let got = body(&mut plugin, stream, &[text.as_bytes(), b""]);
        assert_eq!(String::from_utf8(got).unwrap(), text.replace(USAGE, ""));
        assert!(matches!(outcome_of(&mut plugin), Used((12, 34, 0)) | Estimated((12, 34, 0))));
        finish(&mut plugin, stream);
    }
}

#[test]
fn trailers_end_an_answer_too() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, STREAMED);
    answer(&mut plugin, stream, &EVENTS, false);
    plugin.vm.response_body(stream, [TEXT, USAGE, DONE].concat(), false).unwrap();
    assert_eq!(settlements_of(&mut plugin), []);
    assert!(plugin.vm.response_trailers(stream, &[("checksum", "1")]).unwrap().goes_on);
    assert_eq!(outcome_of(&mut plugin), Used((12, 34, 0)));
    finish(&mut plugin, stream);
}

#[test]
fn a_length_that_is_no_more_true_goes() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, STREAMED);
    let head = [EVENTS[0], EVENTS[1], ("content-length", "300")];
    answer(&mut plugin, stream, &head, false);
    assert_eq!(plugin.vm.stream(stream).unwrap().response().headers().unwrap().get("content-length"), None);
}

#[test]
fn an_error_of_the_provider_costs_nothing_and_passes_as_it_is() {
    for status in ["400", "401", "429", "500", "529", "302"] {
        let mut plugin = plugin();
        let stream = admitted(&mut plugin, CHAT, STREAMED);
        answer(&mut plugin, stream, &[(":status", status), ("content-type", "application/json")], false);
        let got = body(&mut plugin, stream, &[b"{\"error\":", b"{}}"]);
        assert_eq!(got, b"{\"error\":{}}");
        assert_eq!(outcome_of(&mut plugin), Released, "{status}");
        finish(&mut plugin, stream);
    }
}

#[test]
fn an_answer_without_a_body_is_over_with_its_headers() {
    for (status, outcome) in [("500", Released), ("204", Estimated((1, 0, 0)))] {
        let mut plugin = plugin();
        let stream = admitted(&mut plugin, CHAT, PLAIN);
        answer(&mut plugin, stream, &[(":status", status), ("content-type", "application/json")], true);
        match (outcome_of(&mut plugin), outcome) {
            (Estimated((input, 0, 0)), Estimated(_)) => assert!(input > 4),
            (settled, outcome) => assert_eq!(settled, outcome),
        }
        finish(&mut plugin, stream);
    }
}

#[test]
fn an_answer_that_cannot_be_read_costs_what_was_held() {
    for head in [
        vec![(":status", "200"), ("content-type", "application/json"), ("content-encoding", "gzip")],
        vec![(":status", "200"), ("content-type", "audio/mpeg")],
    ] {
        let (got, outcome) = served(CHAT, PLAIN, &head, "\u{1f}\u{8b}any bytes", 4);
        assert_eq!(got, "\u{1f}\u{8b}any bytes");
        let Estimated((input, 1000, 0)) = outcome else { panic!("{outcome:?}") };
        assert!(input > 4);
    }
}

#[test]
fn a_completion_that_says_nothing_of_usage_costs_what_was_held() {
    for silent in [
        r#"{"choices": [{"message": {"content": "Four words are here, and then a few more."}}]}"#,
        r#"{"object": "response", "items": [], "input_tokens": 3}"#,
        r#"{"object": "response", "output_text": "of another API"}"#,
    ] {
        let (_, outcome) = served(CHAT, PLAIN, &JSON, silent, 10);
        assert!(matches!(outcome, Estimated((5.., 1000, 0))), "{outcome:?}");
    }
    let (_, outcome) = served(CHAT, STREAMED, &EVENTS, &[TEXT, DONE].concat(), 10);
    assert!(matches!(outcome, Estimated((5.., 1000, 0))), "{outcome:?}");
}

#[test]
fn embeddings_are_settled_by_their_prompt() {
    let answer = r#"{"object": "list", "data": [], "usage": {"prompt_tokens": 9, "total_tokens": 9}}"#;
    let (_, outcome) = served("/v1/embeddings", r#"{"model": "e", "input": "some text"}"#, &JSON, answer, 9);
    assert_eq!(outcome, Used((9, 0, 0)));
}
