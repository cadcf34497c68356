use anyhow::Result;

use crate::gate::{Gate, Ledger};

fn posts(head: &str, body: &str) -> String {
    format!("POST /open/a HTTP/1.1\r\nhost: t\r\n{head}\r\n\r\n{body}")
}

#[test]
fn a_message_whose_length_can_be_read_in_two_ways_is_refused() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    for (head, body, expected) in [
        ("content-length: 4", "abcd", "upstream /open/a"),
        ("transfer-encoding: chunked", "4\r\nabcd\r\n0\r\n\r\n", "upstream /open/a"),
        ("content-length: 4\r\nexpect: 100-continue", "abcd", "upstream /open/a"),
        ("content-length: 4\r\ntransfer-encoding: chunked", "0\r\n\r\n", "envoy 400"),
        ("transfer-encoding: chunked\r\ncontent-length: 4", "0\r\n\r\n", "envoy 400"),
        ("content-length: 4\r\ncontent-length: 5", "abcd", "envoy 400"),
        ("content-length: 4\r\ncontent-length: 4", "abcd", "envoy 400"),
        ("content-length: 4, 4", "abcd", "envoy 400"),
        ("content-length: -4", "abcd", "envoy 400"),
        ("content-length: +4", "abcd", "envoy 400"),
        ("content-length: 0x4", "abcd", "envoy 400"),
        ("content-length: 99999999999999999999", "abcd", "envoy 400"),
        ("transfer-encoding: xchunked", "0\r\n\r\n", "envoy 501"),
        ("transfer-encoding: gzip, chunked", "0\r\n\r\n", "envoy 501"),
        ("transfer-encoding: chunked, identity", "0\r\n\r\n", "envoy 501"),
        ("transfer-encoding: chunked\r\ntransfer-encoding: chunked", "0\r\n\r\n", "envoy 501"),
        ("transfer-encoding:\x0bchunked", "0\r\n\r\n", "envoy 400"),
    ] {
        ledger.note(head.escape_debug(), expected, gate.send(posts(head, body).as_bytes()));
    }
    ledger.settle()?;
    gate.finish(4)
}

#[test]
fn trailers_do_not_change_what_was_decided() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let body = "4\r\nabcd\r\n0\r\nx-campaign: blocked\r\nx-tollgate-principal: root\r\n\r\n";
    let answer = gate.send(posts("transfer-encoding: chunked", body).as_bytes())?;
    let seen = answer.seen()?;
    assert!(seen.header("x-campaign").is_empty());
    assert_eq!((seen.header("x-tollgate-principal"), seen.body_length), (vec!["anonymous"], 4));
    gate.finish(0)
}

#[test]
fn a_refused_request_takes_its_body_along() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    // What follows the refusal on the connection must not be read as a request of its own.
    let smuggled = "GET /open/smuggled HTTP/1.1\r\nhost: t\r\n\r\n";
    let head = format!("POST /admin/x HTTP/1.1\r\nhost: t\r\ncontent-length: {}\r\n\r\n", smuggled.len());
    let answer = gate.send(format!("{head}{smuggled}").as_bytes())?;
    assert_eq!(answer.to_string(), "401 UNAUTHENTICATED");
    let large = format!("POST /admin/x HTTP/1.1\r\nhost: t\r\ncontent-length: 300000\r\n\r\n{}", "a".repeat(300_000));
    assert_eq!(gate.send(large.as_bytes())?.to_string(), "401 UNAUTHENTICATED");
    assert_eq!(gate.0.upstream.requests(), 0);
    gate.finish(0)
}

#[test]
fn methods_are_the_clients_word_and_no_route_means_no() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    for (request, expected) in [
        ("HEAD /files/a", "401 UNAUTHENTICATED"),
        ("OPTIONS *", "envoy 404"),
        ("OPTIONS /open/a", "403 FORBIDDEN"),
        ("TRACE /open/a", "403 FORBIDDEN"),
        ("PURGE /open/a", "403 FORBIDDEN"),
        ("get /open/a", "envoy 400"),
        ("NOSUCHMETHOD /open/a", "envoy 400"),
        ("PRI *", "envoy 400"),
        ("CONNECT t:443", "400 INVALID_REQUEST"),
        ("CONNECT /open/a", "envoy 400"),
        ("DELETE /admin/x", "401 UNAUTHENTICATED"),
    ] {
        let answer = gate.send(format!("{request} HTTP/1.1\r\nhost: t\r\n\r\n").as_bytes());
        // An answer to HEAD has no body that could say who refused.
        let expected = if request.starts_with("HEAD") { "envoy 403" } else { expected };
        ledger.note(request, expected, answer);
    }
    for (head, expected) in [
        ("connection: Upgrade\r\nupgrade: websocket", "envoy 403"),
        ("connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk", "upstream /open/a"),
    ] {
        let answer = gate.send(format!("GET /open/a HTTP/1.1\r\nhost: t\r\n{head}\r\n\r\n").as_bytes());
        ledger.note(head, expected, answer);
    }
    ledger.settle()?;
    gate.finish(0)
}
