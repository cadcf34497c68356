use tollgate_policy::source::JSON_SCHEMA;

use crate::suite;

use super::exit::Exit;
use super::output::Output;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The schema of test suites instead
    #[arg(long)]
    suite: bool,
}

pub(super) fn run(args: &Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let schema = if args.suite { suite::JSON_SCHEMA } else { JSON_SCHEMA };
    output.line(schema.trim_end())?;
    Ok(Exit::Success)
}
