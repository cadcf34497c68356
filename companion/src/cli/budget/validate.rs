use std::path::PathBuf;

use anyhow::ensure;
use serde::Serialize;
use tollgate_policy::set::PolicySet;
use tollgate_policy::set::budget::{BudgetMode, Environment, Limit, Whose};
use tollgate_policy::source::Loader;

use crate::cli::args::{self, environments};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::table::Table;
use crate::cli::validate::report;
use crate::policies::{load, read_paths};

use super::Format;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, and folders of files, that make up one policy set
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Where they are to be served
    #[arg(long, value_name = "NAME", default_value_t, value_parser = environments())]
    environment: Environment,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Budgets {
    environment: &'static str,
    mode: &'static str,
    warn_at: Vec<u8>,
    models: usize,
    routes: Vec<String>,
    limits: Vec<Line>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    window: &'static str,
    unit: &'static str,
    limit: u64,
}

pub(super) fn run(args: &Args, format: Format, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    ensure!(format != Format::Csv, "--format csv is for `show` and `ledger`");
    let set = match load(&read_paths(&args.paths)?, &mut Loader::of(args.environment)) {
        Ok(set) => set,
        Err(error) => {
            let format = if format == Format::Json { args::Format::Json } else { args::Format::Text };
            report(&error, format, output)?;
            return Ok(Exit::Error);
        }
    };
    let budgets = Budgets::of(&set, args.environment)?;
    match format {
        Format::Json => output.json(&budgets)?,
        Format::Text | Format::Csv => budgets.write(output)?,
    }
    Ok(Exit::Success)
}

impl Budgets {
    fn of(set: &PolicySet, environment: Environment) -> anyhow::Result<Self> {
        // Where no route has a budget, none is missed.
        let Ok(rules) = set.budgets.environment(environment) else {
            anyhow::bail!("there are no rules for environment `{environment}`, and no route has a budget");
        };
        Ok(Budgets {
            environment: environment.name(),
            mode: match rules.mode {
                BudgetMode::Strict => "strict",
                BudgetMode::Advisory => "advisory",
                BudgetMode::Disabled => "disabled",
            },
            warn_at: rules.warn_at.clone(),
            models: set.budgets.models.len(),
            routes: set.routes.iter().filter(|route| route.budget.is_some()).map(|route| route.name.clone()).collect(),
            limits: rules.limits().map(Line::from).collect(),
        })
    }

    fn write(&self, output: &mut Output<'_>) -> anyhow::Result<()> {
        let Budgets { environment, mode, warn_at: _, models, routes, limits } = self;
        let routes = routes.len();
        output.line(format_args!("{environment}: {mode}, {models} models, {routes} routes with a budget"))?;
        let mut table = Table::new(["SCOPE", "WHOSE", "WINDOW", "UNIT", "LIMIT"]);
        for Line { scope, name, pattern, window, unit, limit } in limits {
            let whose = name.as_ref().or(pattern.as_ref()).cloned().unwrap_or_else(|| "each".to_owned());
            table.row([(*scope).to_owned(), whose, (*window).to_owned(), (*unit).to_owned(), limit.to_string()]);
        }
        table.write(output)?;
        Ok(())
    }
}

impl From<Limit> for Line {
    fn from(Limit { scope, whose, window, unit, most }: Limit) -> Self {
        let (name, pattern) = match whose {
            Whose::Each => (None, None),
            Whose::Named(name) => (Some(name), None),
            Whose::Matching(pattern) => (None, Some(pattern.text().to_owned())),
        };
        Line { scope: scope.name(), name, pattern, window: window.name(), unit: unit.name(), limit: most }
    }
}
