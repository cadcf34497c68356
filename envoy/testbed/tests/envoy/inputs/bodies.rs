use anyhow::Result;
use tollgate_testbed::client::{Http1, Http2, RawHttp2};

use crate::gate::{Answer, Field, Gate, Ledger};

const JSON: (&str, &str) = ("content-type", "application/json");
const SMALL: &str = r#"{"amount": 100}"#;
const LARGE: &str = r#"{"amount": 101}"#;

/// What `orders` takes at most.
const MAX: usize = 65_536;

/// An order of exactly this length.
fn padded(length: usize) -> String {
    format!("{SMALL}{}", " ".repeat(length - SMALL.len()))
}

/// The whole message in chunks of at most this size.
fn chunked(target: &str, body: &str, size: usize) -> String {
    let head = format!(
        "POST {target} HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let chunks = body.as_bytes().chunks(size);
    let chunks = chunks.map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)));
    format!("{head}{}0\r\n\r\n", chunks.collect::<String>())
}

fn post(gate: &Gate, target: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
    let address = gate.0.envoy.address();
    gate.observed(|| Http1::connect(address)?.request("POST", target, headers, body.as_bytes()).map(Some))
}

fn post_http2(gate: &Gate, target: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
    let address = gate.0.envoy.address();
    gate.observed(|| Http2::connect(address)?.request("POST", target, headers, body.as_bytes()).map(Some))
}

#[test]
fn a_body_decides_over_http1_and_http2() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    for (body, expected) in [(SMALL, "upstream /orders"), (LARGE, "403 FORBIDDEN"), ("{}", "403 FORBIDDEN")] {
        let mut ledger = Ledger::default();
        ledger.note("content-length", expected, post(&gate, "/orders", &[JSON], body));
        ledger.note("one chunk", expected, gate.send(chunked("/orders", body, 100).as_bytes()));
        ledger.note("many chunks", expected, gate.send(chunked("/orders", body, 1).as_bytes()));
        ledger.note("HTTP/2", expected, post_http2(&gate, "/orders", &[JSON], body));
        ledger.settle()?;
    }
    gate.finish(0)
}

#[test]
fn the_upstream_sees_the_body_that_was_decided() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    for length in [SMALL.len(), 40_000, MAX] {
        let body = padded(length);
        for answer in [
            post(&gate, "/orders", &[JSON], &body)?,
            gate.send(chunked("/orders", &body, 1000).as_bytes())?,
            post_http2(&gate, "/orders", &[JSON], &body)?,
        ] {
            assert_eq!(answer.seen()?.body_length, length as u64);
        }
    }
    gate.finish(0)
}

#[test]
fn the_end_of_a_body_comes_in_many_ways_over_http2() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let mut ledger = Ledger::default();
    let head: [Field<'_>; 5] = [
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":authority", b"t"),
        (b":path", b"/orders"),
        (b"content-type", b"application/json"),
    ];
    let trailers: [Field<'_>; 1] = [(b"checksum", b"1")];
    let (first, second) = SMALL.as_bytes().split_at(5);
    let too_much = padded(10_000);
    for (case, parts, trailers, expected) in [
        ("one frame", &[SMALL.as_bytes()][..], &[][..], "upstream /orders"),
        ("two frames", &[first, second], &[], "upstream /orders"),
        ("an empty last frame", &[first, second, b""], &[], "upstream /orders"),
        ("trailers", &[SMALL.as_bytes()], &trailers, "upstream /orders"),
        ("two frames and trailers", &[first, second], &trailers, "upstream /orders"),
        ("trailers after too large an order", &[LARGE.as_bytes()], &trailers, "403 FORBIDDEN"),
        ("trailers after half an order", &[first], &trailers, "400 INVALID_REQUEST"),
        ("an empty frame", &[b""], &[], "403 FORBIDDEN"),
        ("trailers alone", &[], &trailers, "403 FORBIDDEN"),
        ("too much", &[too_much.as_bytes(); 7], &trailers, "413 BODY_TOO_LARGE"),
    ] {
        let address = gate.0.envoy.address();
        let answer = gate.observed(|| RawHttp2::connect(address)?.request_in_parts(&head, parts, trailers));
        ledger.note(case, expected, answer);
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn a_body_larger_than_the_route_takes_is_refused() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let mut ledger = Ledger::default();
    for length in [MAX + 1, 300_000] {
        let body = padded(length);
        let expected = "413 BODY_TOO_LARGE";
        ledger.note(format!("{length} announced"), expected, post(&gate, "/orders", &[JSON], &body));
        ledger.note(format!("{length} in chunks"), expected, gate.send(chunked("/orders", &body, 1000).as_bytes()));
        ledger.note(format!("{length} by HTTP/2"), expected, post_http2(&gate, "/orders", &[JSON], &body));
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn the_largest_limit_fits_the_proxys_buffer() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let fits = padded(1 << 20);
    assert_eq!(post(&gate, "/imports", &[JSON], &fits)?.seen()?.body_length, 1 << 20);
    assert_eq!(post_http2(&gate, "/imports", &[JSON], &fits)?.seen()?.body_length, 1 << 20);
    assert_eq!(gate.send(chunked("/imports", &fits, 10_000).as_bytes())?.seen()?.body_length, 1 << 20);
    // Past it the proxy may be the first to refuse.
    let past = padded((1 << 20) + 100_000);
    assert_eq!(gate.send(chunked("/imports", &past, 10_000).as_bytes())?.status(), 413);
    assert_eq!(post(&gate, "/imports", &[JSON], &past)?.to_string(), "413 BODY_TOO_LARGE");
    gate.finish(0)
}

#[test]
fn a_body_without_one_reading_is_refused() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let mut ledger = Ledger::default();
    let refused = "400 INVALID_REQUEST";
    for body in ["amount=1", "{", r#"{"amount": 1, "amount": 2}"#, r#"{"amount": 1}{}"#, &"[".repeat(1000)] {
        ledger.note(body, refused, post(&gate, "/orders", &[JSON], body));
        ledger.note(body, refused, gate.send(chunked("/orders", body, 7).as_bytes()));
    }
    for headers in [
        &[][..],
        &[("content-type", "text/plain")],
        &[JSON, ("content-encoding", "gzip")],
        &[("content-type", "application/json; charset=utf-16")],
        &[JSON, ("content-type", "text/plain")],
    ] {
        ledger.note(format!("{headers:?}"), refused, post(&gate, "/orders", headers, SMALL));
        ledger.note(format!("{headers:?} by HTTP/2"), refused, post_http2(&gate, "/orders", headers, SMALL));
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn a_request_without_a_body_has_none() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    assert_eq!(gate.get("/orders", &[])?.to_string(), "403 FORBIDDEN");
    assert_eq!(post(&gate, "/orders", &[("content-length", "0")], "")?.to_string(), "403 FORBIDDEN");
    assert_eq!(gate.send(chunked("/orders", "", 1).as_bytes())?.to_string(), "403 FORBIDDEN");
    gate.finish(0)
}

#[test]
fn who_is_not_known_need_not_send_a_body() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let head = "POST /own/orders HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n";
    assert_eq!(gate.send(head.as_bytes())?.to_string(), "401 UNAUTHENTICATED");
    gate.finish(0)
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let answer = post(&gate, "/orders", &[JSON, ("expect", "100-continue")], SMALL)?;
    assert_eq!(answer.to_string(), "upstream /orders");
    gate.finish(0)
}

#[test]
fn where_no_body_is_read_any_body_passes() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let large = "x".repeat(3_000_000);
    assert_eq!(post(&gate, "/uploads/a", &[("content-encoding", "br")], &large)?.seen()?.body_length, 3_000_000);
    assert_eq!(post_http2(&gate, "/uploads/a", &[], &large)?.seen()?.body_length, 3_000_000);
    gate.finish(0)
}

#[test]
fn a_grpc_message_is_no_json() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let headers = [("content-type", "application/grpc"), ("te", "trailers")];
    let answer = Http2::connect(gate.0.envoy.address())?.request("POST", "/orders", &headers, b"\0\0\0\0\0")?;
    // Envoy answers a gRPC client in its terms.
    assert_eq!((answer.status, answer.header("grpc-status")), (200, Some("13")));
    assert_eq!(gate.0.upstream.requests(), 0);
    gate.finish(0)
}
