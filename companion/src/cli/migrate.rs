use clap::Subcommand;
use hyper::{HeaderMap, Method};
use prost::bytes::Bytes;

use crate::client::Question;
use crate::embedding::{Migration, Migrations, Ready};

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::remote::{Remote, explain};
use super::style::{FAINT, ODD, STRONG};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    remote: Remote,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
enum Action {
    /// Say which model serves, and how far a migration is
    Status,
    /// Embed all policies with the configured model, and serve that once it is complete
    Start,
    /// Give up the migration that goes on
    Cancel,
    /// Serve the model again that served before
    Rollback,
    /// Remove the generation that is kept for a rollback
    Forget,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let client = args.remote.client()?;
    let path = match args.action.unwrap_or(Action::Status) {
        Action::Status => None,
        Action::Start => Some("/v1/migrations"),
        Action::Cancel => Some("/v1/migrations/cancel"),
        Action::Rollback => Some("/v1/migrations/rollback"),
        Action::Forget => Some("/v1/migrations/forget"),
    };
    let answer = match path {
        None => client.get("/v1/migrations"),
        Some(path) => {
            let question = Question { method: Method::POST, path, headers: HeaderMap::new(), body: Bytes::new() };
            client.ask(question).and_then(|answer| answer.json())
        }
    };
    let migrations: Migrations = answer.map_err(|error| explain(error, output))?;
    match args.format {
        Format::Json => output.json(&migrations)?,
        Format::Text => write(&migrations, output)?,
    }
    Ok(Exit::Success)
}

fn write(migrations: &Migrations, output: &mut Output<'_>) -> anyhow::Result<()> {
    let Migrations { configured, serving, migration, kept, held, problems } = migrations;
    match serving {
        Some(Ready { generation, version, stale }) => {
            let behind = if *stale == 0 { String::new() } else { format!(", {stale} policies behind") };
            output.line(format_args!("serving:    {STRONG}{version}{STRONG:#} (generation {generation}{behind})"))?;
        }
        None => output.line("serving:    nothing yet")?,
    }
    output.line(format_args!("configured: {configured}"))?;
    if let Some(Migration { from, to, phase, done, total, rate, remaining_seconds, dead, stuck, .. }) = migration {
        let share = if *total == 0 { 100 } else { done * 100 / total };
        let remaining = match remaining_seconds {
            Some(seconds) if done < total => format!(", about {} left", in_words(*seconds)),
            _ => String::new(),
        };
        output.line(format_args!(
            "migrating:  {from} to {STRONG}{to}{STRONG:#}, {phase}: {done} of {total} ({share} %), {rate:.0}/s{remaining}"
        ))?;
        if *dead > 0 {
            output.line(format_args!("            {ODD}{dead} policies could not be embedded{ODD:#}"))?;
        }
        if let Some(stuck) = stuck {
            output.line(format_args!("            {ODD}{stuck}{ODD:#}"))?;
        }
    }
    if let Some(Ready { generation, version, stale }) = kept {
        output.line(format_args!(
            "kept:       {version} (generation {generation}, {stale} policies behind) {FAINT}`tollgate migrate rollback` serves it, `forget` removes it{FAINT:#}"
        ))?;
    }
    for line in held.iter().chain(problems) {
        output.line(format_args!("{ODD}{line}{ODD:#}"))?;
    }
    Ok(())
}

fn in_words(seconds: f64) -> String {
    match seconds.ceil() {
        seconds if seconds < 90.0 => format!("{seconds:.0} s"),
        seconds if seconds < 5400.0 => format!("{:.0} min", (seconds / 60.0).ceil()),
        seconds => format!("{:.0} h", (seconds / 3600.0).ceil()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::capture;
    use super::*;

    #[test]
    fn a_migration_is_told_with_its_progress() {
        let migrations: Migrations = serde_json::from_value(serde_json::json!({
            "configured": "v2",
            "serving": {"generation": 1, "version": "v1", "stale": 0},
            "migration": {"generation": 2, "from": "v1", "to": "v2", "phase": "building", "done": 250, "total": 1000,
                "rate": 50.0, "remainingSeconds": 15.0, "dead": 1},
            "kept": {"generation": 7, "version": "v0", "stale": 3},
            "problems": ["the disk is full"],
        }))
        .unwrap();
        let (written, text, _) = capture(|output| write(&migrations, output));
        written.unwrap();
        for line in [
            "serving:    v1 (generation 1)",
            "configured: v2",
            "migrating:  v1 to v2, building: 250 of 1000 (25 %), 50/s, about 15 s left",
            "1 policies could not be embedded",
            "kept:       v0 (generation 7, 3 policies behind)",
            "the disk is full",
        ] {
            assert!(text.contains(line), "no {line:?} in\n{text}");
        }
    }
}
