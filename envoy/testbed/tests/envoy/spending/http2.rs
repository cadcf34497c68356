use anyhow::{Result, ensure};
use serde_json::json;
use tollgate_testbed::SCRIPT;
use tollgate_testbed::budgets::{Made, Mix};
use tollgate_testbed::client::Http2;
use tollgate_testbed::client::http::{HeaderMap, HeaderValue};

use super::site::{MINUTE, NOON, Site, Store};

/// HTTP/2 on both sides.
fn start() -> Result<Site> {
    Site::start_with(Store::Sqlite, NOON, &["{scope: global, tokens: 10000000}"], |options| {
        options.upstream_http2 = true;
    })
}

#[test]
fn a_rewritten_body_between_headers_and_trailers_arrives_whole() -> Result<()> {
    let site = start()?;
    let token = site.testbed.keys.token(&json!({"sub": "ann", "org": "wide"}), MINUTE)?;
    let mut client = Http2::connect(site.testbed.envoy.address())?;
    for (calls, streams) in (1..).zip([true, false, true]) {
        // Larger than one frame, and than what a window lets through at once.
        let text = "many words ".repeat(10_000);
        let body = json!({"model": "large", "stream": streams, "max_tokens": 50,
            "messages": [{"role": "user", "content": text}]});
        let headers = [
            ("authorization", &*format!("Bearer {token}")),
            ("content-type", "application/json"),
            (SCRIPT, "input=9 words=12 trailers=1"),
        ];
        let trailers = HeaderMap::from_iter([("x-signed".parse()?, HeaderValue::from_static("by ann"))]);
        let (answer, trailers) = client.request_with_trailers(
            "/cheapest/v1/chat/completions",
            &headers,
            body.to_string().as_bytes(),
            trailers,
        )?;
        ensure!(answer.status == 200, "{}", answer.text());
        assert_eq!(trailers.get("x-served").map(HeaderValue::as_bytes), Some(&b"whole"[..]), "{trailers:?}");
        assert_eq!(answer.header("x-tollgate-model"), Some("small"));
        assert_eq!(answer.text().matches("word ").count(), 12);
        assert!(!streams || !answer.text().contains("completion_tokens"), "{}", answer.text());
        let served = site.provider()?.served();
        assert_eq!(served.len(), calls);
        let call = &served[calls - 1];
        assert!(call.has_trailers && call.model == "small", "{:?} {}", call.headers, call.has_trailers);
        assert_eq!(call.body["messages"], body["messages"]);
        assert_eq!(call.body["stream_options"]["include_usage"] == true, streams);
    }
    let audit = site.audit(&Made::default())?;
    ensure!(audit.exact == 3 && audit.exact_tokens == 3 * 21, "{audit}");
    Ok(())
}

#[test]
fn many_calls_on_shared_connections_to_a_provider_are_settled_to_the_token() -> Result<()> {
    let site = start()?;
    let mix = Mix { seed: 4, beyond: 20, tight: 0, trouble: true };
    let made = site.traffic(16, 400, mix)?.finish()?;
    let audit = site.audit(&made)?;
    ensure!(audit.exact > 200, "too little was served: {made}\n{audit}");
    Ok(())
}
