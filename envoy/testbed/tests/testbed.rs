//! The testbed's own promises, kept against the real Envoy: without the plugin, so that what is seen here is the bootstrap's
//! doing and not a policy's.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use tollgate_testbed::client::{Http1, Http2};
use tollgate_testbed::{ClientCertificates, Identity, Keys, San, Testbed, TestbedOptions};

const HOUR: Duration = Duration::from_secs(3600);

fn testbed(options: TestbedOptions) -> Result<Testbed> {
    Testbed::start(&TestbedOptions { plugin: false, ..options })
}

fn status(testbed: &Testbed, authorization: &str) -> Result<u16> {
    let mut client = Http1::connect(testbed.envoy.address())?;
    Ok(client.request("GET", "/v1/anything", &[("authorization", authorization)], b"")?.status)
}

#[test]
fn a_token_passes_only_if_the_provider_signed_it_and_it_is_in_force() -> Result<()> {
    let testbed = testbed(TestbedOptions::default())?;
    let alice = json!({"sub": "alice"});
    let good = testbed.keys.token(&alice, HOUR)?;
    assert_eq!(status(&testbed, &format!("Bearer {good}"))?, 200);
    assert_eq!(testbed.upstream.requests(), 1);

    let foreign = Keys::generate()?.token(&alice, HOUR)?;
    let expired = testbed.keys.token(&json!({"sub": "alice", "exp": 1_000_000_000}), HOUR)?;
    let elsewhere = testbed.keys.token(&json!({"sub": "alice", "aud": "other"}), HOUR)?;
    let (signed, _) = good.rsplit_once('.').context("three parts")?;
    for bad in [foreign.as_str(), &expired, &elsewhere, &format!("{signed}.AAAA"), "not-a-token"] {
        let status = status(&testbed, &format!("Bearer {bad}"))?;
        assert!(matches!(status, 401 | 403), "{bad}: {status}");
    }
    assert_eq!(testbed.upstream.requests(), 1, "no bad token reached the upstream");
    Ok(())
}

#[test]
fn a_request_without_a_token_reaches_the_filters_behind_jwt_authn() -> Result<()> {
    let testbed = testbed(TestbedOptions::default())?;
    let mut client = Http1::connect(testbed.envoy.address())?;
    let response = client.request("POST", "/v1/anything?q=1", &[("x-custom", "yes")], b"four")?;
    let seen = response.seen()?;
    assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.body_length), ("POST", "/v1/anything?q=1", 4));
    assert_eq!(seen.header("x-custom"), ["yes"]);
    Ok(())
}

#[test]
fn http2_and_http1_enter_by_the_same_port() -> Result<()> {
    let testbed = testbed(TestbedOptions::default())?;
    let mut client = Http2::connect(testbed.envoy.address())?;
    for number in 1..=3 {
        let seen = client.request("GET", "/v2", &[("x-custom", "yes")], b"")?.seen()?;
        assert_eq!((seen.path.as_str(), seen.request), ("/v2", number));
    }
    Ok(())
}

#[test]
fn paths_that_can_be_read_in_two_ways_are_normalised_or_refused() -> Result<()> {
    let testbed = testbed(TestbedOptions::default())?;
    let get = |target: &str, headers: &[(&str, &str)]| {
        Http1::connect(testbed.envoy.address())?.request("GET", target, headers, b"")
    };
    assert_eq!(get("/a/./b//c/../d", &[])?.seen()?.path, "/a/b/d");
    assert_eq!(get("/a%2Fb", &[])?.status, 400);
    assert_eq!(get("/a%5Cb", &[])?.status, 400);
    assert_eq!(get("/a", &[("x_user_id", "root")])?.status, 400);
    assert_eq!(testbed.upstream.requests(), 1);
    Ok(())
}

#[test]
fn bytes_that_are_not_http_get_an_answer() -> Result<()> {
    let testbed = testbed(TestbedOptions::default())?;
    let mut client = Http1::connect(testbed.envoy.address())?;
    client.send(b"GET /\xff HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n")?;
    assert_eq!(client.read(false)?.map(|answer| answer.status), Some(400));
    assert_eq!(client.read(false)?, None, "and the connection is closed");
    Ok(())
}

#[test]
fn only_clients_with_a_certificate_of_the_authority_pass_where_one_is_required() -> Result<()> {
    let testbed = testbed(TestbedOptions { tls: Some(ClientCertificates::Required), ..TestbedOptions::default() })?;
    let sans = [San::Uri("spiffe://example.org/billing")];
    let billing = testbed.authority.issue(&sans)?;
    let impostor = Identity::self_signed(&sans)?;
    let get = |identity: Option<&Identity>| {
        let config = testbed.authority.client(identity)?;
        Http1::connect_tls(testbed.envoy.tls_address().context("a TLS listener")?, config)?.request(
            "GET",
            "/",
            &[],
            b"",
        )
    };
    assert_eq!(get(Some(&billing))?.status, 200);
    get(Some(&impostor)).expect_err("a certificate of nobody's");
    get(None).expect_err("no certificate");
    Ok(())
}

#[test]
fn where_certificates_are_optional_an_unverified_one_is_still_refused() -> Result<()> {
    let testbed = testbed(TestbedOptions { tls: Some(ClientCertificates::Optional), ..TestbedOptions::default() })?;
    let impostor = Identity::self_signed(&[San::Uri("spiffe://example.org/billing")])?;
    let get = |identity: Option<&Identity>| {
        let config = testbed.authority.client(identity)?;
        Http1::connect_tls(testbed.envoy.tls_address().context("a TLS listener")?, config)?.request(
            "GET",
            "/",
            &[],
            b"",
        )
    };
    assert_eq!(get(None)?.status, 200);
    get(Some(&impostor)).expect_err("a certificate of nobody's");
    Ok(())
}

#[test]
fn stats_are_found_by_name() -> Result<()> {
    let testbed = testbed(TestbedOptions::default())?;
    assert_eq!(status(&testbed, "Bearer nonsense")?, 401);
    assert_eq!(testbed.envoy.stat("http.ingress.jwt_authn.denied")?, Some(1));
    assert_eq!(testbed.envoy.stat("http.ingress.no_such")?, None);
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}
