use anyhow::{Context, Result};
use tollgate_testbed::client::Http1;
use tollgate_testbed::{ClientCertificates, Identity, San, TestbedOptions};

use crate::gate::{Answer, Gate, Ledger, policies};

const ROOT: [(&str, &str); 2] = [("x-user-id", "root"), ("x-user-roles", "admin, employee")];

fn start() -> Result<Gate> {
    let tls = Some(ClientCertificates::Optional);
    Gate::start(TestbedOptions { policies: policies("trusted-headers"), tls, ..TestbedOptions::default() })
}

fn get(gate: &Gate, peer: Option<&Identity>, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    let config = gate.0.authority.client(peer)?;
    let address = gate.0.envoy.tls_address().context("a TLS listener")?;
    gate.observed(|| Http1::connect_tls(address, config)?.request("GET", path, headers, b"").map(Some))
}

#[test]
fn only_the_named_peer_says_who_asks() -> Result<()> {
    let gate = start()?;
    let gateway = gate.0.authority.issue(&[San::Uri("spiffe://example.org/gateway")])?;
    let other = gate.0.authority.issue(&[San::Uri("spiffe://example.org/gateway2")])?;
    let mut ledger = Ledger::default();
    ledger.note("the gateway", "upstream /admin/x", get(&gate, Some(&gateway), "/admin/x", &ROOT));
    ledger.note("another peer", "401 UNAUTHENTICATED", get(&gate, Some(&other), "/admin/x", &ROOT));
    ledger.note("nobody, with TLS", "401 UNAUTHENTICATED", get(&gate, None, "/admin/x", &ROOT));
    ledger.note("nobody, in plain", "401 UNAUTHENTICATED", gate.get("/admin/x", &ROOT));
    ledger.note("the gateway, of nobody", "401 UNAUTHENTICATED", get(&gate, Some(&gateway), "/admin/x", &[]));
    let empty = [("x-user-id", ""), ("x-user-roles", "admin")];
    ledger.note("the gateway, of no name", "401 UNAUTHENTICATED", get(&gate, Some(&gateway), "/admin/x", &empty));
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn what_an_untrusted_peer_says_of_itself_reaches_neither_conditions_nor_the_upstream() -> Result<()> {
    let gate = start()?;
    let other = gate.0.authority.issue(&[San::Uri("spiffe://example.org/gateway2")])?;
    let mixed = [("X-User-Id", "root"), ("x-USER-roles", "admin")];
    // The policies deny the page to an anonymous caller whose request shows these headers.
    for answer in
        [gate.get("/open/a", &ROOT)?, gate.get("/open/a", &mixed)?, get(&gate, Some(&other), "/open/a", &ROOT)?]
    {
        let seen = answer.seen()?;
        assert!(seen.header("x-user-id").is_empty() && seen.header("x-user-roles").is_empty(), "{:?}", seen.headers);
        assert_eq!(seen.header("x-tollgate-principal"), ["anonymous"]);
    }
    gate.finish(0)
}

#[test]
fn what_the_trusted_peer_says_reaches_the_upstream_as_it_was_decided() -> Result<()> {
    let gate = start()?;
    let gateway = gate.0.authority.issue(&[San::Uri("spiffe://example.org/gateway")])?;
    let answer = get(&gate, Some(&gateway), "/admin/x", &ROOT)?;
    let seen = answer.seen()?;
    assert_eq!((seen.header("x-user-id"), seen.header("x-user-roles")), (vec!["root"], vec!["admin, employee"]));
    assert_eq!(seen.header("x-tollgate-principal"), ["root"]);
    gate.finish(0)
}

#[test]
fn two_copies_of_an_identity_header_are_refused_from_anyone() -> Result<()> {
    let gate = start()?;
    let gateway = gate.0.authority.issue(&[San::Uri("spiffe://example.org/gateway")])?;
    let mut ledger = Ledger::default();
    for headers in [
        [("x-user-id", "alice"), ("x-user-id", "root")],
        [("x-user-id", "alice"), ("x-user-id", "alice")],
        [("x-user-roles", "employee"), ("x-user-roles", "admin")],
    ] {
        for path in ["/open/a", "/admin/x"] {
            ledger.note("the gateway", "400 INVALID_REQUEST", get(&gate, Some(&gateway), path, &headers));
            ledger.note("anyone", "400 INVALID_REQUEST", gate.get(path, &headers));
        }
    }
    ledger.note("an underscore", "envoy 400", gate.get("/open/a", &[("x_user_id", "root")]));
    ledger.settle()?;
    gate.finish(0)
}
