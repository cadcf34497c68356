use hyper::{HeaderMap, Method};
use prost::bytes::Bytes;
use tollgate_policy::snapshot::SnapshotId;

use crate::client::Question;

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::publish::{InForce, write};
use super::remote::{Remote, explain};
use super::version::id;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The version whose content is to be in force again, as `tollgate history` lists it
    #[arg(value_name = "VERSION", value_parser = id)]
    version: SnapshotId,
    #[command(flatten)]
    remote: Remote,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let path = format!("/v1/snapshots/{}/rollback", args.version);
    let question = Question { method: Method::POST, path: &path, headers: HeaderMap::new(), body: Bytes::new() };
    let answer = args.remote.client()?.ask(question).and_then(|answer| answer.json::<InForce>());
    let in_force = answer.map_err(|error| explain(error, output))?;
    write(&in_force, args.format, output)?;
    Ok(Exit::Success)
}
