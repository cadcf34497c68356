use std::future;
use std::path;
use std::time::{Duration, Instant};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use super::burst::{Burst, is_change};
use super::folder::Folder;
use super::news::News;
use super::walk::Found;

/// How many events may wait. The watcher's thread waits beyond that; what the kernel then drops, it reports as one event.
const EVENT_QUEUE: usize = 4096;

/// A change that no event has told of is reported once the folder looks the same after this long: without events nobody
/// knows whether a file is still being written.
const SETTLING: Duration = Duration::from_millis(50);

/// How often the folder is looked at without being told to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) rescan: Duration,
}

/// Reports on `changes` whenever the folder's files may have changed. Ends when nobody listens any more.
///
/// The kernel's events make it quick; the rescan makes it sure. It notices what events cannot tell: a folder that is
/// itself a link and now leads elsewhere, edits behind links, network file systems, a missing folder that appears.
pub(crate) async fn watch(folder: Folder, pace: Pace, changes: mpsc::Sender<()>) {
    let mut eye = Eye::default();
    let mut burst: Option<Burst> = None;
    let mut rescan = interval(pace.rescan);
    rescan.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let over = burst.as_ref().map(Burst::over_at);
        let changed = tokio::select! {
            event = eye.event() => {
                let now = Instant::now();
                burst.get_or_insert_with(|| Burst::begin(now)).add(event, now);
                false
            }
            () = until(over) => {
                if let Some(burst) = burst.take() {
                    folder.heard(burst.into_news());
                }
                true
            }
            // While an edit is going on, a look could see half of it.
            _ = rescan.tick(), if burst.is_none() => match eye.look(&folder).await {
                Sight::Same => false,
                Sight::Unsettled => {
                    rescan.reset_after(SETTLING);
                    false
                }
                Sight::Changed(news) => {
                    folder.heard(news);
                    true
                }
            },
            () = changes.closed() => return,
        };
        if changed && changes.send(()).await.is_err() {
            return;
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => future::pending().await,
    }
}

/// What is known of the folder, and how news of it arrives.
#[derive(Debug, Default)]
struct Eye {
    watching: Option<Watching>,
    /// As last reported; the inner `None` is a folder that cannot be read.
    reported: Option<Option<Vec<Found>>>,
    /// As last seen, if that has not been reported.
    unsettled: Option<Option<Vec<Found>>>,
    /// Said once: the reason why there are no events.
    blind: bool,
}

/// What a look comes to.
enum Sight {
    Same,
    /// It differs, and may be changing right now: to be looked at again soon.
    Unsettled,
    Changed(News),
}

#[derive(Debug)]
struct Watching {
    /// Device and inode of the folder that is watched.
    identity: (u64, u64),
    events: mpsc::Receiver<Event>,
    _watcher: RecommendedWatcher,
}

impl Eye {
    async fn event(&mut self) -> Event {
        let event = match &mut self.watching {
            Some(watching) => watching.events.recv().await,
            None => future::pending().await,
        };
        match event {
            Some(event) => event,
            None => {
                self.lose_sight();
                future::pending().await
            }
        }
    }

    /// Whether the folder differs from what was reported last; makes sure that it is watched.
    async fn look(&mut self, folder: &Folder) -> Sight {
        let identity = folder.identity();
        if self.watching.as_ref().map(|watching| watching.identity) != identity {
            if self.watching.is_some() {
                self.lose_sight();
            }
            self.watching = identity.and_then(|identity| self.arm(folder, identity));
        }
        let looked_at = folder.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let found = looked_at.look().ok();
            let doubtful = found.as_ref().and_then(|found| looked_at.doubtful(found));
            (found, doubtful)
        });
        let (found, doubtful) = looking.await.unwrap_or_default();
        let found = Some(found);
        if found == self.reported {
            self.unsettled = None;
            return Sight::Same;
        }
        // Events have told of it, and it has been read since.
        if let Some(doubtful) = doubtful {
            self.unsettled = None;
            if doubtful.is_empty() {
                self.reported = found;
                return Sight::Same;
            }
            return Sight::Changed(News::Files(doubtful));
        }
        if found != self.unsettled {
            self.unsettled = found;
            return Sight::Unsettled;
        }
        self.unsettled = None;
        self.reported = found;
        Sight::Changed(News::Anything)
    }

    /// There are no events any more. What they told of last may have been a folder that was gone for a moment, so that it has to
    /// be reported although it looks as it did before.
    fn lose_sight(&mut self) {
        self.watching = None;
        self.reported = None;
    }

    fn arm(&mut self, folder: &Folder, identity: (u64, u64)) -> Option<Watching> {
        match start(folder) {
            Ok((watcher, events)) => {
                self.blind = false;
                Some(Watching { identity, events, _watcher: watcher })
            }
            Err(error) => {
                if !self.blind {
                    tracing::warn!(folder = %folder.path().display(), %error, "no file events: edits are found by rescans");
                }
                self.blind = true;
                None
            }
        }
    }
}

fn start(folder: &Folder) -> notify::Result<(RecommendedWatcher, mpsc::Receiver<Event>)> {
    let (sender, events) = mpsc::channel(EVENT_QUEUE);
    let (root, absolute) = (folder.path().to_owned(), path::absolute(folder.path())?);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // An error of the watcher says nothing about files; the rescan covers for it.
        if let Ok(mut event) = event
            && is_change(&event)
        {
            // Events are about absolute paths, and readings about those below the folder's as it was given.
            for path in &mut event.paths {
                if let Ok(below) = path.strip_prefix(&absolute) {
                    *path = root.join(below);
                }
            }
            let _ = sender.blocking_send(event);
        }
    })?;
    watcher.watch(folder.path(), RecursiveMode::Recursive)?;
    Ok((watcher, events))
}

#[cfg(test)]
mod tests;
