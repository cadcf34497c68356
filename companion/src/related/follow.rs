use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::daemon::Shutdown;
use crate::embedding::{Generation, Searches, Settled, priority};
use crate::metrics::Metrics;

use super::extract::Extract;
use super::maker::{Maker, NoExtract};

/// How long the index has to have been left alone.
const QUIET: Duration = Duration::from_secs(2);

/// How long to wait for that where it never is.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an index snapshot is made of, and by whom.
struct Job {
    maker: Maker,
    serving: Arc<Generation>,
    settled: Settled,
    metrics: Arc<Metrics>,
    go_on: Box<dyn Fn() -> bool + Send>,
}

/// Makes an index snapshot whenever the vector index has settled, until shutdown is requested. Each is made by a thread that
/// gives way to all others.
pub(crate) async fn follow(
    searches: Searches,
    extracts: watch::Sender<Option<Arc<Extract>>>,
    metrics: Arc<Metrics>,
    mut shutdown: Shutdown,
) {
    let stopping = Arc::new(AtomicBool::new(false));
    let follow = async {
        // In a task of its own: whatever becomes of it, the daemon goes on.
        loop {
            let work = work(searches.clone(), extracts.clone(), Arc::clone(&metrics), Arc::clone(&stopping));
            let ended = JoinSet::from_iter([work]).join_next().await;
            tracing::error!(?ended, "making index snapshots has ended, and is begun again");
            sleep(PATIENCE).await;
        }
    };
    tokio::select! {
        () = follow => {}
        () = shutdown.requested() => stopping.store(true, Ordering::Relaxed),
    }
}

async fn work(
    searches: Searches,
    extracts: watch::Sender<Option<Arc<Extract>>>,
    metrics: Arc<Metrics>,
    stopping: Arc<AtomicBool>,
) {
    let mut news = searches.settled();
    let mut maker = Maker::default();
    let mut is_told = false;
    // It may have settled before anybody looked.
    news.mark_changed();
    while calm(&mut news).await {
        let settled = *news.borrow_and_update();
        let Some(serving) = searches.serving().filter(|serving| serving.number == settled.generation) else { continue };
        let (generation, follower, stopping) = (settled.generation, news.clone(), Arc::clone(&stopping));
        let go_on = Box::new(move || !stopping.load(Ordering::Relaxed) && follower.borrow().generation == generation);
        let job = Job { maker: std::mem::take(&mut maker), serving, settled, metrics: Arc::clone(&metrics), go_on };
        let Some((kept, made)) = make(job).await else {
            tracing::error!("making an index snapshot failed inside the program");
            continue;
        };
        maker = kept;
        match made {
            Ok(extract) => {
                is_told = false;
                show(&extracts, &metrics, Some(extract));
            }
            Err(NoExtract::Interrupted) => news.mark_changed(),
            Err(why @ NoExtract::TooMany(_)) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!("there is no index snapshot: {why}");
                }
                show(&extracts, &metrics, None);
            }
            Err(why @ NoExtract::Index(_)) => tracing::warn!("the index snapshot stays as it was: {why}"),
        }
    }
}

fn show(extracts: &watch::Sender<Option<Arc<Extract>>>, metrics: &Metrics, extract: Option<Arc<Extract>>) {
    metrics.related.made(extract.as_deref());
    extracts.send_replace(extract);
}

/// Waits for the index to settle, and to stay so for a while. False if it never will any more.
async fn calm(news: &mut watch::Receiver<Settled>) -> bool {
    if news.changed().await.is_err() {
        return false;
    }
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        match timeout(QUIET, news.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return false,
            Err(_) => return true,
        }
    }
    true
}

/// None if the thread has died, or there is none.
async fn make(job: Job) -> Option<(Maker, Result<Arc<Extract>, NoExtract>)> {
    let (done, made) = oneshot::channel();
    let spawned = priority::spawn("related", move || {
        let Job { mut maker, serving, settled, metrics, go_on } = job;
        let started = Instant::now();
        let made = maker.make(settled.generation, settled.revision, &serving.index, &*go_on);
        metrics.related.updated_in(started.elapsed());
        // Nobody may wait for it any more.
        let _ = done.send((maker, made));
    });
    match spawned {
        Ok(_) => made.await.ok(),
        Err(error) => {
            tracing::error!(%error, "no thread can be started for the index snapshot");
            None
        }
    }
}
