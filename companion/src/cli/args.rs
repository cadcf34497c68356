use clap::{ColorChoice, Parser, Subcommand, ValueEnum};

use super::{check, compile, serve, validate};

const EXIT_CODES: &str = "Exit codes: 0 done (check: allowed), 1 error, 2 denied (check only)";

/// Tollgate's companion: keeps Envoy's workers supplied with policies.
#[derive(Debug, Parser)]
#[command(name = "tollgate", version, color = ColorChoice::Never, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Watch a folder of policies and serve them to every worker.
    #[command(after_help = EXIT_CODES)]
    Serve(serve::Args),
    /// Say everything that is wrong with policy files.
    #[command(after_help = EXIT_CODES)]
    Validate(validate::Args),
    /// Write policy files as a snapshot.
    #[command(after_help = EXIT_CODES)]
    Compile(compile::Args),
    /// Decide one request and say why.
    #[command(after_help = EXIT_CODES)]
    Check(Box<check::Args>),
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
