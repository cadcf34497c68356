use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tollgate_testbed::client::{Http1, RawHttp2, Response};
use tollgate_testbed::{Seen, Testbed, TestbedOptions, artifacts};

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The upstream answered.
    Passed(Seen),
    /// The plugin refused: status, code, reason.
    Refused(u16, String, String),
    /// Envoy refused before the plugin was asked.
    Envoy(u16),
    /// The connection or the stream was ended without an answer.
    Dropped,
}

/// A plugin that explains its refusals, and tells the upstream who was recognised and which policy decided.
pub(crate) fn plugin_configuration() -> Value {
    json!({
        "feed": {"cluster": "tollgate_companion"},
        "explain": true,
        "forward": {"x-tollgate-principal": "principal.id", "x-tollgate-roles": "principal.roles", "x-tollgate-policy": "decision.policy"},
    })
}

/// The policies in a folder of these tests.
pub(crate) fn policies(name: &str) -> PathBuf {
    artifacts::workspace().join("envoy/testbed/tests/envoy/policies").join(name)
}

/// Starts a testbed whose workers all enforce its policies.
pub(crate) fn start(options: TestbedOptions) -> Result<Testbed> {
    let testbed =
        Testbed::start(&TestbedOptions { plugin_configuration: Some(plugin_configuration()), ..options })?;
    testbed.wait_enforced()?;
    Ok(testbed)
}

/// Sends bytes on a connection of their own and reads what becomes of them.
pub(crate) fn send(testbed: &Testbed, bytes: &[u8]) -> Result<Answer> {
    observed(testbed, || {
        let mut client = Http1::connect(testbed.envoy.address())?;
        client.send(bytes)?;
        client.read(bytes.starts_with(b"HEAD "))
    })
}

/// A GET over HTTP/1.1.
pub(crate) fn get(testbed: &Testbed, target: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    request(testbed, "GET", target, headers)
}

/// A request over HTTP/1.1.
pub(crate) fn request(testbed: &Testbed, method: &str, target: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    observed(testbed, || Http1::connect(testbed.envoy.address())?.request(method, target, headers, b"").map(Some))
}

/// These fields over HTTP/2, as they are.
pub(crate) fn fields(testbed: &Testbed, fields: &[(&[u8], &[u8])]) -> Result<Answer> {
    observed(testbed, || RawHttp2::connect(testbed.envoy.address())?.request(fields, b""))
}

/// Reads an answer, and makes sure that the upstream saw the request if and only if it answered.
pub(crate) fn observed(testbed: &Testbed, exchange: impl FnOnce() -> Result<Option<Response>>) -> Result<Answer> {
    let before = testbed.upstream.requests();
    let answer = match exchange()? {
        None => Answer::Dropped,
        Some(response) => read(&response)?,
    };
    let seen = testbed.upstream.requests() - before;
    let expected = u64::from(matches!(answer, Answer::Passed(_)));
    ensure!(seen == expected, "the upstream saw {seen} requests, and the answer was {answer:?}");
    Ok(answer)
}

fn read(response: &Response) -> Result<Answer> {
    if response.status == 200 {
        return Ok(Answer::Passed(response.seen()?));
    }
    let Ok(problem) = response.json() else { return Ok(Answer::Envoy(response.status)) };
    let field = |name: &str| problem.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let code = field("code").with_context(|| format!("a refusal without a code: {problem}"))?;
    Ok(Answer::Refused(response.status, code, field("reason").unwrap_or_default()))
}
