use tokio::sync::mpsc;

use crate::budget::{MOST_UNSETTLED, Till};

use super::proto;

/// How many are acknowledged in one message, at most.
const TOGETHER: usize = 1024;

/// The settlements of one stream, from their coming to their acknowledgement.
#[derive(Debug)]
pub(super) struct Settlements {
    till: Till,
    settled: mpsc::UnboundedReceiver<u64>,
    said: mpsc::UnboundedSender<u64>,
    /// How many have been taken and are not acknowledged.
    under_way: usize,
    owed: Vec<u64>,
}

/// More come than are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more calls have ended than can be settled now: say it again")]
pub(super) struct Full;

impl Settlements {
    pub(super) fn new(till: Till) -> Self {
        let (said, settled) = mpsc::unbounded_channel();
        Settlements { till, settled, said, under_way: 0, owed: Vec::new() }
    }

    pub(super) fn take(&mut self, settlements: proto::Settlements) -> Result<(), Full> {
        self.under_way = self.under_way.saturating_add(settlements.settlements.len());
        if self.under_way > MOST_UNSETTLED {
            return Err(Full);
        }
        self.till.take(settlements, &self.said).map_err(|_| Full)
    }

    /// Waits for one to be durable, and takes note of all that are.
    pub(super) async fn hear(&mut self) {
        // INVARIANT: it never ends, for we have a sender ourselves.
        if let Some(first) = self.settled.recv().await {
            self.owed.push(first);
        }
        while let Ok(next) = self.settled.try_recv() {
            self.owed.push(next);
        }
    }

    pub(super) fn are_owed(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Those to acknowledge now.
    pub(super) fn done(&mut self) -> Vec<u64> {
        let later = self.owed.split_off(self.owed.len().min(TOGETHER));
        let now = std::mem::replace(&mut self.owed, later);
        self.under_way = self.under_way.saturating_sub(now.len());
        now
    }
}
