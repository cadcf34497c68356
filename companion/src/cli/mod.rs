//! The command line.

mod args;
mod check;
mod compile;
mod exit;
mod logging;
mod output;
mod serve;
mod validate;

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
            // Not clap's own exit code for a wrong usage, which here means "denied".
            let exit = if help_or_error.use_stderr() { Exit::Error } else { Exit::Success };
            return help_or_error.print().map_or(Exit::Error, |()| exit).into();
        }
    };
    let mut output = Output::standard();
    match run(cli.command, &mut output) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // Where even stderr is gone, the exit code is all that is left to say.
            let _ = output.problem(format_args!("error: {error:#}"));
            Exit::Error.into()
        }
    }
}

fn run(command: Command, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    match command {
        Command::Serve(args) => serve::run(args),
        Command::Validate(args) => validate::run(args, output),
        Command::Compile(args) => compile::run(args, output),
        Command::Check(args) => check::run(*args, output),
    }
}

#[cfg(test)]
mod tests;
