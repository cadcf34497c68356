use std::path::PathBuf;

use tollgate_policy::source::Loader;

use crate::find::Corpus;
use crate::policies::{load, read_paths};
use crate::shell::Quoted;

use super::args::Format;
use super::output::Output;
use super::remote::Remote;
use super::validate;

/// Which policies a question is about: those of files, or those that a running companion has in force.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// Ask these files, or folders of files, as one set, and no companion; can be repeated
    #[arg(long, value_name = "DIR|FILE", conflicts_with_all = ["http", "token_file"])]
    policies: Vec<PathBuf>,
    #[command(flatten)]
    remote: Remote,
}

impl Asked {
    /// The companion to ask; absent where files are asked.
    pub(super) fn remote(&self) -> Option<&Remote> {
        self.policies.is_empty().then_some(&self.remote)
    }

    /// How one question is asked of the same policies, as far as files hold them.
    pub(super) fn check(&self) -> String {
        let paths = self.policies.iter().map(|path| format!(" --policies {}", Quoted(&path.display().to_string())));
        match self.policies.is_empty() {
            true => "tollgate check --policies DIR".to_owned(),
            false => paths.fold("tollgate check".to_owned(), |check, path| check + &path),
        }
    }

    /// The files' policies. What is wrong with them is written, and nothing returned.
    pub(super) fn corpus(&self, output: &mut Output<'_>) -> anyhow::Result<Option<Corpus>> {
        match load(&read_paths(&self.policies)?, &mut Loader::default()) {
            Ok(set) => Ok(Some(Corpus::of_set(&set)?)),
            Err(error) => {
                validate::report(&error, Format::Text, output)?;
                Ok(None)
            }
        }
    }
}
