use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::Loader;

use crate::policies::{compile, load, read_paths};

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::validate::report;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, and folders of files, that make up one policy set
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Where the snapshot is written
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The snapshot's epoch
    #[arg(long, value_name = "N", default_value_t = 1)]
    epoch: u64,
    /// The snapshot's version
    #[arg(long, value_name = "N", default_value_t = 1)]
    snapshot_version: u64,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let id = SnapshotId { epoch: args.epoch, version: args.snapshot_version };
    let files = read_paths(&args.paths)?;
    let compiled = match load(&files, &mut Loader::default()).and_then(|set| compile(&set, id)) {
        Ok(compiled) => compiled,
        Err(error) => {
            report(&error, Format::Text, output)?;
            return Ok(Exit::Error);
        }
    };
    let path = args.output.display();
    fs::write(&args.output, &compiled.content).with_context(|| format!("cannot write snapshot `{path}`"))?;
    output.line(format_args!(
        "{path}: snapshot {id}, digest {}, {} bytes, {} policies, {} routes, {:.1} ms",
        compiled.snapshot.digest(),
        compiled.content.len(),
        compiled.snapshot.policy_count(),
        compiled.snapshot.route_count(),
        started.elapsed().as_secs_f64() * 1e3,
    ))?;
    Ok(Exit::Success)
}
