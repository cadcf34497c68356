use std::sync::Arc;
use std::time::Instant;

use crate::embedding::queue::Priority;
use crate::embedding::shared::Job;

use super::Keeper;

impl Keeper {
    /// Fills the queue with what waits, as far as there is room: that is how much work is held back. Returns when something can be
    /// queued that cannot be now.
    pub(super) fn feed(&self, now: Instant) -> Option<Instant> {
        let mut wake: Option<Instant> = None;
        for (_, tended) in self.by_role() {
            let woken = tended.book(|book| book.wake(now));
            wake = [wake, woken].into_iter().flatten().min();
            for priority in Priority::DESCENDING {
                let room = self.shared.queue.room(priority);
                for name in tended.book(|book| book.next(priority, room)) {
                    let job = Job { tended: Arc::clone(&tended), name };
                    if let Err(job) = self.shared.queue.offer(priority, job) {
                        tended.book(|book| book.put_back(&job.name));
                    }
                }
            }
        }
        wake
    }
}
