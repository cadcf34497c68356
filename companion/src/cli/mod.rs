//! The command line.

mod args;
mod asked;
mod budget;
mod budget_args;
mod check;
mod compile;
mod conflicts;
mod diff;
mod duplicates;
mod exit;
mod explain;
mod feed;
mod fmt;
mod history;
mod key;
mod lint;
mod logging;
mod migrate;
mod output;
mod problems;
mod publish;
mod recommend;
mod remote;
mod rollback;
mod schema;
mod search_args;
mod serve;
mod show;
mod similar;
mod style;
mod table;
mod test;
mod token;
mod validate;
mod version;
mod workers;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::Exit;
use output::Output;

/// Parses the process's arguments and runs what they say.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help_or_error) => {
            let exit = if help_or_error.use_stderr() { exit_on_misuse() } else { Exit::Success };
            return help_or_error.print().map_or(Exit::Error, |()| exit).into();
        }
    };
    let mut output = Output::standard();
    let on_error = cli.command.exit_on_error();
    match run(cli.command, &mut output) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Where even stderr is gone, the exit code is all that is left to say.
            let _ = output.problem(format_args!("error: {error:#}"));
            on_error.into()
        }
    }
}

/// Not clap's own exit code everywhere, which means "denied" for some commands and "unusable input" for others.
fn exit_on_misuse() -> Exit {
    match std::env::args().nth(1).as_deref() {
        Some("fmt" | "test" | "diff" | "workers" | "conflicts" | "duplicates") => Exit::Unusable,
        _ => Exit::Error,
    }
}

fn run(command: Command, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    match command {
        Command::Serve(args) => serve::run(*args),
        Command::Validate(args) => validate::run(args, output),
        Command::Compile(args) => compile::run(args, output),
        Command::Budget(args) => budget::run(&args, output),
        Command::Check(args) => check::run(*args, output),
        Command::Fmt(args) => fmt::run(args, output),
        Command::Lint(args) => lint::run(args, output),
        Command::Explain(args) => explain::run(*args, output),
        Command::Test(args) => test::run(args, output),
        Command::Diff(args) => diff::run(args, output),
        Command::Conflicts(args) => conflicts::run(args, output),
        Command::Duplicates(args) => duplicates::run(args, output),
        Command::History(args) => history::run(args, output),
        Command::Show(args) => show::run(args, output),
        Command::Similar(args) => similar::run(*args, output),
        Command::Publish(args) => publish::run(args, output),
        Command::Recommend(args) => recommend::run(args, output),
        Command::Rollback(args) => rollback::run(args, output),
        Command::Migrate(args) => migrate::run(args, output),
        Command::Token(args) => token::run(args, output),
        Command::Schema(args) => schema::run(&args, output),
        Command::Workers(args) => workers::run(&args, output),
        Command::Key(args) => key::run(&args, output),
    }
}

#[cfg(test)]
mod tests;
