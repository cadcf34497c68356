//! `tollgate validate`: everything that is wrong with a policy set.

mod cost;
mod report;

use std::path::PathBuf;

use serde::Serialize;
use tollgate_policy::set::PolicySet;
use tollgate_policy::set::budget::Environment;
use tollgate_policy::snapshot::SnapshotId;
use tollgate_policy::source::Loader;

use crate::policies::{compile, load, read_paths};

use super::args::{Format, environments};
use super::exit::Exit;
use super::output::Output;

use report::Document;
pub(super) use report::report;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, and folders of files, that make up one policy set
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Say what evaluating each condition costs, in steps: 1 for each part, element and 16 bytes of text looked at
    #[arg(long)]
    cost: bool,
    /// Also miss what an environment cannot do without: budget rules for prod, where routes have budgets
    #[arg(long, value_name = "NAME", value_parser = environments())]
    environment: Option<Environment>,
}

/// What is said of a valid set.
struct Checked {
    counts: Counts,
    /// Empty unless they are asked for.
    costs: Vec<cost::Entry>,
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
    models: usize,
    /// Of budgets, over all environments.
    limits: usize,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let files = read_paths(&args.paths)?;
    let mut loader = args.environment.map(Loader::of).unwrap_or_default();
    let checked = load(&files, &mut loader).and_then(|set| {
        // Some limits are those of the compiled form.
        compile(&set, SnapshotId::default())?;
        let costs = if args.cost { cost::of(&set) } else { Vec::new() };
        Ok(Checked { counts: Counts::of(files.len(), &set), costs })
    });
    match (&checked, args.format) {
        (_, Format::Json) => output.json(&Document::of(checked.as_ref()))?,
        (Ok(Checked { counts, costs }), Format::Text) => {
            output.line(counts.text())?;
            cost::write(costs, output)?;
        }
        (Err(error), Format::Text) => report(error, Format::Text, output)?,
    }
    Ok(if checked.is_ok() { Exit::Success } else { Exit::Error })
}

impl Counts {
    fn of(files: usize, set: &PolicySet) -> Self {
        Counts {
            files,
            policies: set.policies.len(),
            routes: set.routes.len(),
            identity_sources: set.identity.len(),
            principals: set.principals.len(),
            models: set.budgets.models.len(),
            limits: set.budgets.environments.values().map(|rules| rules.limits().count()).sum(),
        }
    }

    fn text(&self) -> String {
        let Counts { files, policies, routes, identity_sources, principals, models, limits } = self;
        let budgets = match (models, limits) {
            (0, 0) => String::new(),
            _ => format!(", {models} models, {limits} limits"),
        };
        format!(
            "ok: {policies} policies, {routes} routes, {identity_sources} identity sources, \
             {principals} principals{budgets} in {files} files"
        )
    }
}
