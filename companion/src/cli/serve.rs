use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use tokio::signal::unix::{SignalKind, signal};

use crate::daemon::{Config, Daemon, Timing};

use super::exit::Exit;
use super::feed::FeedArgs;
use super::logging::{self, LogFormat};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of policy files: *.yaml, *.yml and *.json, subfolders included
    #[arg(long, value_name = "DIR")]
    policies: PathBuf,
    /// File that keeps version numbers and the last good snapshot; made if it does not exist
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    #[command(flatten)]
    feed: FeedArgs,
    /// Where /healthz, /readyz, /metrics and /v1/workers are
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9901")]
    http: SocketAddr,
    /// How many workers there should be: shown beside those that are alive
    #[arg(long, value_name = "N")]
    expect_workers: Option<u32>,
    /// Listen on addresses that others can reach, although neither listener asks who connects
    #[arg(long)]
    allow_non_loopback: bool,
    /// How the log is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log: LogFormat,
}

pub(super) fn run(args: Args) -> anyhow::Result<Exit> {
    let Args { policies, state, feed, http, expect_workers, allow_non_loopback, log } = args;
    ensure!(
        allow_non_loopback || http.ip().is_loopback(),
        "--http {http} can be reached from outside and asks nobody who they are: \
         use a loopback address, or say --allow-non-loopback"
    );
    let feed = feed.config(allow_non_loopback)?;
    logging::start(log)?;
    let config = Config { policies, state, feed, http, expected_workers: expect_workers, timing: Timing::default() };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(serve(config))?;
    Ok(Exit::Success)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let daemon = Daemon::start(config).await?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    };
    daemon.run_until(stop).await?;
    tracing::info!("stopped");
    Ok(())
}
