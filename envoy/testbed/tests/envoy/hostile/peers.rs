use anyhow::{Context, Result};
use tollgate_testbed::client::Http1;
use tollgate_testbed::{Authority, ClientCertificates, Identity, San, TestbedOptions};

use crate::gate::{Answer, Gate, Ledger, policies};

const BILLING: San<'_> = San::Uri("spiffe://example.org/billing");

fn start(clients: ClientCertificates) -> Result<Gate> {
    Gate::start(TestbedOptions { policies: policies("certificates"), tls: Some(clients), ..TestbedOptions::default() })
}

fn get(gate: &Gate, identity: Option<&Identity>, path: &str) -> Result<Answer> {
    let config = gate.0.authority.client(identity)?;
    let address = gate.0.envoy.tls_address().context("a TLS listener")?;
    gate.observed(|| Http1::connect_tls(address, config)?.request("GET", path, &[], b"").map(Some))
}

#[test]
fn where_certificates_are_required_an_unverified_one_ends_in_the_handshake() -> Result<()> {
    let gate = start(ClientCertificates::Required)?;
    let billing = gate.0.authority.issue(&[BILLING])?;
    let answer = get(&gate, Some(&billing), "/files/a")?;
    let seen = answer.seen()?;
    assert_eq!(seen.header("x-tollgate-principal"), ["spiffe://example.org/billing"]);
    for impostor in [Identity::self_signed(&[BILLING])?, Authority::generate()?.issue(&[BILLING])?] {
        get(&gate, Some(&impostor), "/files/a").expect_err("the handshake fails");
    }
    get(&gate, None, "/files/a").expect_err("the handshake fails");
    assert_eq!(gate.0.upstream.requests(), 1);
    gate.finish(0)
}

#[test]
fn where_envoy_accepts_any_certificate_an_unverified_one_is_still_nobody() -> Result<()> {
    let gate = start(ClientCertificates::Unverified)?;
    let billing = gate.0.authority.issue(&[BILLING])?;
    let foreign = Authority::generate()?.issue(&[BILLING])?;
    let own = Identity::self_signed(&[BILLING])?;
    let mut ledger = Ledger::default();
    for (who, identity, files, open) in [
        ("verified", Some(&billing), "upstream /files/a", "upstream /open/a"),
        ("self-signed", Some(&own), "401 UNAUTHENTICATED", "401 UNAUTHENTICATED"),
        ("of another authority", Some(&foreign), "401 UNAUTHENTICATED", "401 UNAUTHENTICATED"),
        ("none", None, "401 UNAUTHENTICATED", "upstream /open/a"),
    ] {
        ledger.note(who, files, get(&gate, identity, "/files/a"));
        ledger.note(who, open, get(&gate, identity, "/open/a"));
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn a_certificate_without_a_name_of_the_kind_says_nothing() -> Result<()> {
    let gate = start(ClientCertificates::Optional)?;
    let mut ledger = Ledger::default();
    for sans in [&[San::Dns("billing.example.org")][..], &[]] {
        let identity = gate.0.authority.issue(sans)?;
        let what = format!("{sans:?}");
        ledger.note(&what, "401 UNAUTHENTICATED", get(&gate, Some(&identity), "/files/a"));
        ledger.note(&what, "upstream /open/a", get(&gate, Some(&identity), "/open/a"));
    }
    ledger.settle()?;
    gate.finish(0)
}
