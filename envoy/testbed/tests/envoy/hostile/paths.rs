use anyhow::Result;

use crate::gate::{Gate, Ledger};

/// The client asks for the path, everyone may see what is under `/open/`, and nobody without a token may see the rest.
/// Either the path is refused, or the upstream sees the one that was decided.
const PATHS: [(&str, &str); 45] = [
    ("/open/a", "upstream /open/a"),
    // Dot segments, which Envoy resolves before anyone looks.
    ("/open/../admin/x", "401 UNAUTHENTICATED"),
    ("/open/%2e%2e/admin/x", "401 UNAUTHENTICATED"),
    ("/open/%2E./admin/x", "401 UNAUTHENTICATED"),
    ("/admin/../open/a", "upstream /open/a"),
    ("/open/./a", "upstream /open/a"),
    ("/%2e/open/a", "upstream /open/a"),
    ("/open/.../a", "upstream /open/.../a"),
    ("/../../open/a", "upstream /open/a"),
    // Hidden separators.
    ("/open/..%2fadmin/x", "envoy 400"),
    ("/open/%2e%2e%2fadmin", "envoy 400"),
    ("/open/a%2Fb", "envoy 400"),
    ("/open/a%5cb", "envoy 400"),
    ("/open\\..\\admin\\x", "401 UNAUTHENTICATED"),
    ("/open/a\\b", "upstream /open/a/b"),
    // Encoded twice: refused, since some servers decode twice.
    ("/open/%252e%252e/admin", "400 INVALID_REQUEST"),
    ("/open/a%252fb", "400 INVALID_REQUEST"),
    ("/open/a%25%32%66b", "400 INVALID_REQUEST"),
    // Empty segments, which Envoy merges.
    ("//open/a", "upstream /open/a"),
    ("/open//a", "upstream /open/a"),
    ("//admin/x", "401 UNAUTHENTICATED"),
    ("/files//a", "401 UNAUTHENTICATED"),
    // A trailing slash is a path of its own.
    ("/open/a/", "upstream /open/a/"),
    ("/open/", "403 FORBIDDEN"),
    ("/open", "403 FORBIDDEN"),
    ("/files/a/", "403 FORBIDDEN"),
    // Parameters.
    ("/open/a;v=1", "400 INVALID_REQUEST"),
    ("/open/a;/b", "400 INVALID_REQUEST"),
    ("/open/a%3bb", "400 INVALID_REQUEST"),
    ("/open/a/..;/b", "upstream /open/b"),
    ("/open/..;/admin/x", "401 UNAUTHENTICATED"),
    // Encodings of one byte and of none.
    ("/open/%41", "upstream /open/A"),
    ("/open/a%00b", "envoy 400"),
    ("/open/a%0ab", "400 INVALID_REQUEST"),
    ("/open/a%2", "400 INVALID_REQUEST"),
    ("/open/a%zz", "400 INVALID_REQUEST"),
    ("/open/%u002e", "400 INVALID_REQUEST"),
    ("/open/%ff%fe", "400 INVALID_REQUEST"),
    ("/open/%c0%ae%c0%ae/admin", "400 INVALID_REQUEST"),
    ("/open/%C3%A4", "upstream /open/%C3%A4"),
    // Case counts.
    ("/OPEN/a", "403 FORBIDDEN"),
    // The query is nobody's path.
    ("/open/a?x=/../../admin", "upstream /open/a?x=/../../admin"),
    ("/open/a?", "upstream /open/a?"),
    ("/open/a%3fb", "upstream /open/a%3fb"),
    ("/open/a#b", "envoy 400"),
];

#[test]
fn a_path_is_refused_or_the_upstream_sees_the_one_that_was_decided() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    for (path, expected) in PATHS {
        let answer = gate.send(format!("GET {path} HTTP/1.1\r\nhost: t\r\n\r\n").as_bytes());
        ledger.note(format!("http/1.1 {path}"), expected, answer);
        let fields: [(&[u8], &[u8]); 4] =
            [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"t"), (b":path", path.as_bytes())];
        ledger.note(format!("http/2 {path}"), expected, gate.send_fields(&fields));
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn targets_that_are_more_or_less_than_a_path_are_read_in_one_way() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    for (target, expected) in [
        ("http://t/open/a", "upstream /open/a"),
        ("http://t/admin/x", "401 UNAUTHENTICATED"),
        ("http://t/open/../admin/x", "401 UNAUTHENTICATED"),
        // The host in the target is the one that counts, and user information in it never gets anywhere.
        ("http://office.example/open/a", "401 UNAUTHENTICATED"),
        ("http://office.example@t/open/a", "upstream /open/a"),
        ("http://t", "403 FORBIDDEN"),
        ("*", "envoy 400"),
        ("open/a", "envoy 400"),
        ("", "envoy 400"),
        ("/open/a b", "envoy 400"),
        ("/open/\u{e4}", "envoy 400"),
        ("/open/a\0b", "envoy 400"),
    ] {
        let answer = gate.send(format!("GET {target} HTTP/1.1\r\nhost: t\r\n\r\n").as_bytes());
        ledger.note(format!("`{target}`"), expected, answer);
    }
    ledger.settle()?;
    let seen = gate.send(b"GET http://user:secret@t/open/a HTTP/1.1\r\nhost: office.example\r\n\r\n")?;
    assert_eq!(seen.seen()?.header("host"), ["t"]);
    gate.finish(0)
}
