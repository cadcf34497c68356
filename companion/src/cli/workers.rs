use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::remote::Remote;
use super::table::Table;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    remote: Remote,
    /// How the workers are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Exit with 1 if a worker does not enforce the current snapshot, or nothing is heard of it, or of any
    #[arg(long)]
    fail_if_behind: bool,
}

/// What is read of the companion's answer; all of it goes through to `--format json`.
#[derive(Debug, Deserialize)]
struct Answer {
    workers: Vec<Worker>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Worker {
    vm_id: String,
    node: String,
    cluster: String,
    build: String,
    state: String,
    applied: Option<Id>,
    versions_behind: u64,
    behind_ms: u64,
    serving: bool,
    last_nack: Option<Nack>,
    last_seen_ms_ago: u64,
}

#[derive(Debug, Deserialize, Serialize)]
struct Id {
    epoch: u64,
    version: u64,
}

#[derive(Debug, Deserialize, Serialize)]
struct Nack {
    reason: String,
}

pub(super) fn run(args: &Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let body: Value = args.remote.client()?.get("/v1/workers")?;
    report(body, args.format, args.fail_if_behind, output)
}

fn report(body: Value, format: Format, fail_if_behind: bool, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    if let Format::Json = format {
        output.json(&body)?;
    }
    let Answer { workers } = serde_json::from_value(body)?;
    if let Format::Text = format {
        table(&workers).write(output)?;
    }
    // Whoever said goodbye enforces nothing and is missed by nobody; but somebody has to be there.
    let is_well = |worker: &Worker| matches!(worker.state.as_str(), "ok" | "gone");
    let all_well = workers.iter().all(is_well) && workers.iter().any(|worker| worker.state == "ok");
    Ok(if fail_if_behind && !all_well { Exit::Failed } else { Exit::Success })
}

fn table(workers: &[Worker]) -> Table {
    let mut table = Table::new([
        "NODE",
        "CLUSTER",
        "WORKER",
        "STATE",
        "SERVING",
        "SNAPSHOT",
        "BEHIND",
        "SEEN",
        "BUILD",
        "LAST NACK",
    ]);
    for worker in workers {
        let behind = match worker.versions_behind {
            0 => "-".to_owned(),
            versions => format!("{versions} for {}", seconds(worker.behind_ms)),
        };
        let snapshot = worker.applied.as_ref().map_or("-".to_owned(), |id| format!("{}.{}", id.epoch, id.version));
        table.row([
            worker.node.clone(),
            worker.cluster.clone(),
            worker.vm_id.chars().take(8).collect(),
            worker.state.clone(),
            if worker.serving { "yes" } else { "no" }.to_owned(),
            snapshot,
            behind,
            format!("{} ago", seconds(worker.last_seen_ms_ago)),
            worker.build.clone(),
            worker.last_nack.as_ref().map_or("-", |nack| &nack.reason).to_owned(),
        ]);
    }
    table
}

fn seconds(millis: u64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}

#[cfg(test)]
mod tests;
