use std::io;
use std::path::{Path, PathBuf};

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, IF_MATCH};
use serde::{Deserialize, Serialize};
use tollgate_policy::snapshot::SnapshotId;

use crate::api::FILES;
use crate::client::Question;
use crate::policies::read_paths;

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::remote::{Remote, explain};
use super::style::GOOD;
use super::version::id;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, and folders of files, that make up the whole policy set
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    remote: Remote,
    /// Publish only if this version is still in force
    #[arg(long, value_name = "VERSION", value_parser = id)]
    if_current: Option<SnapshotId>,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Serialize)]
struct Files {
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    name: String,
    text: String,
}

/// What is in force after a change.
#[derive(Serialize, Deserialize)]
pub(super) struct InForce {
    epoch: u64,
    version: u64,
    digest: String,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let files = read_paths(&args.paths)?;
    let files =
        files.iter().map(|file| File { name: within(&file.name, &args.paths), text: file.text.to_string() }).collect();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(FILES));
    if let Some(id) = args.if_current {
        headers.insert(IF_MATCH, HeaderValue::try_from(format!("\"{id}\""))?);
    }
    let body = serde_json::to_vec(&Files { files })?.into();
    let question = Question { method: Method::POST, path: "/v1/snapshots", headers, body };
    let answer = args.remote.client()?.ask(question).and_then(|answer| answer.json::<InForce>());
    let in_force = answer.map_err(|error| explain(error, output))?;
    write(&in_force, args.format, output)?;
    Ok(Exit::Success)
}

/// The name of a file within the folder that the command line names.
fn within(name: &str, paths: &[PathBuf]) -> String {
    let path = Path::new(name);
    let inner =
        paths.iter().filter_map(|folder| path.strip_prefix(folder).ok()).find(|inner| inner.file_name().is_some());
    let file = || path.file_name().map(Path::new);
    inner.or_else(file).unwrap_or(path).display().to_string()
}

pub(super) fn write(in_force: &InForce, format: Format, output: &mut Output<'_>) -> io::Result<()> {
    let InForce { epoch, version, digest } = in_force;
    match format {
        Format::Json => output.json(in_force),
        Format::Text => output.line(format_args!("{GOOD}in force{GOOD:#}: {epoch}.{version}, digest {digest}")),
    }
}
