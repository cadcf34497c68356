use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::signing::KeyFile;

use super::exit::Exit;
use super::output::Output;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key; print its public part as the plugin's configuration takes it.
    New {
        /// Names the key in snapshots and in the plugin's configuration
        #[arg(long)]
        id: String,
        /// File for the private key; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the public part of a key.
    Public {
        /// File that `tollgate key new` has written
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub(super) fn run(args: &Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let key = match &args.action {
        Action::New { id, out } => KeyFile::create(id, out)?,
        Action::Public { file } => KeyFile::read(Path::new(file))?,
    };
    output.json(&key.public())?;
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::super::output::capture;
    use super::*;

    #[test]
    fn making_and_showing_a_key_print_the_same_line_for_the_plugin() {
        let dir = tempdir().unwrap();
        let file = dir.path().join("key");
        let new = Args { action: Action::New { id: "2026-11".to_owned(), out: file.clone() } };
        let (made, line, _) = capture(|output| run(&new, output));
        assert_eq!(made.unwrap(), Exit::Success);
        assert!(line.starts_with(r#"{"id":"2026-11","ed25519":""#), "{line}");
        let (_, shown, _) = capture(|output| run(&Args { action: Action::Public { file } }, output));
        assert_eq!(shown, line);
        let (again, _, _) = capture(|output| run(&new, output));
        assert!(again.unwrap_err().to_string().contains("exists"));
    }
}
