use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use serde::Deserialize;

use crate::client;

use super::accounts::Budget;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(15);

/// Looks at all limits again and again while calls are made.
#[derive(Debug)]
pub struct Watch {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<Watched>,
}

/// What it has seen.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// How often companions answered.
    pub looks: u64,
    /// The most that a limit was exceeded by, of a million of it.
    pub overshoot: u64,
    /// Limits that had more used and held than they allow.
    pub exceeded: Vec<Budget>,
}

impl Watch {
    /// Starts to ask these companions in turn. Those that do not answer at the moment are passed over.
    #[must_use]
    pub fn start(companions: Vec<SocketAddr>) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let thread = thread::spawn(move || {
            let mut watched = Watched::default();
            for companion in companions.iter().cycle() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(budgets) = look(*companion) {
                    watched.note(budgets);
                }
                thread::sleep(PAUSE);
            }
            watched
        });
        Watch { stopped, thread }
    }

    /// Ends, and says what it has seen.
    ///
    /// # Errors
    ///
    /// When it panicked, or hardly saw anything.
    pub fn stop(self) -> Result<Watched> {
        self.stopped.store(true, Ordering::SeqCst);
        let watched = self.thread.join().map_err(|_| anyhow!("the watch panicked"))?;
        ensure!(watched.looks > 5, "{watched:?}");
        Ok(watched)
    }
}

impl Watched {
    fn note(&mut self, budgets: Vec<Budget>) {
        self.looks += 1;
        for budget in budgets {
            let Some(limit) = budget.limit else { continue };
            let over = (budget.used + budget.held).saturating_sub(limit);
            if over > 0 {
                self.overshoot = self.overshoot.max(over * 1_000_000 / limit.max(1));
                self.exceeded.push(budget);
            }
        }
    }
}

fn look(companion: SocketAddr) -> Result<Vec<Budget>> {
    #[derive(Deserialize)]
    struct Budgets {
        budgets: Vec<Budget>,
    }
    let response = client::get(companion, "/v1/budgets?window=day&unit=tokens")?;
    let budgets: Budgets = serde_json::from_slice(&response.body)?;
    Ok(budgets.budgets)
}
