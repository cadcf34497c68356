//! Routes that read the body: the request is held until its body is there, and decided once.

use tollgate_host_tests::{Action, Fault, HostFn, LogLevel, Outcome, Status, StreamId, VmOptions};

use crate::metadata::person;
use crate::plugin::{Answer, CONFIG, Plugin, options};
use crate::policies::{documents_by_token, id, on_body};
use crate::request::Request;

const CONDITION: &str = "request.body.amount <= 100";
const MAX: usize = 64;

const HEADERS: &str = "get_header_map_pairs(request_headers)";
const METADATA: &str = "get_property(metadata)";
const CHUNK: &str = "get_buffer_bytes(request_body)";

const PAID: &str = r#"{"amount": 100}"#;
const DEAR: &str = r#"{"amount": 101}"#;

fn post() -> Request {
    Request::post("/documents/1").metadata(person("ann", "editor"))
}

/// In a proxy that delivers bodies of held requests.
fn with(yaml: &str) -> Plugin {
    let options = VmOptions { allow_on_headers_stop_iteration: true, ..options() };
    let mut plugin = Plugin::with_options(CONFIG, options);
    plugin.publish(yaml, id(1, 1));
    plugin.vm.take_calls();
    plugin
}

fn plugin() -> Plugin {
    with(&on_body(CONDITION, MAX))
}

/// Delivers a request's headers, which are to be held without an answer.
fn hold(plugin: &mut Plugin, request: &Request) -> StreamId {
    let (stream, outcome) = plugin.begin(request, false);
    held(plugin, stream, &outcome);
    stream
}

fn held(plugin: &Plugin, stream: StreamId, outcome: &Outcome) {
    assert_eq!((outcome.action, plugin.answer(stream, outcome)), (Action::Pause, Answer::Held));
}

/// Delivers the chunks; the last one ends the request.
fn send(plugin: &mut Plugin, request: &Request, chunks: &[&[u8]]) -> Answer {
    let stream = hold(plugin, request);
    let (last, before) = chunks.split_last().unwrap();
    for chunk in before {
        let outcome = plugin.vm.request_body(stream, chunk, false).unwrap();
        held(plugin, stream, &outcome);
    }
    let outcome = plugin.vm.request_body(stream, last, true).unwrap();
    let answer = plugin.answer(stream, &outcome);
    if let Answer::Allowed(_) = answer {
        assert_eq!(plugin.vm.stream(stream).unwrap().request().forwarded_body(), chunks.concat());
    }
    plugin.vm.finish(stream).unwrap();
    answer
}

#[test]
fn a_body_in_one_piece_costs_one_call_and_a_second_look_at_the_headers() {
    let mut plugin = plugin();
    assert!(send(&mut plugin, &post(), &[PAID.as_bytes()]).is_allowed());
    assert_eq!(plugin.vm.take_call_lines(&[]), [HEADERS, METADATA, CHUNK, HEADERS, METADATA]);
    assert_eq!(send(&mut plugin, &post(), &[DEAR.as_bytes()]).code(), "FORBIDDEN");
    let calls = plugin.vm.take_call_lines(&[]);
    assert_eq!(calls[..5], [HEADERS, METADATA, CHUNK, HEADERS, METADATA]);
    assert!(calls[5].starts_with("send_local_response(403"), "{calls:?}");
}

#[test]
fn a_body_in_pieces_is_read_piece_by_piece() {
    let mut plugin = plugin();
    let pieces: Vec<&[u8]> = PAID.as_bytes().chunks(1).collect();
    assert!(send(&mut plugin, &post(), &pieces).is_allowed());
    let calls = plugin.vm.take_call_lines(&[]);
    assert_eq!(calls.iter().filter(|call| *call == CHUNK).count(), PAID.len());
    assert_eq!(calls.len(), PAID.len() + 4);
}

#[test]
fn the_end_may_come_by_itself() {
    let mut plugin = plugin();
    assert!(send(&mut plugin, &post(), &[PAID.as_bytes(), b""]).is_allowed());
    assert_eq!(plugin.vm.take_call_lines(&[]), [HEADERS, METADATA, CHUNK, HEADERS, METADATA]);
}

#[test]
fn trailers_end_a_body_too() {
    let mut plugin = plugin();
    for (body, allowed) in [(PAID, true), (DEAR, false)] {
        let stream = hold(&mut plugin, &post());
        let outcome = plugin.vm.request_body(stream, body, false).unwrap();
        held(&plugin, stream, &outcome);
        let outcome = plugin.vm.request_trailers(stream, &[("checksum", "1")]).unwrap();
        assert_eq!(plugin.answer(stream, &outcome).is_allowed(), allowed, "{body}");
        plugin.vm.finish(stream).unwrap();
    }
}

#[test]
fn a_request_without_a_body_is_decided_by_its_headers() {
    let mut plugin = with(&on_body("!has(request.body)", MAX));
    assert!(plugin.ask(&post()).is_allowed());
    assert_eq!(plugin.vm.take_call_lines(&[]), [HEADERS, METADATA]);
}

#[test]
fn an_empty_body_is_none() {
    let mut plugin = with(&on_body("!has(request.body)", MAX));
    let plain = Request::get("/documents/1").metadata(person("ann", "editor"));
    assert!(send(&mut plugin, &plain, &[b""]).is_allowed());
    let stream = hold(&mut plugin, &plain);
    let outcome = plugin.vm.request_trailers(stream, &[("checksum", "1")]).unwrap();
    assert!(plugin.answer(stream, &outcome).is_allowed());
    plugin.vm.finish(stream).unwrap();
}

#[test]
fn a_body_that_is_missing_is_an_error_of_the_condition() {
    let mut plugin = plugin();
    assert_eq!(plugin.ask(&post()).code(), "FORBIDDEN");
    assert_eq!(send(&mut plugin, &post(), &[b""]).code(), "FORBIDDEN");
    assert_eq!(plugin.counter("tollgate.condition_errors"), 2);
}

#[test]
fn a_body_that_is_announced_to_be_too_large_is_not_waited_for() {
    let mut plugin = plugin();
    let (stream, outcome) = plugin.begin(&post().header("content-length", "65"), false);
    let answer = plugin.answer(stream, &outcome);
    assert_eq!((answer.status(), &*answer.code()), (413, "BODY_TOO_LARGE"));
    plugin.vm.finish(stream).unwrap();
    assert_eq!(plugin.counter("tollgate.decisions.verdict.body_too_large"), 1);
}

#[test]
fn a_body_that_grows_too_large_is_refused_unread() {
    let mut plugin = plugin();
    let fits = format!("{:64}", PAID);
    assert!(send(&mut plugin, &post(), &[fits.as_bytes()]).is_allowed());
    for chunks in [&[60, 5][..], &[65], &[64, 1]] {
        let stream = hold(&mut plugin, &post());
        let (last, before) = chunks.split_last().unwrap();
        for size in before {
            assert_eq!(plugin.vm.request_body(stream, vec![b' '; *size], false).unwrap().action, Action::Pause);
        }
        plugin.vm.take_calls();
        let outcome = plugin.vm.request_body(stream, vec![b' '; *last], false).unwrap();
        assert_eq!(plugin.answer(stream, &outcome).code(), "BODY_TOO_LARGE");
        let calls = plugin.vm.take_call_lines(&[]);
        assert!(calls.len() == 1 && calls[0].starts_with("send_local_response(413"), "{calls:?}");
        plugin.vm.finish(stream).unwrap();
    }
    assert_eq!(plugin.counter("tollgate.decisions.verdict.body_too_large"), 3);
}

#[test]
fn a_body_without_one_reading_is_refused() {
    let mut plugin = plugin();
    let bodies: [&[u8]; 8] = [
        b"{\"amount\": 1",
        b"amount=1",
        b"{\"amount\": 1, \"amount\": 2}",
        b"{\"x\": {\"a\": 1, \"\\u0061\": 2}, \"amount\": 1}",
        b"{\"amount\": \"\xff\"}",
        b"\xef\xbb\xbf{\"amount\": 1}",
        b"{\"amount\": 1}{}",
        b" ",
    ];
    for body in bodies {
        assert_eq!(send(&mut plugin, &post(), &[body]).code(), "INVALID_REQUEST", "{}", body.escape_ascii());
    }
    assert_eq!(plugin.counter("tollgate.decisions.verdict.invalid"), 8);
}

#[test]
fn deep_and_wide_bodies_do_not_hurt() {
    let mut plugin = with(&on_body("true", 1 << 20));
    let deep = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(send(&mut plugin, &post(), &[&deep(64)]).is_allowed());
    for body in [deep(65), deep(1 << 19), "{\"a\":".repeat(1 << 17).into_bytes(), b"0,".repeat(1 << 19)] {
        assert_eq!(send(&mut plugin, &post(), &[&body]).code(), "INVALID_REQUEST");
    }
    let wide = format!("[{}0]", "0,".repeat((1 << 17) - 2));
    assert!(send(&mut plugin, &post(), &[wide.as_bytes()]).is_allowed());
    let text = format!("\"{}\"", "x".repeat((1 << 20) - 2));
    assert!(send(&mut plugin, &post(), &[text.as_bytes()]).is_allowed());
}

#[test]
fn a_body_that_is_not_declared_as_plain_json_is_refused() {
    let mut plugin = plugin();
    let untyped = || {
        let head = Request::empty().header(":method", "POST").header(":authority", "a").header(":path", "/documents/1");
        head.metadata(person("ann", "editor"))
    };
    for request in [
        untyped(),
        untyped().header("content-type", "text/plain"),
        untyped().header("content-type", "application/grpc"),
        untyped().header("content-type", b"\xff"),
        post().header("content-type", "application/json"),
        post().header("content-encoding", "gzip"),
        post().header("transfer-encoding", "gzip, chunked"),
    ] {
        assert_eq!(send(&mut plugin, &request, &[PAID.as_bytes()]).code(), "INVALID_REQUEST", "{request:?}");
        let (stream, outcome) = plugin.begin(&request.header("content-length", "15"), false);
        assert_eq!(plugin.answer(stream, &outcome).code(), "INVALID_REQUEST");
        plugin.vm.finish(stream).unwrap();
    }
    let merge = untyped().header("content-type", "application/merge-patch+json; charset=UTF-8");
    assert!(send(&mut plugin, &merge.header("content-encoding", "identity"), &[PAID.as_bytes()]).is_allowed());
}

#[test]
fn who_is_not_known_is_not_waited_for() {
    let mut plugin = plugin();
    for (path, code) in [("/documents/1", "UNAUTHENTICATED"), ("/nowhere", "FORBIDDEN"), ("/a//b", "INVALID_REQUEST")] {
        let (stream, outcome) = plugin.begin(&Request::post(path), false);
        assert_eq!(plugin.answer(stream, &outcome).code(), code);
        plugin.vm.finish(stream).unwrap();
    }
}

#[test]
fn where_the_route_reads_no_body_nothing_is_held() {
    let mut plugin = with(&documents_by_token());
    let (stream, outcome) = plugin.begin(&post().header("content-encoding", "gzip"), false);
    assert!(outcome.goes_on);
    assert!(plugin.vm.request_body(stream, [0x1f, 0x8b], true).unwrap().goes_on);
    assert_eq!(plugin.vm.take_call_lines(&[]), [HEADERS, METADATA]);
    plugin.vm.finish(stream).unwrap();
}

#[test]
fn a_request_is_decided_once() {
    let mut plugin = plugin();
    let stream = hold(&mut plugin, &post());
    assert!(plugin.vm.request_body(stream, PAID, true).unwrap().goes_on);
    plugin.vm.finish(stream).unwrap();
    assert_eq!(plugin.counter("tollgate.decisions.verdict.allow"), 1);
    send(&mut plugin, &post(), &[DEAR.as_bytes()]);
    let Answer::Refused(second) = plugin.ask(&post()) else { panic!("it passed") };
    assert!(second.details.to_text().ends_with("-3}"), "{}", second.details);
}

#[test]
fn a_request_that_is_reset_half_way_leaves_nothing_behind() {
    let mut plugin = plugin();
    let mut abandon = |times| {
        for _ in 0..times {
            let stream = hold(&mut plugin, &post());
            plugin.vm.request_body(stream, "{\"amount\": ", false).unwrap();
            plugin.vm.finish(stream).unwrap();
        }
        plugin.vm.memory_size()
    };
    let warm = abandon(100);
    assert_eq!(abandon(1000), warm);
    assert_eq!(plugin.counter("tollgate.decisions.verdict.allow"), 0);
    assert!(send(&mut plugin, &post(), &[PAID.as_bytes()]).is_allowed());
}

#[test]
fn what_comes_after_a_refusal_that_could_not_be_sent_does_not_release_the_request() {
    let mut plugin = plugin();
    let stream = hold(&mut plugin, &post());
    plugin.vm.inject(Fault::always(HostFn::SendLocalResponse, Status::InternalFailure));
    plugin.vm.inject(Fault::always(HostFn::CloseStream, Status::InternalFailure));
    let outcome = plugin.vm.request_body(stream, vec![b' '; MAX + 1], false).unwrap();
    held(&plugin, stream, &outcome);
    plugin.vm.clear_faults();
    plugin.vm.take_calls();
    let outcome = plugin.vm.request_body(stream, PAID, false).unwrap();
    held(&plugin, stream, &outcome);
    let outcome = plugin.vm.request_trailers(stream, &[("t", "1")]).unwrap();
    held(&plugin, stream, &outcome);
    assert_eq!(plugin.vm.take_call_lines(&[]), [""; 0]);
    plugin.vm.finish(stream).unwrap();
}

#[test]
fn a_body_that_cannot_be_read_is_not_decided() {
    let mut plugin = plugin();
    for status in [Status::NotFound, Status::InternalFailure] {
        plugin.vm.inject(Fault::always(HostFn::GetBufferBytes, status));
        assert_eq!(send(&mut plugin, &post(), &[PAID.as_bytes()]).code(), "POLICY_UNAVAILABLE");
        plugin.vm.clear_faults();
    }
    let stream = hold(&mut plugin, &post());
    plugin.vm.inject(Fault::always(HostFn::GetHeaderMapPairs, Status::InternalFailure));
    let outcome = plugin.vm.request_body(stream, PAID, true).unwrap();
    assert_eq!(plugin.answer(stream, &outcome).code(), "POLICY_UNAVAILABLE");
    plugin.vm.finish(stream).unwrap();
    assert_eq!(plugin.logged(LogLevel::Error).len(), 3);
}

#[test]
fn the_snapshot_in_force_when_the_body_is_there_decides() {
    let mut plugin = plugin();
    let stream = hold(&mut plugin, &post());
    plugin.publish(&on_body("request.body.amount <= 1", MAX), id(1, 2));
    let outcome = plugin.vm.request_body(stream, PAID, true).unwrap();
    assert_eq!(plugin.answer(stream, &outcome).code(), "FORBIDDEN");
    plugin.vm.finish(stream).unwrap();

    let stream = hold(&mut plugin, &post());
    plugin.publish(&on_body("true", 8), id(1, 3));
    let outcome = plugin.vm.request_body(stream, PAID, true).unwrap();
    assert_eq!(plugin.answer(stream, &outcome).code(), "BODY_TOO_LARGE");
    plugin.vm.finish(stream).unwrap();
}
