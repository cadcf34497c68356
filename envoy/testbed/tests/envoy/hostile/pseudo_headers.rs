use anyhow::Result;

use crate::gate::{Field, Gate, Ledger};

const HEAD: [Field<'_>; 4] =
    [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"t"), (b":path", b"/open/a")];

fn without(name: &[u8]) -> Vec<Field<'static>> {
    HEAD.into_iter().filter(|(known, _)| *known != name).collect()
}

fn with<'a>(field: Field<'a>) -> Vec<Field<'a>> {
    [&HEAD[..], &[field]].concat()
}

/// The field in place of the one of its name.
fn changed<'a>(field: Field<'a>) -> Vec<Field<'a>> {
    HEAD.into_iter().map(|known| if known.0 == field.0 { field } else { known }).collect()
}

#[test]
fn a_head_that_is_not_one_request_is_dropped() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut heads = Vec::new();
    for field in HEAD {
        heads.push(with(field));
        heads.push(without(field.0));
        heads.push([&without(field.0)[..], &[(b"x-free", b"a"), field]].concat());
    }
    let added: [Field<'_>; 11] = [
        (b":secret", b"x"),
        (b":status", b"200"),
        (b":protocol", b"websocket"),
        (b"X-Campaign", b"a"),
        (b"connection", b"x-campaign"),
        (b"transfer-encoding", b"chunked"),
        (b"te", b"gzip"),
        (b"content-length", b"5"),
        (b"x-free", b"a\r\nx-tollgate-principal: root"),
        (b"x:y", b"a"),
        (b"", b"a"),
    ];
    heads.extend(added.map(with));
    let instead: [Field<'_>; 9] = [
        (b":path", b"open/a"),
        (b":path", b"*"),
        (b":path", b""),
        (b":path", b"http://t/open/a"),
        (b":path", b"/open/a b"),
        (b":path", b"/open/a\0b"),
        (b":path", b"/open/a\r\nx-free: a"),
        (b":authority", b"user@t"),
        (b":method", b"G ET"),
    ];
    heads.extend(instead.map(changed));
    gate.all_dropped(heads)?;
    gate.finish(0)
}

#[test]
fn a_head_that_is_odd_but_one_request_is_decided_as_it_is_seen() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    for (field, expected) in [
        ((&b":authority"[..], &b"OFFICE.example:1"[..]), "401 UNAUTHENTICATED"),
        ((b":authority", b"office.example."), "400 INVALID_REQUEST"),
        ((b":method", b"get"), "403 FORBIDDEN"),
        ((b":method", b"NOSUCHMETHOD"), "403 FORBIDDEN"),
        ((b":path", b"/open/\xff"), "400 INVALID_REQUEST"),
        ((b":path", b"/open/\xc3\xa4"), "upstream /open/%C3%A4"),
        ((b":scheme", b"ftp"), "upstream /open/a"),
    ] {
        let what = format!("{}: {}", field.0.escape_ascii(), field.1.escape_ascii());
        ledger.note(what, expected, gate.send_fields(&changed(field)));
    }
    ledger.note(
        "CONNECT",
        "400 INVALID_REQUEST",
        gate.send_fields(&[(b":method", b"CONNECT"), (b":authority", b"t:443")]),
    );
    // `host` counts where there is no authority, and is nothing beside one.
    let host: Field<'_> = (b"host", b"office.example");
    ledger.note(
        "host alone",
        "401 UNAUTHENTICATED",
        gate.send_fields(&[&without(b":authority")[..], &[host]].concat()),
    );
    ledger.settle()?;
    let answer = gate.send_fields(&with(host))?;
    assert_eq!(answer.seen()?.header("host"), ["t"]);
    gate.finish(0)
}
