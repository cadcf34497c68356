use anyhow::Result;

use crate::gate::{Gate, Ledger};

fn expect(table: &[(&str, &str)]) -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let mut ledger = Ledger::default();
    for (target, expected) in table {
        ledger.note(target, expected, gate.get(target, &[]));
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn query_parameters_that_are_read_have_one_reading() -> Result<()> {
    expect(&[
        ("/reports/1?format=pdf", "upstream /reports/1?format=pdf"),
        ("/reports/1?x=1&x=2&form%61t=%70df", "upstream /reports/1?x=1&x=2&form%61t=%70df"),
        ("/reports/1?format=csv", "403 FORBIDDEN"),
        ("/reports/1?format=pdf+", "403 FORBIDDEN"),
        ("/reports/1?format=pdf;x=1", "400 INVALID_REQUEST"),
        ("/reports/1", "403 FORBIDDEN"),
        ("/reports/1?format=pdf&format=pdf", "400 INVALID_REQUEST"),
        ("/reports/1?format=pdf&%66ormat=csv", "400 INVALID_REQUEST"),
        ("/reports/1?format=pdf&format[]=csv", "400 INVALID_REQUEST"),
        ("/reports/1?format=%zz", "400 INVALID_REQUEST"),
        ("/reports/1?format=%ff", "400 INVALID_REQUEST"),
        ("/reports/1?%zz=1&format=pdf", "400 INVALID_REQUEST"),
    ])
}

#[test]
fn the_source_is_the_peers_address() -> Result<()> {
    expect(&[("/from/127.0.0.1", "upstream /from/127.0.0.1"), ("/from/10.0.0.1", "403 FORBIDDEN")])
}

#[test]
fn a_client_does_not_choose_its_source() -> Result<()> {
    let gate = Gate::with_policies("inputs")?;
    let spoofed =
        [("x-forwarded-for", "10.0.0.1"), ("x-envoy-external-address", "10.0.0.1"), ("forwarded", "for=10.0.0.1")];
    assert_eq!(gate.get("/from/10.0.0.1", &spoofed)?.to_string(), "403 FORBIDDEN");
    assert_eq!(gate.get("/from/127.0.0.1", &spoofed)?.to_string(), "upstream /from/127.0.0.1");
    gate.finish(0)
}

#[test]
fn the_time_is_the_proxys() -> Result<()> {
    expect(&[
        ("/before/2020-01-01T00:00:00Z", "403 FORBIDDEN"),
        ("/before/9999-01-01T00:00:00Z", "upstream /before/9999-01-01T00:00:00Z"),
        ("/before/noon", "403 FORBIDDEN"),
    ])
}
