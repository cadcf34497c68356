use std::path::PathBuf;

use serde::Serialize;
use tollgate_policy::set::PolicySet;
use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::Loader;

use crate::policies::{CompileError, compile, load, read_paths};

use super::args::Format;
use super::exit::Exit;
use super::output::Output;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, and folders of files, that make up one policy set
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// How much of everything a set holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    files: usize,
    policies: usize,
    routes: usize,
    identity_sources: usize,
    principals: usize,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let files = read_paths(&args.paths)?;
    let checked = load(&files, &mut Loader::default()).and_then(|set| {
        // Some limits are those of the compiled form.
        compile(&set, SnapshotId::default())?;
        Ok(Counts::of(files.len(), &set))
    });
    match (checked, args.format) {
        (Ok(counts), Format::Json) => output.json(&counts)?,
        (Ok(counts), Format::Text) => output.line(counts.text())?,
        (Err(error), format) => {
            report(&error, format, output)?;
            return Ok(Exit::Error);
        }
    }
    Ok(Exit::Success)
}

/// Writes why files are refused.
pub(super) fn report(error: &CompileError, format: Format, output: &mut Output<'_>) -> anyhow::Result<()> {
    match (error, format) {
        (CompileError::Policies(diagnostics), Format::Json) => output.problem_json(diagnostics)?,
        (other, Format::Json) => output.problem_json(&serde_json::json!({ "problem": other.to_string() }))?,
        (error, Format::Text) => output.problem(error)?,
    }
    Ok(())
}

impl Counts {
    fn of(files: usize, set: &PolicySet) -> Self {
        Counts {
            files,
            policies: set.policies.len(),
            routes: set.routes.len(),
            identity_sources: set.identity.len(),
            principals: set.principals.len(),
        }
    }

    fn text(&self) -> String {
        let Counts { files, policies, routes, identity_sources, principals } = self;
        format!(
            "ok: {policies} policies, {routes} routes, {identity_sources} identity sources, \
             {principals} principals in {files} files"
        )
    }
}
