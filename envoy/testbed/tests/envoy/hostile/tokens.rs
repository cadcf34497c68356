use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tollgate_testbed::{AUDIENCE, ISSUER, Keys};

use crate::gate::{Gate, Ledger};

const HOUR: Duration = Duration::from_secs(3600);

fn employee(more: &Value) -> Value {
    let mut claims = json!({"sub": "alice", "roles": ["employee"]});
    if let (Some(claims), Some(more)) = (claims.as_object_mut(), more.as_object()) {
        claims.extend(more.clone());
    }
    claims
}

/// Good claims under a header that the provider's key has never signed.
fn unsigned(header: &Value, signature: &str) -> String {
    let claims = employee(&json!({"iss": ISSUER, "aud": AUDIENCE, "exp": 4_000_000_000_u64}));
    let [header, claims] = [header, &claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.{signature}")
}

#[test]
fn a_token_that_is_not_good_is_refused_where_one_is_needed_and_where_none_is() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let keys = &gate.0.keys;
    let good = keys.token(&employee(&json!({})), HOUR)?;
    let (signed, _) = good.rsplit_once('.').context("three parts")?;
    let (head, signature) = (good.split('.').next().unwrap_or_default(), good.rsplit('.').next().unwrap_or_default());
    let root = employee(&json!({"iss": ISSUER, "aud": AUDIENCE, "exp": 4_000_000_000_u64, "roles": ["admin"]}));
    let root = URL_SAFE_NO_PAD.encode(root.to_string());
    let mut ledger = Ledger::default();
    for (what, token, expected) in [
        ("expired", keys.token(&employee(&json!({"exp": 1_000_000_000})), HOUR)?, "envoy 401"),
        ("not yet valid", keys.token(&employee(&json!({"nbf": 4_000_000_000_u64})), HOUR)?, "envoy 401"),
        ("another issuer", keys.token(&employee(&json!({"iss": "https://evil.example"})), HOUR)?, "envoy 401"),
        ("another audience", keys.token(&employee(&json!({"aud": "other"})), HOUR)?, "envoy 403"),
        ("no audience", keys.token(&employee(&json!({"aud": null})), HOUR)?, "envoy 401"),
        ("expiry of the wrong type", keys.token(&employee(&json!({"exp": "never"})), HOUR)?, "envoy 401"),
        ("another key", Keys::generate()?.token(&employee(&json!({})), HOUR)?, "envoy 401"),
        ("no signature", format!("{signed}."), "envoy 401"),
        ("a short signature", format!("{signed}.AAAA"), "envoy 401"),
        ("two parts", signed.to_owned(), "envoy 401"),
        ("another payload", format!("{head}.{root}.{signature}"), "envoy 401"),
        ("alg none", unsigned(&json!({"alg": "none", "typ": "JWT"}), ""), "envoy 401"),
        ("alg none with a signature", unsigned(&json!({"alg": "none", "kid": "demo"}), signature), "envoy 401"),
        ("alg HS256", unsigned(&json!({"alg": "HS256", "kid": "demo"}), signature), "envoy 401"),
        ("alg of the wrong type", unsigned(&json!({"alg": 1}), signature), "envoy 401"),
        ("no JSON", format!("{}.{root}.{signature}", URL_SAFE_NO_PAD.encode("{")), "envoy 401"),
        ("no base64", format!("{head}.***.{signature}"), "envoy 401"),
        ("not UTF-8", "\u{e9}\u{e9}".to_owned(), "envoy 401"),
    ] {
        let authorization = format!("Bearer {token}");
        for path in ["/files/a", "/open/a"] {
            ledger.note(format!("{what} {path}"), expected, gate.get(path, &[("authorization", &authorization)]));
        }
    }
    let authorization = format!("Bearer {good}");
    ledger.note("a good one", "upstream /files/a", gate.get("/files/a", &[("authorization", &authorization)]));
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn two_tokens_are_no_token() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let good = gate.bearer(&employee(&json!({})))?;
    let joined = format!("{good}, {good}");
    let mut ledger = Ledger::default();
    for values in [&[&good, "Bearer x"][..], &["Bearer x", &good], &[&good, &good], &[&joined]] {
        let headers: Vec<_> = values.iter().map(|value| ("authorization", *value)).collect();
        for path in ["/files/a", "/open/a"] {
            ledger.note(values.len(), "envoy 401", gate.get(path, &headers));
        }
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn what_envoy_does_not_take_for_a_token_makes_nobody_of_anyone() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let token = gate.0.keys.token(&employee(&json!({})), HOUR)?;
    let mut ledger = Ledger::default();
    for authorization in [token.clone(), format!("bearer {token}"), "Bearer ".to_owned(), "Basic YTpi".to_owned()] {
        let headers = [("authorization", authorization.as_str())];
        ledger.note(&authorization, "401 UNAUTHENTICATED", gate.get("/files/a", &headers));
        let answer = gate.get("/open/a", &headers)?;
        assert_eq!(answer.seen()?.header("x-tollgate-principal"), ["anonymous"]);
    }
    let query = format!("/files/a?access_token={token}");
    ledger.note("in the query", "401 UNAUTHENTICATED", gate.get(&query, &[]));
    let cookie = format!("access_token={token}");
    ledger.note("in a cookie", "401 UNAUTHENTICATED", gate.get("/files/a", &[("cookie", &cookie)]));
    ledger.settle()?;
    gate.finish(0)
}
