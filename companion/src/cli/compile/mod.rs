mod envoy;
mod forward;
mod signature;
mod write;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Instant;

use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::Loader;

use crate::policies::{compile, load, read_paths};

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::validate::report;

use envoy::EnvoyArgs;
use signature::SignatureArgs;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, and folders of files, that make up one policy set
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Where it is written: beside and renamed, so that nobody reads half of it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The snapshot's epoch
    #[arg(long, value_name = "N", default_value_t = 1)]
    epoch: u64,
    /// The snapshot's version
    #[arg(long, value_name = "N", default_value_t = 1)]
    snapshot_version: u64,
    #[command(flatten)]
    signature: SignatureArgs,
    #[command(flatten)]
    envoy: EnvoyArgs,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let Args { paths, output: path, epoch, snapshot_version, signature, envoy } = args;
    let id = SnapshotId { epoch, version: snapshot_version };
    let signature = signature.read()?;
    envoy.check(&path)?;
    let files = read_paths(&paths)?;
    let compiled = match load(&files, &mut Loader::default()).and_then(|set| compile(&set, id)) {
        Ok(compiled) => compiled,
        Err(error) => {
            report(&error, Format::Text, output)?;
            return Ok(Exit::Error);
        }
    };
    let snapshot = &compiled.snapshot;
    let content = match &signature {
        None => compiled.content.to_vec(),
        Some(signature) => signature.sign(snapshot),
    };
    match envoy.configuration(snapshot, &content, signature.as_ref())? {
        None => write::whole(&path, &content)?,
        Some(configuration) => write::whole(&path, &serde_json::to_vec_pretty(&configuration)?)?,
    }
    output.line(format_args!(
        "{}: snapshot {id}, digest {}, {} bytes, {} policies, {} routes, {:.1} ms",
        path.display(),
        snapshot.digest(),
        content.len(),
        snapshot.policy_count(),
        snapshot.route_count(),
        started.elapsed().as_secs_f64() * 1e3,
    ))?;
    Ok(Exit::Success)
}
