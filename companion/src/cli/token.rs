use anyhow::{Context, ensure};
use ring::rand::{SecureRandom, SystemRandom};

use crate::api::{hash, hex, is_name};

use super::exit::Exit;
use super::output::Output;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a token: the first line is the secret, the second belongs into the file of `serve --tokens`.
    New {
        /// Whose it is: the author of what is published with it
        #[arg(value_name = "NAME")]
        name: String,
    },
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let Command::New { name } = args.command;
    ensure!(is_name(&name), "a name is up to 64 letters, digits and `-_.@`");
    let mut secret = [0; 32];
    SystemRandom::new().fill(&mut secret).ok().context("the system gives no random numbers")?;
    let token = format!("tollgate_{}", hex(&secret));
    output.line(&token)?;
    output.line(format_args!("{name} {}", hex(&hash(&token))))?;
    Ok(Exit::Success)
}
