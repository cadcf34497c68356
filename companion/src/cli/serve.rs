use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use tokio::signal::unix::{SignalKind, signal};
use tollgate_policy::set::budget::Environment;

use crate::daemon::{Config, Daemon, PolicySource, Timing};

use super::args::environments;
use super::budget_args::BudgetArgs;
use super::exit::Exit;
use super::feed::FeedArgs;
use super::logging::{self, LogFormat};
use super::search_args::SearchArgs;

/// How long threads that nothing can end may go on after everything else has ended.
const LAST_CALL: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where policies come from
    #[arg(long, value_name = "SOURCE", default_value = "files")]
    source: Source,
    /// Folder of policy files: *.yaml, *.yml and *.json, subfolders included
    #[arg(long, value_name = "DIR", required_if_eq("source", "files"))]
    policies: Option<PathBuf>,
    /// File that keeps every version that was published; made if it does not exist
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// Keep about so many versions instead of all
    #[arg(long, value_name = "N")]
    keep_versions: Option<NonZeroU32>,
    /// File of those who may publish and roll back, with the hashes of their tokens; without it nobody may
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    #[command(flatten)]
    feed: FeedArgs,
    /// Where /healthz, /readyz, /metrics and /v1 are
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9901")]
    http: SocketAddr,
    /// Which rules of budgets count
    #[arg(long, value_name = "NAME", default_value_t, value_parser = environments())]
    environment: Environment,
    /// How many workers there should be: shown beside those that are alive
    #[arg(long, value_name = "N")]
    expect_workers: Option<u32>,
    /// Listen on addresses that others can reach, although neither listener asks who connects
    #[arg(long)]
    allow_non_loopback: bool,
    /// How the log is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log: LogFormat,
    // Last: what follows would stand under their headings.
    #[command(flatten)]
    budget: BudgetArgs,
    #[command(flatten)]
    search: SearchArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Source {
    /// The folder named with --policies
    Files,
    /// Requests to the HTTP API
    Api,
}

pub(super) fn run(args: Args) -> anyhow::Result<Exit> {
    let Args {
        source,
        policies,
        state,
        keep_versions,
        tokens,
        feed,
        search,
        budget,
        http,
        environment,
        expect_workers,
        allow_non_loopback,
        log,
    } = args;
    let source = match (source, policies) {
        (Source::Files, Some(folder)) => PolicySource::Files(folder),
        (Source::Files, None) => bail!("name the folder of policy files with --policies, or say --source api"),
        (Source::Api, None) => PolicySource::Api,
        (Source::Api, Some(_)) => bail!("--policies is for --source files: policies have one source"),
    };
    ensure!(
        allow_non_loopback || http.ip().is_loopback(),
        "--http {http} can be reached from outside and asks nobody who they are: \
         use a loopback address, or say --allow-non-loopback"
    );
    let feed = feed.config(allow_non_loopback)?;
    let search = search.config(&state)?;
    let budget = budget.config(&state)?;
    logging::start(log)?;
    let config = Config {
        source,
        search,
        budget,
        state,
        keep_versions,
        tokens,
        feed,
        http,
        environment,
        expected_workers: expect_workers,
        timing: Timing::default(),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    let outcome = runtime.block_on(serve(config));
    // A question about policies may still be worked at, and nobody waits for its answer any more.
    runtime.shutdown_timeout(LAST_CALL);
    outcome?;
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
