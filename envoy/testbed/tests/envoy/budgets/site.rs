use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tollgate_testbed::client::{self, Http1, Http2, Response};
use tollgate_testbed::{Provider, SCRIPT, Testbed, TestbedOptions, until};

use crate::gate::policies;

/// Everything, in front of a provider.
pub(crate) struct Site(pub(crate) Testbed);

/// A call of a model.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) path: &'static str,
    pub(crate) org: &'static str,
    pub(crate) script: &'static str,
    pub(crate) body: Value,
}

/// What the ledger says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) outcome: String,
    pub(crate) used: u64,
    pub(crate) held: u64,
}

/// A chat of OpenAI's.
pub(crate) fn chat(script: &'static str, streams: bool) -> Call {
    let body = json!({"model": "large", "stream": streams, "messages": [{"role": "user", "content": "Hello there"}]});
    Call { path: "/v1/chat/completions", org: "acme", script, body }
}

/// A message of Anthropic's.
pub(crate) fn message(script: &'static str, streams: bool) -> Call {
    let body = json!({"model": "claude", "stream": streams, "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hello there"}]});
    Call { path: "/v1/messages", body, ..chat(script, streams) }
}

impl Site {
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(|_| {})
    }

    pub(crate) fn start_with(vary: impl FnOnce(&mut TestbedOptions)) -> Result<Self> {
        let mut options = TestbedOptions { policies: policies("budgets"), provider: true, ..TestbedOptions::default() };
        vary(&mut options);
        let testbed = Testbed::start(&options)?;
        testbed.wait_enforced()?;
        Ok(Site(testbed))
    }

    pub(crate) fn provider(&self) -> Result<&Provider> {
        self.0.provider.as_ref().context("the testbed has no provider")
    }

    /// A token of somebody of this organisation.
    pub(crate) fn token(&self, org: &str) -> Result<String> {
        self.0.keys.token(&json!({"sub": "ann", "org": org}), Duration::from_secs(3600))
    }

    fn bearer(&self, org: &str) -> Result<String> {
        Ok(format!("Bearer {}", self.token(org)?))
    }

    /// Makes a call, on a connection of its own.
    pub(crate) fn call(&self, call: &Call) -> Result<Response> {
        let (bearer, body) = (self.bearer(call.org)?, call.body.to_string());
        let headers = [
            ("authorization", &*bearer),
            ("content-type", "application/json"),
            ("accept-encoding", "gzip"),
            (SCRIPT, call.script),
        ];
        Http1::connect(self.0.envoy.address())?.request("POST", call.path, &headers, body.as_bytes())
    }

    /// Makes a call whose body comes byte by byte and without a length.
    pub(crate) fn call_in_chunks(&self, call: &Call) -> Result<Response> {
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: t\r\nauthorization: {}\r\ncontent-type: application/json\r\n\
             {SCRIPT}: {}\r\ntransfer-encoding: chunked\r\n\r\n",
            call.path,
            self.bearer(call.org)?,
            call.script
        );
        let chunks: String = call.body.to_string().chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
        let mut client = Http1::connect(self.0.envoy.address())?;
        client.send(format!("{head}{chunks}0\r\n\r\n").as_bytes())?;
        client.read(false)?.context("no answer")
    }

    /// Makes a call over HTTP/2.
    pub(crate) fn call_by_http2(&self, call: &Call) -> Result<Response> {
        let (bearer, body) = (self.bearer(call.org)?, call.body.to_string());
        let headers = [("authorization", &*bearer), ("content-type", "application/json"), (SCRIPT, call.script)];
        Http2::connect(self.0.envoy.address())?.request("POST", call.path, &headers, body.as_bytes())
    }

    /// Begins a call and leaves its answer unread.
    pub(crate) fn begin(&self, call: &Call) -> Result<Http1> {
        let (bearer, body) = (self.bearer(call.org)?, call.body.to_string());
        let message = format!(
            "POST {} HTTP/1.1\r\nhost: t\r\nauthorization: {bearer}\r\ncontent-type: application/json\r\n\
             {SCRIPT}: {}\r\ncontent-length: {}\r\n\r\n{body}",
            call.path,
            call.script,
            body.len()
        );
        let mut client = Http1::connect(self.0.envoy.address())?;
        client.send(message.as_bytes())?;
        Ok(client)
    }

    /// What the companion says at this path.
    pub(crate) fn ask(&self, path: &str) -> Result<Value> {
        let response = client::get(self.0.companion.address(), path)?;
        ensure!(response.status == 200, "{path}: {} {}", response.status, response.text());
        response.json()
    }

    /// The ledger, once it has so many rows.
    pub(crate) fn settled(&self, count: usize) -> Result<Vec<Row>> {
        until("the calls are settled", || {
            let ledger = self.ask("/v1/budgets/ledger/rows")?;
            let rows = ledger.get("rows").and_then(Value::as_array).context("no rows")?;
            ensure!(rows.len() <= count, "more than {count} rows: {ledger}");
            let row = |row: &Value| Row {
                outcome: row.get("outcome").and_then(Value::as_str).unwrap_or_default().to_owned(),
                used: row.pointer("/used/tokens").and_then(Value::as_u64).unwrap_or_default(),
                held: row.pointer("/held/tokens").and_then(Value::as_u64).unwrap_or_default(),
            };
            Ok((rows.len() == count).then(|| rows.iter().map(row).collect()))
        })
    }

    /// What is used and held of the organisation's tokens today.
    pub(crate) fn used_and_held(&self, org: &str) -> Result<(u64, u64)> {
        let usage = self.ask(&format!("/v1/budgets?scope=org&name={org}&unit=tokens&window=day"))?;
        let Some(budget) = usage.pointer("/budgets/0") else { return Ok((0, 0)) };
        let amount = |name| budget.get(name).and_then(Value::as_u64).context(name);
        Ok((amount("used")?, amount("held")?))
    }
}
