use anyhow::Result;

use crate::gate::{Gate, Ledger};

/// `/open/a` is open to everyone, except on `office.example`, where it takes an administrator.
const HOSTS: [(&str, &str); 22] = [
    ("t", "upstream /open/a"),
    ("T:80", "upstream /open/a"),
    ("127.0.0.1", "upstream /open/a"),
    ("[::1]:8080", "upstream /open/a"),
    // Case and port do not change whose host it is.
    ("office.example", "401 UNAUTHENTICATED"),
    ("OFFICE.example", "401 UNAUTHENTICATED"),
    ("office.EXAMPLE:8443", "401 UNAUTHENTICATED"),
    // The same host in other bytes.
    ("office.example.", "400 INVALID_REQUEST"),
    ("office.example.:80", "400 INVALID_REQUEST"),
    ("user@office.example", "400 INVALID_REQUEST"),
    ("office.example@t", "400 INVALID_REQUEST"),
    ("office%2eexample", "400 INVALID_REQUEST"),
    ("t,office.example", "400 INVALID_REQUEST"),
    // No host at all.
    ("", "400 INVALID_REQUEST"),
    (":80", "400 INVALID_REQUEST"),
    ("t:", "400 INVALID_REQUEST"),
    ("t:abc", "400 INVALID_REQUEST"),
    ("t:80:80", "400 INVALID_REQUEST"),
    ("[::1", "400 INVALID_REQUEST"),
    ("t/open", "envoy 400"),
    ("t t", "envoy 400"),
    ("\u{e9}", "envoy 400"),
];

#[test]
fn a_host_has_one_reading_whatever_its_bytes() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    for (host, expected) in HOSTS {
        let answer = gate.send(format!("GET /open/a HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes());
        ledger.note(format!("`{host}`"), expected, answer);
    }
    for (head, expected) in [
        ("GET /open/a HTTP/1.1\r\n\r\n", "envoy 400"),
        ("GET /open/a HTTP/1.1\r\nhost: t\r\nhost: office.example\r\n\r\n", "400 INVALID_REQUEST"),
        ("GET /open/a HTTP/1.1\r\nhost: t\r\nx-forwarded-host: office.example\r\n\r\n", "upstream /open/a"),
        ("GET /open/a HTTP/1.0\r\n\r\n", "envoy 426"),
    ] {
        ledger.note(head, expected, gate.send(head.as_bytes()));
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn the_upstream_sees_the_host_that_was_decided() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let admin = gate.bearer(&serde_json::json!({"sub": "root", "roles": ["admin"]}))?;
    let answer = gate.get("/open/a", &[("host", "Office.Example:1"), ("authorization", &admin)])?;
    let seen = answer.seen()?;
    assert_eq!(seen.header("host"), ["Office.Example:1"]);
    assert_eq!(seen.header("x-tollgate-policy"), ["administrators-administer"]);
    gate.finish(0)
}
