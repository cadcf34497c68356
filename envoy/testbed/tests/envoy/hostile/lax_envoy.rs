//! An Envoy that normalises and refuses nothing by itself: the plugin then stands alone, and still decides on no reading of a
//! request but the upstream's.

use anyhow::Result;
use tollgate_testbed::TestbedOptions;

use super::headers::{http1, http2};
use crate::gate::{Field, Gate, Ledger, policies};

fn start(set: &str) -> Result<Gate> {
    Gate::start(TestbedOptions { policies: policies(set), lax: true, ..TestbedOptions::default() })
}

#[test]
fn a_path_that_nobody_normalised_is_refused() -> Result<()> {
    let gate = start("hostile")?;
    let mut ledger = Ledger::default();
    for path in [
        "/open/../admin/x",
        "/open/%2e%2e/admin/x",
        "/open/%2E./admin/x",
        "/open/..%2fadmin/x",
        "/open/%2e%2e%2fadmin",
        "/open/..%5cadmin",
        "/open/..\\admin",
        "/open/./a",
        "/%2e/open/a",
        "//open/a",
        "/open//a",
        "/open/a;v=1",
        "/open/a/..;/b",
        "/open/%41",
        "/open/a%00b",
        "/open/a%",
        "/open/%ff",
        "/open/a|b",
        "/open/a\"b",
    ] {
        let answer = gate.send(format!("GET {path} HTTP/1.1\r\nhost: t\r\n\r\n").as_bytes());
        ledger.note(format!("http/1.1 {path}"), "400 INVALID_REQUEST", answer);
        let fields: [Field<'_>; 4] =
            [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"t"), (b":path", path.as_bytes())];
        ledger.note(format!("http/2 {path}"), "400 INVALID_REQUEST", gate.send_fields(&fields));
    }
    ledger.note("a canonical one", "upstream /open/a/", gate.get("/open/a/", &[]));
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn two_hundred_headers_and_very_large_ones_are_decided() -> Result<()> {
    let gate = start("hostile")?;
    let names: Vec<String> = (0..200).map(|number| format!("x-h{number}")).collect();
    let many: Vec<Field<'_>> = names.iter().map(|name| (name.as_bytes(), &b"\xff"[..])).collect();
    let large = vec![b'a'; 600_000];
    let mut ledger = Ledger::default();
    for fields in [&many[..], &[(b"x-large", &large[..64 << 10])]] {
        let what = format!("{} fields", fields.len());
        ledger.note(&what, "upstream /open/a", gate.send(&http1(fields)));
        ledger.note(&what, "upstream /open/a", gate.send_fields(&http2(fields)));
        // One that policies read, among all the others.
        let blocked = [fields, &[(b"x-campaign", b"blocked")]].concat();
        ledger.note(&what, "403 FORBIDDEN", gate.send(&http1(&blocked)));
        ledger.note(&what, "403 FORBIDDEN", gate.send_fields(&http2(&blocked)));
    }
    ledger.note("600 KB", "upstream /open/a", gate.send(&http1(&[(b"x-large", &large)])));
    // More than a condition looks at is an error, and an erring deny applies.
    ledger.note("600 KB to a condition", "403 FORBIDDEN", gate.send(&http1(&[(b"x-campaign", &large)])));
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn spellings_that_an_upstream_takes_for_the_same_header_are_taken_out() -> Result<()> {
    let gate = start("trusted-headers")?;
    let forged: [Field<'_>; 4] = [
        (b"x_tollgate_principal", b"root"),
        (b"X-Tollgate_Roles", b"admin"),
        (b"x_user_id", b"root"),
        (b"X_User-Roles", b"admin"),
    ];
    let answer = gate.send(&http1(&forged))?;
    let seen = answer.seen()?;
    assert_eq!(seen.header("x-tollgate-principal"), ["anonymous"]);
    let left: Vec<_> = seen.headers.iter().filter(|(name, _)| name.contains('_')).collect();
    assert!(left.is_empty(), "{left:?}");
    gate.finish(0)
}
