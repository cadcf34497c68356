use std::collections::HashSet;

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
    /// Those that have been taken and are not acknowledged.
    under_way: HashSet<u64>,
    owed: Vec<u64>,
}

impl Settlements {
    pub(super) fn new(till: Till) -> Self {
        let (said, settled) = mpsc::unbounded_channel();
        Settlements { till, settled, said, under_way: HashSet::new(), owed: Vec::new() }
    }

    /// What is said again while it is under way is acknowledged once. What there is no room for is not acknowledged: the VM
    /// says it again, and until then there may be.
    pub(super) fn take(&mut self, settlements: proto::Settlements) {
        for settlement in settlements.settlements {
            let sequence = settlement.sequence;
            if self.under_way.len() < MOST_UNSETTLED
                && self.under_way.insert(sequence)
                && !self.till.take(settlement, &self.said)
            {
                self.under_way.remove(&sequence);
            }
        }
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
        now.iter().for_each(|sequence| {
            self.under_way.remove(sequence);
        });
        now
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::metrics::Metrics;

    /// With a receipt that nobody can read: it is past helping, and acknowledged.
    fn said(sequences: impl IntoIterator<Item = u64>) -> proto::Settlements {
        let released = proto::settlement::Outcome::Released(proto::Released {});
        let settlement = |sequence| proto::Settlement { sequence, reservation: vec![1, 2, 3], outcome: Some(released) };
        proto::Settlements { settlements: sequences.into_iter().map(settlement).collect() }
    }

    #[tokio::test]
    async fn what_is_said_again_while_it_is_under_way_is_acknowledged_once() {
        let (till, _jobs) = Till::new(Arc::new(Metrics::new(None)));
        let mut settlements = Settlements::new(till);
        (0..3).for_each(|_| settlements.take(said([7, 8])));
        settlements.hear().await;
        assert_eq!(settlements.done(), [7, 8]);
        settlements.take(said([7]));
        settlements.hear().await;
        assert_eq!(settlements.done(), [7]);
    }

    #[tokio::test]
    async fn what_there_is_no_room_for_is_left_to_be_said_again() {
        let (till, _jobs) = Till::new(Arc::new(Metrics::new(None)));
        let mut settlements = Settlements::new(till);
        let most = MOST_UNSETTLED as u64;
        settlements.take(said(0..most + 5));
        settlements.hear().await;
        let mut acknowledged = 0;
        while settlements.are_owed() {
            acknowledged += settlements.done().len();
        }
        assert_eq!(acknowledged, MOST_UNSETTLED);
        settlements.take(said(most..most + 5));
        settlements.hear().await;
        assert_eq!(settlements.done().len(), 5);
    }
}
