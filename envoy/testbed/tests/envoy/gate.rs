use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tollgate_testbed::client::{Http1, RawHttp2, Response};
use tollgate_testbed::{Seen, Testbed, TestbedOptions, artifacts};

/// A testbed whose plugin explains its refusals and tells the upstream whom it recognised and which policy decided.
pub(crate) struct Gate(pub(crate) Testbed);

/// What became of a request; displays as tables of expectations write it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// The upstream answered: `upstream` and the path it saw.
    Passed(Seen),
    /// The plugin refused: status and code.
    Refused(Refusal),
    /// Envoy refused by itself: `envoy` and the status.
    Envoy(u16),
    /// The stream or the connection was ended without an answer: `dropped`.
    Dropped,
}

/// The plugin's problem document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) reason: String,
    pub(crate) policy: Option<String>,
}

/// A header field as it goes over the wire.
pub(crate) type Field<'a> = (&'a [u8], &'a [u8]);

/// The policies in a folder beside these tests.
pub(crate) fn policies(name: &str) -> PathBuf {
    artifacts::workspace().join("envoy/testbed/tests/envoy/policies").join(name)
}

/// The plugin's configuration in all of these tests.
pub(crate) fn plugin_configuration() -> Value {
    json!({
        "feed": {"cluster": "tollgate_companion"},
        "explain": true,
        "forward": {
            "x-tollgate-principal": "principal.id",
            "x-tollgate-roles": "principal.roles",
            "x-tollgate-policy": "decision.policy",
        },
    })
}

impl Gate {
    /// Starts everything and waits until every worker enforces the policies.
    pub(crate) fn start(options: TestbedOptions) -> Result<Self> {
        let testbed =
            Testbed::start(&TestbedOptions { plugin_configuration: Some(plugin_configuration()), ..options })?;
        testbed.wait_enforced()?;
        Ok(Gate(testbed))
    }

    /// One with the policies in this folder beside these tests.
    pub(crate) fn with_policies(name: &str) -> Result<Self> {
        Gate::start(TestbedOptions { policies: policies(name), ..TestbedOptions::default() })
    }

    /// A GET over HTTP/1.1.
    pub(crate) fn get(&self, target: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        self.request("GET", target, headers)
    }

    /// A request over HTTP/1.1, on a connection of its own.
    pub(crate) fn request(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        self.observed(|| Http1::connect(self.0.envoy.address())?.request(method, target, headers, b"").map(Some))
    }

    /// A GET with a token for these claims.
    pub(crate) fn get_as(&self, claims: &Value, target: &str) -> Result<Answer> {
        self.get(target, &[("authorization", &self.bearer(claims)?)])
    }

    /// An `authorization` header with a good token.
    pub(crate) fn bearer(&self, claims: &Value) -> Result<String> {
        Ok(format!("Bearer {}", self.0.keys.token(claims, std::time::Duration::from_secs(3600))?))
    }

    /// These bytes, on a connection of their own.
    pub(crate) fn send(&self, bytes: &[u8]) -> Result<Answer> {
        self.observed(|| {
            let mut client = Http1::connect(self.0.envoy.address())?;
            client.send(bytes)?;
            client.read(bytes.starts_with(b"HEAD "))
        })
    }

    /// These fields over HTTP/2, as they are, on a connection of its own.
    pub(crate) fn send_fields(&self, fields: &[Field<'_>]) -> Result<Answer> {
        self.observed(|| RawHttp2::connect(self.0.envoy.address())?.request(fields, b""))
    }

    /// Sends each of these heads over HTTP/2 on a connection of its own and fails unless all are dropped. At once, because Envoy
    /// lingers before it closes a connection.
    pub(crate) fn all_dropped(&self, heads: Vec<Vec<Field<'_>>>) -> Result<()> {
        let before = self.0.upstream.requests();
        let address = self.0.envoy.address();
        let mut ledger = Ledger::default();
        std::thread::scope(|scope| {
            let exchange = |head: Vec<Field<'_>>| {
                let answer = RawHttp2::connect(address)?.request(&head, b"")?;
                answer.map_or(Ok(Answer::Dropped), |response| Answer::read(&response))
            };
            let threads: Vec<_> =
                heads.into_iter().map(|head| (shown(&head), scope.spawn(move || exchange(head)))).collect();
            for (head, thread) in threads {
                ledger.note(head, "dropped", thread.join().unwrap_or_else(|_| anyhow::bail!("panicked")));
            }
        });
        ledger.settle()?;
        ensure!(self.0.upstream.requests() == before, "a request that was dropped has reached the upstream");
        Ok(())
    }

    /// Reads an answer, and makes sure that a request which was not let through has not reached the upstream.
    pub(crate) fn observed(&self, exchange: impl FnOnce() -> Result<Option<Response>>) -> Result<Answer> {
        let before = self.0.upstream.requests();
        let answer = match exchange()? {
            None => Answer::Dropped,
            Some(response) => Answer::read(&response)?,
        };
        let seen = self.0.upstream.requests() - before;
        let expected = u64::from(matches!(answer, Answer::Passed(_)));
        ensure!(seen == expected, "the upstream saw {seen} requests, and the answer was {answer}");
        Ok(answer)
    }

    /// Ends a test: no request harmed a plugin VM, and Envoy counted no more server errors than the test expects.
    pub(crate) fn finish(self, server_errors: u64) -> Result<()> {
        let Gate(testbed) = self;
        ensure!(testbed.envoy.vm_reloads()? == 0, "a plugin VM had to be replaced");
        ensure!(testbed.envoy.stats("vm_reload")?.len() >= 3, "envoy no longer counts VM reloads under this name");
        let counted: BTreeMap<_, _> = testbed.envoy.stats("downstream_rq_5xx")?;
        let counted = counted.get("http.ingress.downstream_rq_5xx").copied().unwrap_or_default();
        ensure!(counted == server_errors, "{counted} answers were server errors, expected {server_errors}");
        Ok(())
    }
}

fn shown(head: &[Field<'_>]) -> String {
    let field = |(name, value): &Field<'_>| format!("{}: {}", name.escape_ascii(), value.escape_ascii());
    head.iter().map(field).collect::<Vec<_>>().join(", ")
}

impl Answer {
    fn read(response: &Response) -> Result<Self> {
        if response.status == 200 {
            return Ok(Answer::Passed(response.seen()?));
        }
        let Ok(problem) = response.json() else { return Ok(Answer::Envoy(response.status)) };
        ensure!(
            response.headers.is_empty() || response.header("content-type") == Some("application/problem+json"),
            "a refusal of another type: {:?}",
            response.headers
        );
        let field = |name: &str| problem.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        Ok(Answer::Refused(Refusal {
            status: response.status,
            code: field("code").with_context(|| format!("a refusal without a code: {problem}"))?,
            reason: field("reason").unwrap_or_default(),
            policy: field("policy"),
        }))
    }

    /// What the upstream saw.
    pub(crate) fn seen(&self) -> Result<&Seen> {
        match self {
            Answer::Passed(seen) => Ok(seen),
            other => anyhow::bail!("not let through: {other}"),
        }
    }

    /// The status that the client saw; 0 if it saw none.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Answer::Passed(_) => 200,
            Answer::Refused(refusal) => refusal.status,
            Answer::Envoy(status) => *status,
            Answer::Dropped => 0,
        }
    }

    /// The policy that decided, whichever way.
    pub(crate) fn policy(&self) -> Option<&str> {
        match self {
            Answer::Passed(seen) => seen.header("x-tollgate-policy").first().copied(),
            Answer::Refused(refusal) => refusal.policy.as_deref(),
            Answer::Envoy(_) | Answer::Dropped => None,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Passed(seen) => write!(f, "upstream {}", seen.path),
            Answer::Refused(refusal) => write!(f, "{} {}", refusal.status, refusal.code),
            Answer::Envoy(status) => write!(f, "envoy {status}"),
            Answer::Dropped => f.write_str("dropped"),
        }
    }
}

/// Answers compared with what was expected of them; all differences are reported at once.
#[derive(Default)]
pub(crate) struct Ledger(Vec<String>);

impl Ledger {
    /// Notes what became of one request.
    pub(crate) fn note(&mut self, request: impl fmt::Display, expected: &str, answer: Result<Answer>) {
        match answer {
            Ok(answer) if answer.to_string() == expected => {}
            Ok(answer) => self.0.push(format!("{request}: expected `{expected}`, got `{answer}` ({answer:?})")),
            Err(error) => self.0.push(format!("{request}: expected `{expected}`, failed: {error:#}")),
        }
    }

    /// Fails if anything was not as expected.
    pub(crate) fn settle(self) -> Result<()> {
        ensure!(self.0.is_empty(), "{} answers were not as expected:\n{}", self.0.len(), self.0.join("\n"));
        Ok(())
    }
}
