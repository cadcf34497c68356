use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;

use crate::client::{Client, ClientError};

use super::output::Output;
use super::problems;

/// Where a running companion is, and who asks it.
#[derive(Debug, clap::Args)]
pub(super) struct Remote {
    /// Where the companion's API listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9901", global = true)]
    http: SocketAddr,
    /// File that holds the token to show; without it, the variable TOLLGATE_TOKEN
    #[arg(long, value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,
}

impl Remote {
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        let client = Client::new(self.http)?;
        let token = match &self.token_file {
            Some(path) => Some(
                fs::read_to_string(path).with_context(|| format!("cannot read the token in `{}`", path.display()))?,
            ),
            None => std::env::var("TOLLGATE_TOKEN").ok(),
        };
        match token.as_deref().map(str::trim) {
            None | Some("") => Ok(client),
            Some(token) => Ok(client.with_token(token)?),
        }
    }
}

/// Says why a request was refused; for refused policies, everything that is wrong with them.
pub(super) fn explain(error: ClientError, output: &mut Output<'_>) -> anyhow::Error {
    if let ClientError::Refused { problem, .. } = &error
        && let Err(error) = problems::list(&problem.diagnostics, problem.omitted, output)
    {
        return error.into();
    }
    error.into()
}
