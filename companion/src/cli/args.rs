use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ColorChoice, Parser, Subcommand, ValueEnum};
use tollgate_policy::set::budget::Environment;

use super::exit::Exit;
use super::{
    budget, check, compile, conflicts, diff, duplicates, fmt, history, key, lint, migrate, publish, recommend,
    rollback, schema, serve, show, similar, test, token, validate, workers,
};

const EXIT_CODES: &str = "Exit codes: 0 done (check and explain: allowed), 1 error, 2 denied (check and explain)";

const FMT_EXIT_CODES: &str =
    "Exit codes: 0 done, 1 a file is not formatted (with --check), 2 a file cannot be formatted faithfully";

const LINT_EXIT_CODES: &str = "Exit codes: 0 done, 1 there are findings (with --deny), 2 unusable input";

const TEST_EXIT_CODES: &str = "Exit codes: 0 every case is as expected, 1 some are not, 2 unusable input";

const DIFF_EXIT_CODES: &str = "Exit codes: 0 compared, 1 a decision flips (with --fail-on-flips), 2 unusable input";

const FINDING_EXIT_CODES: &str =
    "Exit codes: 0 done, 1 there is what --deny names, 2 unusable input, or nobody answers";

const WORKERS_EXIT_CODES: &str =
    "Exit codes: 0 done, 1 a worker is behind or silent (with --fail-if-behind), 2 nobody answers";

/// Tollgate's companion: keeps Envoy's workers supplied with policies.
#[derive(Debug, Parser)]
#[command(name = "tollgate", version, color = ColorChoice::Auto)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Watch a folder of policies and serve them to every worker.
    #[command(after_help = EXIT_CODES)]
    Serve(Box<serve::Args>),
    /// Say everything that is wrong with policy files.
    #[command(after_help = EXIT_CODES)]
    Validate(validate::Args),
    /// Write policy files as a snapshot.
    #[command(after_help = EXIT_CODES)]
    Compile(compile::Args),
    /// Decide one request and say why.
    #[command(after_help = EXIT_CODES)]
    Check(Box<check::Args>),
    /// Decide one request, and say what each part of each candidate policy's conditions came to.
    #[command(after_help = EXIT_CODES)]
    Explain(Box<check::Args>),
    /// Write policy files in their canonical form.
    #[command(after_help = FMT_EXIT_CODES)]
    Fmt(fmt::Args),
    /// Say what is probably not meant in a valid policy set.
    #[command(after_help = LINT_EXIT_CODES)]
    Lint(lint::Args),
    /// Ask the questions of test suites, and compare the answers with those expected.
    #[command(after_help = TEST_EXIT_CODES)]
    Test(test::Args),
    /// Show which decisions flip from one policy set to another.
    #[command(after_help = DIFF_EXIT_CODES)]
    Diff(diff::Args),
    /// Find policies that contradict each other, or make each other needless, with a question that shows it.
    #[command(after_help = FINDING_EXIT_CODES)]
    Conflicts(conflicts::Args),
    /// Find policies that say the same, or nearly.
    #[command(after_help = FINDING_EXIT_CODES)]
    Duplicates(duplicates::Args),
    /// List what a running companion has published.
    #[command(after_help = EXIT_CODES)]
    History(history::Args),
    /// Show one version: who published it, what it changed, how far it is enforced.
    #[command(after_help = EXIT_CODES)]
    Show(show::Args),
    /// Find the policies that are like one, or about something.
    #[command(after_help = EXIT_CODES)]
    Similar(Box<similar::Args>),
    /// Publish a whole policy set, at a companion that was started with `--source api`.
    #[command(after_help = EXIT_CODES)]
    Publish(publish::Args),
    /// Propose policies for a kind of resource that is new, from those of kinds that are like it.
    #[command(after_help = EXIT_CODES)]
    Recommend(recommend::Args),
    /// Put the content of an older version into force again, as a new version.
    #[command(after_help = EXIT_CODES)]
    Rollback(rollback::Args),
    /// Say what calls of models have used and may still use, and change it.
    #[command(after_help = EXIT_CODES)]
    Budget(budget::Args),
    /// Carry policy search from one model to another, and back.
    #[command(after_help = EXIT_CODES)]
    Migrate(migrate::Args),
    /// Make tokens for those who may publish and roll back.
    #[command(after_help = EXIT_CODES)]
    Token(token::Args),
    /// Print the JSON Schema of policy files, for editors.
    Schema(schema::Args),
    /// Show every worker that a running companion knows, and what each enforces.
    #[command(after_help = WORKERS_EXIT_CODES)]
    Workers(workers::Args),
    /// Make keys that snapshots are signed with.
    #[command(after_help = EXIT_CODES)]
    Key(key::Args),
}

impl Command {
    /// How the command ends where it cannot do its work.
    pub(super) fn exit_on_error(&self) -> Exit {
        match self {
            Command::Serve(_)
            | Command::Validate(_)
            | Command::Compile(_)
            | Command::Check(_)
            | Command::Explain(_)
            | Command::History(_)
            | Command::Show(_)
            | Command::Similar(_)
            | Command::Publish(_)
            | Command::Recommend(_)
            | Command::Rollback(_)
            | Command::Migrate(_)
            | Command::Budget(_)
            | Command::Token(_)
            | Command::Schema(_)
            | Command::Key(_) => Exit::Error,
            Command::Fmt(_)
            | Command::Lint(_)
            | Command::Test(_)
            | Command::Diff(_)
            | Command::Conflicts(_)
            | Command::Duplicates(_)
            | Command::Workers(_) => Exit::Unusable,
        }
    }
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

/// Environments by name.
pub(super) fn environments() -> impl TypedValueParser<Value = Environment> {
    PossibleValuesParser::new(Environment::NAMES.map(|(name, _)| name)).try_map(|name| name.parse())
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
