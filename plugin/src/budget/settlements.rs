use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use crate::protobuf::push_bytes;

use super::Outcome;

#[cfg(test)]
mod tests;

/// Most settlements that wait to be acknowledged. Of more, the companion learns when their leases end.
const MAX_WAITING: usize = 1 << 14;
/// Most bytes of them.
const MAX_BYTES: usize = 8 << 20;
/// Most bytes of settlements in a message: the companion takes no more than 64 KiB from a VM.
const MAX_MESSAGE: usize = 48 << 10;
/// Most settlements in a message.
const MAX_IN_MESSAGE: usize = 512;
/// Most settlements that are sent and not acknowledged: what the proxy may have to keep for a companion that does not read.
const MAX_SENT: usize = 2048;
/// What is not acknowledged for so long is sent again.
const PATIENCE: Duration = Duration::from_secs(15);

/// How calls ended, until the companion has acknowledged it. In memory only: of what a VM takes with it, the leases end.
#[derive(Debug, Default)]
pub struct Settlements(RefCell<Queue>);

#[derive(Debug, Default)]
struct Queue {
    /// In the order of their numbers.
    waiting: VecDeque<Waiting>,
    bytes: usize,
    last: u64,
}

#[derive(Debug)]
struct Waiting {
    sequence: u64,
    /// An encoded `Settlement`.
    content: Vec<u8>,
    sent: Option<Duration>,
}

/// There is no room for another settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more settlements wait for the companion than the VM keeps")]
pub struct Full;

impl Settlements {
    /// Adds how the call of a reservation ended, or how far it has come; its number. `before` is the number under which the
    /// same call was told of last: what has not been acknowledged of that counts no more.
    ///
    /// # Errors
    /// If there is no room. What was told of the call before stays.
    pub fn add(&self, reservation: &[u8], outcome: Outcome, before: Option<u64>) -> Result<u64, Full> {
        let mut queue = self.0.borrow_mut();
        let sequence = queue.last.saturating_add(1);
        let content = outcome.settlement(sequence, reservation);
        let place = before.and_then(|before| queue.waiting.binary_search_by_key(&before, |one| one.sequence).ok());
        let freed = place.and_then(|place| queue.waiting.get(place)).map(|one| one.content.len());
        let count = queue.waiting.len() - usize::from(freed.is_some());
        let bytes = queue.bytes.saturating_sub(freed.unwrap_or_default()).saturating_add(content.len());
        if count >= MAX_WAITING || bytes > MAX_BYTES || content.len() > MAX_MESSAGE {
            return Err(Full);
        }
        if let Some(place) = place {
            queue.waiting.remove(place);
        }
        (queue.last, queue.bytes) = (sequence, bytes);
        queue.waiting.push_back(Waiting { sequence, content, sent: None });
        Ok(sequence)
    }

    /// Forgets what the companion has acknowledged; how many these were.
    pub fn acknowledged(&self, mut sequences: Vec<u64>) -> usize {
        sequences.sort_unstable();
        self.0.borrow_mut().forget(|sequence| sequences.binary_search(&sequence).is_ok())
    }

    /// What was sent may not have arrived: there is another stream.
    pub fn resend(&self) {
        for waiting in &mut self.0.borrow_mut().waiting {
            waiting.sent = None;
        }
    }

    /// How many wait to be acknowledged.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.borrow().waiting.len()
    }

    /// Whether none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether some are on their way: what is added meanwhile goes with the next message.
    #[must_use]
    pub fn are_under_way(&self) -> bool {
        self.0.borrow().waiting.iter().any(|waiting| waiting.sent.is_some())
    }

    /// What is to be sent now: bodies of `Settlements` messages.
    #[must_use]
    pub fn take_due(&self, now: Duration) -> Vec<Vec<u8>> {
        let mut queue = self.0.borrow_mut();
        for waiting in &mut queue.waiting {
            if waiting.sent.is_some_and(|sent| now.saturating_sub(sent) >= PATIENCE) {
                waiting.sent = None;
            }
        }
        let under_way = queue.waiting.iter().filter(|waiting| waiting.sent.is_some()).count();
        let room = MAX_SENT.saturating_sub(under_way);
        let mut messages = Vec::new();
        let (mut message, mut count) = (Vec::new(), 0);
        for waiting in queue.waiting.iter_mut().filter(|waiting| waiting.sent.is_none()).take(room) {
            if count == MAX_IN_MESSAGE || message.len() + waiting.content.len() > MAX_MESSAGE {
                messages.push(std::mem::take(&mut message));
                count = 0;
            }
            push_bytes(&mut message, 1, &waiting.content);
            waiting.sent = Some(now);
            count += 1;
        }
        messages.push(message);
        messages.retain(|message| !message.is_empty());
        messages
    }
}

impl Queue {
    fn forget(&mut self, is_it: impl Fn(u64) -> bool) -> usize {
        let (before, mut freed) = (self.waiting.len(), 0);
        self.waiting.retain(|waiting| {
            let stays = !is_it(waiting.sequence);
            freed += if stays { 0 } else { waiting.content.len() };
            stays
        });
        self.bytes = self.bytes.saturating_sub(freed);
        before - self.waiting.len()
    }
}
