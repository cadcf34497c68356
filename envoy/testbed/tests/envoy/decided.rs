use anyhow::{Context, Result};
use serde_json::{Value, json};
use tollgate_testbed::client::{Http1, Response};
use tollgate_testbed::{SnapshotId, Testbed};

/// Headers by which the upstream is told what decided, as options of `tollgate compile` name them.
pub(crate) const TOLD: [(&str, &str); 2] = [("x-snapshot", "decision.snapshot"), ("x-decision", "decision.id")];

/// What decided an allowed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) snapshot: SnapshotId,
    /// The VM's random id, or what a decision's id has of it.
    pub(crate) vm: String,
}

/// An answer of the plugin's, or of Envoy's in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed(Decided),
    Denied,
    /// The plugin has no snapshot that it could decide with.
    Undecided,
    /// There is no VM at the moment, and the answer is Envoy's own.
    NoVm,
}

/// A plugin's configuration with a feed, that tells the upstream what decided.
pub(crate) fn telling() -> Value {
    let forward: serde_json::Map<_, _> = TOLD.iter().map(|(name, fact)| ((*name).to_owned(), json!(fact))).collect();
    json!({"feed": {"cluster": "tollgate_companion"}, "forward": forward})
}

/// Asks on a connection of its own.
pub(crate) fn ask(testbed: &Testbed, page: &str) -> Result<Verdict> {
    ask_on(&mut Http1::connect(testbed.envoy.address())?, page)
}

/// Asks on this connection.
pub(crate) fn ask_on(connection: &mut Http1, page: &str) -> Result<Verdict> {
    read(&connection.request("GET", &format!("/{page}"), &[], b"")?)
}

/// Ends the VM that this connection's worker has.
pub(crate) fn trap(testbed: &Testbed) -> Result<()> {
    // What becomes of the request itself is up to Envoy.
    let _ = Http1::connect(testbed.envoy.address())?.request("GET", "/none", &[("x-tollgate-trap", "1")], b"");
    Ok(())
}

fn read(response: &Response) -> Result<Verdict> {
    Ok(match (response.status, response.json()) {
        (200, _) => Verdict::Allowed(decided(response)?),
        (403, Ok(_)) => Verdict::Denied,
        (503, Ok(_)) => Verdict::Undecided,
        (503, Err(_)) => Verdict::NoVm,
        _ => anyhow::bail!("an answer that nobody gives: {response:?}"),
    })
}

fn decided(response: &Response) -> Result<Decided> {
    let seen = response.seen()?;
    let one = |name: &str| seen.header(name).first().map(ToString::to_string).with_context(|| format!("no `{name}`"));
    let vm = one("x-decision")?.split('-').next().unwrap_or_default().to_owned();
    Ok(Decided { snapshot: one("x-snapshot")?.parse()?, vm })
}
