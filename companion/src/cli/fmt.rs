use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tollgate_policy::source::{SourceFile, load};

use crate::format::{FormatError, format};
use crate::policies::read_paths;

use super::exit::Exit;
use super::output::Output;
use super::problems;
use super::style::{BAD, ODD};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Policy files, and folders of policy files
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Change nothing: name the files that are not in canonical form, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let files = read_paths(&args.paths)?;
    let mut formatted = Vec::with_capacity(files.len());
    let mut is_sound = true;
    for file in &files {
        match format(file) {
            Ok(text) => formatted.push(SourceFile::new(file.name.clone(), text)),
            Err(error) => {
                is_sound = false;
                refuse(&error, output)?;
                formatted.push(file.clone());
            }
        }
    }
    // Beyond the values of each file, what they mean together must not change either.
    if let Ok(before) = load(&files)
        && load(&formatted).as_ref() != Ok(&before)
    {
        anyhow::bail!("the formatted files would be another policy set; nothing is written");
    }
    let changed: Vec<&SourceFile> = files
        .iter()
        .zip(&formatted)
        .filter(|(before, after)| before.text != after.text)
        .map(|(_, after)| after)
        .collect();
    for file in &changed {
        match args.check {
            true => output.line(format_args!("{ODD}not formatted{ODD:#}: {}", file.name))?,
            false => {
                fs::write(Path::new(&file.name), file.text.as_bytes())
                    .with_context(|| format!("cannot write `{}`", file.name))?;
                output.line(format_args!("formatted: {}", file.name))?;
            }
        }
    }
    Ok(match (is_sound, args.check && !changed.is_empty()) {
        (false, _) => Exit::Unusable,
        (true, true) => Exit::Failed,
        (true, false) => Exit::Success,
    })
}

fn refuse(error: &FormatError, output: &mut Output<'_>) -> anyhow::Result<()> {
    match error {
        FormatError::Unreadable(diagnostics) => problems::write(diagnostics, output)?,
        other => output.problem(format_args!("{BAD}refused{BAD:#}: {other}"))?,
    }
    Ok(())
}
