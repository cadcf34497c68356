use anyhow::Result;
use serde_json::json;

use crate::gate::{Field, Gate, Ledger};

/// Fields beside those that every request has. Policies read `x-campaign` (a page is denied if it says `blocked`, or cannot be
/// read) and nothing else of what is sent here.
const FIELDS: [(&[Field<'_>], &str); 18] = [
    (&[(b"x-free", b"\xff\xfe")], "upstream /open/a"),
    (&[(b"x-campaign", b"\xff\xfe")], "403 FORBIDDEN"),
    (&[(b"x-campaign", b"spring")], "upstream /open/a"),
    (&[(b"x-campaign", b"blocked")], "403 FORBIDDEN"),
    (&[(b"x-free", b"a"), (b"x-free", b"b")], "upstream /open/a"),
    (&[(b"x-campaign", b"a"), (b"x-campaign", b"b")], "400 INVALID_REQUEST"),
    (&[(b"x-campaign", b"a"), (b"x-campaign", b"a")], "400 INVALID_REQUEST"),
    // What would have an upstream act on something else than what was decided.
    (&[(b"x-http-method-override", b"DELETE")], "400 INVALID_REQUEST"),
    (&[(b"x-http-method", b"DELETE")], "400 INVALID_REQUEST"),
    (&[(b"x-method-override", b"DELETE")], "400 INVALID_REQUEST"),
    (&[(b"x-original-url", b"/admin/x")], "400 INVALID_REQUEST"),
    (&[(b"x-original-uri", b"/admin/x")], "400 INVALID_REQUEST"),
    (&[(b"x-rewrite-url", b"/admin/x")], "400 INVALID_REQUEST"),
    (&[(b"x-rewrite-url", b"\xff")], "400 INVALID_REQUEST"),
    // Nothing that anyone reads.
    (&[(b"x-forwarded-prefix", b"/admin")], "upstream /open/a"),
    (&[(b"forwarded", b"host=office.example")], "upstream /open/a"),
    (&[(b"content-length", b"0")], "upstream /open/a"),
    (&[(b"cookie", b"a=\xff;;=;")], "upstream /open/a"),
];

pub(super) fn http1(fields: &[Field<'_>]) -> Vec<u8> {
    let mut bytes = b"GET /open/a HTTP/1.1\r\nhost: t\r\n".to_vec();
    fields.iter().for_each(|(name, value)| bytes.extend([name, &b": "[..], value, b"\r\n"].concat()));
    bytes.extend(b"\r\n");
    bytes
}

pub(super) fn http2<'a>(fields: &[Field<'a>]) -> Vec<Field<'a>> {
    let head: [Field<'_>; 4] =
        [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"t"), (b":path", b"/open/a")];
    [&head, fields].concat()
}

#[test]
fn a_header_field_has_the_same_meaning_in_both_protocols() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    for (fields, expected) in FIELDS {
        let (name, value) = fields[0];
        let what = format!("{}: {}", name.escape_ascii(), value.escape_ascii());
        ledger.note(format!("http/1.1 {what}"), expected, gate.send(&http1(fields)));
        ledger.note(format!("http/2 {what}"), expected, gate.send_fields(&http2(fields)));
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn bytes_that_are_no_header_are_refused() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    for (line, expected) in [
        (&b"x-campaign : blocked"[..], "envoy 400"),
        (b": blocked", "envoy 400"),
        (b":path: /admin/x", "envoy 400"),
        (b"x-free: a\0b", "envoy 400"),
        (b"x_campaign: a", "envoy 400"),
        (b"x-cam paign: a", "envoy 400"),
        // A folded line is read as the one line that it stands for.
        (b"x-campaign: a\r\n blocked", "403 FORBIDDEN"),
    ] {
        let bytes = [b"GET /open/a HTTP/1.1\r\nhost: t\r\n", line, b"\r\n\r\n"].concat();
        ledger.note(line.escape_ascii(), expected, gate.send(&bytes));
    }
    ledger.settle()?;
    let fields: [Field<'_>; 4] =
        [(b"x-free", b"a\0b"), (b"x_campaign", b"a"), (b"x-cam paign", b"a"), (b"x-campaign", b"a\r\n blocked")];
    gate.all_dropped(fields.iter().map(|field| http2(&[*field])).collect())?;
    gate.finish(0)
}

#[test]
fn more_than_envoy_takes_is_refused_and_what_it_takes_is_decided() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    let names: Vec<String> = (0..200).map(|number| format!("x-h{number}")).collect();
    let fields: Vec<Field<'_>> = names.iter().map(|name| (name.as_bytes(), &b"v"[..])).collect();
    let large = vec![b'a'; 64 << 10];
    let of = |length: usize| [(&b"x-large"[..], &large[..length])];
    ledger.note("90 headers", "upstream /open/a", gate.send(&http1(&fields[..90])));
    ledger.note("90 headers, http/2", "upstream /open/a", gate.send_fields(&http2(&fields[..90])));
    ledger.note("200 headers", "envoy 431", gate.send(&http1(&fields)));
    ledger.note("200 headers, http/2", "dropped", gate.send_fields(&http2(&fields)));
    ledger.note("48 KB", "upstream /open/a", gate.send(&http1(&of(48 << 10))));
    ledger.note("48 KB, http/2", "upstream /open/a", gate.send_fields(&http2(&of(48 << 10))));
    ledger.note("64 KB", "envoy 431", gate.send(&http1(&of(64 << 10))));
    ledger.note("64 KB, http/2", "dropped", gate.send_fields(&http2(&of(64 << 10))));
    let path = format!("/open/{}", "a".repeat(48 << 10));
    ledger.note("a path of 48 KB", &format!("upstream {path}"), gate.get(&path, &[]));
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn what_the_plugin_tells_the_upstream_cannot_be_forged() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let forged: [Field<'_>; 4] = [
        (b"x-tollgate-principal", b"root"),
        (b"x-tollgate-principal", b"root again"),
        (b"x-tollgate-roles", b"admin"),
        (b"x-tollgate-policy", b"\xff"),
    ];
    let nominated = [&forged[..], &[(b"connection", b"x-tollgate-principal, x-tollgate-roles")]].concat();
    for answer in [gate.send(&http1(&forged))?, gate.send(&http1(&nominated))?, gate.send_fields(&http2(&forged))?] {
        let seen = answer.seen()?;
        assert_eq!(seen.header("x-tollgate-principal"), ["anonymous"]);
        assert_eq!(seen.header("x-tollgate-roles"), ["anonymous"]);
        assert_eq!(seen.header("x-tollgate-policy"), ["pages-are-open"]);
    }
    gate.finish(0)
}

#[test]
fn a_header_that_the_client_takes_out_itself_is_seen_by_nobody() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let answer = gate.send(&http1(&[(b"x-campaign", b"blocked"), (b"connection", b"x-campaign")]))?;
    assert!(answer.seen()?.header("x-campaign").is_empty(), "it was not decided on, so it must not arrive");
    let token = gate.bearer(&json!({"sub": "alice", "roles": ["employee"]}))?;
    let answer = gate.get("/files/a", &[("authorization", &token), ("connection", "authorization")])?;
    assert_eq!(answer.to_string(), "401 UNAUTHENTICATED");
    gate.finish(0)
}
