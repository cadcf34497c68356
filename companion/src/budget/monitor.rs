use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};

use crate::daemon::Shutdown;
use crate::sparingly::Sparingly;

use super::accounts::Accounts;

/// How long what an administrator does at another companion may go unseen.
const ROUND: Duration = Duration::from_secs(1);

/// Looks after limits: what administrators set, and what comes near them without a reserve.
pub(super) struct Monitor {
    pub(super) accounts: Accounts,
}

impl Monitor {
    pub(super) async fn run(self, mut shutdown: Shutdown) {
        let log = Sparingly::default();
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = rounds.tick() => {}
                () = shutdown.requested() => return,
            }
            tokio::select! {
                looked = self.accounts.look() => if let Err(error) = looked
                    && log.is_due("look", Instant::now())
                {
                    tracing::warn!(%error, "limits that administrators set elsewhere are not seen: the last known count");
                },
                () = shutdown.requested() => return,
            }
        }
    }
}
