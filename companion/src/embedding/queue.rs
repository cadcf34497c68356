use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What comes first. Within a priority, first come, first served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Priority {
    /// Generations that do not serve: what a migration builds, and what is kept for a rollback.
    Low,
    /// Many policies at once: a first load, a whole set.
    Normal,
    /// An edit.
    High,
}

impl Priority {
    pub(super) const DESCENDING: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

    /// Its number in the API and in the search folder: 0 low, 1 normal, 2 high.
    pub(super) fn number(self) -> u8 {
        match self {
            Priority::Low => 0,
            Priority::Normal => 1,
            Priority::High => 2,
        }
    }

    /// Of a number; what is beyond them is as urgent as can be.
    pub(super) fn of(number: u8) -> Self {
        match number {
            0 => Priority::Low,
            1 => Priority::Normal,
            _ => Priority::High,
        }
    }
}

/// Jobs that wait for a worker, in bounded number.
#[derive(Debug)]
pub(super) struct Queue<J> {
    waiting: Mutex<Waiting<J>>,
    ready: Condvar,
    capacity: usize,
}

#[derive(Debug)]
struct Waiting<J> {
    /// By priority.
    jobs: [VecDeque<J>; 3],
    is_closed: bool,
}

impl<J> Queue<J> {
    pub(super) fn new(capacity: usize) -> Self {
        let jobs = [VecDeque::new(), VecDeque::new(), VecDeque::new()];
        Queue { waiting: Mutex::new(Waiting { jobs, is_closed: false }), ready: Condvar::new(), capacity }
    }

    /// Adds a job, or gives it back where there is no room.
    pub(super) fn offer(&self, priority: Priority, job: J) -> Result<(), J> {
        let mut waiting = self.lock();
        if waiting.is_closed || waiting.len() >= self.capacity {
            return Err(job);
        }
        waiting.of(priority).push_back(job);
        drop(waiting);
        self.ready.notify_one();
        Ok(())
    }

    /// How many jobs of this priority there is room for now. What is not urgent leaves a tenth to what is.
    pub(super) fn room(&self, priority: Priority) -> usize {
        let most = match priority {
            Priority::High => self.capacity,
            Priority::Normal | Priority::Low => self.capacity - self.capacity / 10,
        };
        let waiting = self.lock();
        if waiting.is_closed { 0 } else { most.saturating_sub(waiting.len()) }
    }

    /// Waits for jobs and takes the first, with those of the same priority right behind it that go `together` with it, `most` in all.
    /// `None`: it is closed, and nothing is left.
    pub(super) fn take(&self, most: usize, together: impl Fn(&J, &J) -> bool) -> Option<Vec<J>> {
        let mut waiting = self.lock();
        loop {
            let priority = Priority::DESCENDING.into_iter().find(|priority| !waiting.of(*priority).is_empty());
            if let Some(priority) = priority {
                let jobs = waiting.of(priority);
                let mut taken = Vec::with_capacity(most.min(jobs.len()));
                while let Some(job) = jobs.front()
                    && taken.len() < most
                    && taken.first().is_none_or(|first| together(first, job))
                {
                    taken.extend(jobs.pop_front());
                }
                return Some(taken);
            }
            if waiting.is_closed {
                return None;
            }
            waiting = self.ready.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Takes in nothing more. Workers end once nothing is left.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.ready.notify_all();
    }

    /// Takes everything out, most urgent first.
    pub(super) fn drain(&self) -> Vec<(Priority, J)> {
        let mut waiting = self.lock();
        let all = Priority::DESCENDING.map(|priority| {
            let jobs = std::mem::take(waiting.of(priority));
            jobs.into_iter().map(move |job| (priority, job))
        });
        all.into_iter().flatten().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<J>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> Waiting<J> {
    fn of(&mut self, priority: Priority) -> &mut VecDeque<J> {
        let [low, normal, high] = &mut self.jobs;
        match priority {
            Priority::Low => low,
            Priority::Normal => normal,
            Priority::High => high,
        }
    }

    fn len(&self) -> usize {
        self.jobs.iter().map(VecDeque::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    fn any(_: &u32, _: &u32) -> bool {
        true
    }

    #[test]
    fn what_is_urgent_comes_first_and_else_what_came_first() {
        let queue = Queue::new(100);
        for (priority, job) in
            [(Priority::Low, 1), (Priority::High, 2), (Priority::Normal, 3), (Priority::High, 4), (Priority::Low, 5)]
        {
            queue.offer(priority, job).unwrap();
        }
        let order: Vec<_> = (0..3).map(|_| queue.take(10, any).unwrap()).collect();
        assert_eq!(order, [vec![2, 4], vec![3], vec![1, 5]]);
    }

    #[test]
    fn a_batch_is_no_larger_than_asked_and_holds_what_goes_together() {
        let queue = Queue::new(100);
        for job in [1, 3, 5, 2, 4, 7] {
            queue.offer(Priority::Normal, job).unwrap();
        }
        let same_parity = |a: &u32, b: &u32| a % 2 == b % 2;
        let order: Vec<_> = (0..4).map(|_| queue.take(2, same_parity).unwrap()).collect();
        assert_eq!(order, [vec![1, 3], vec![5], vec![2, 4], vec![7]]);
    }

    #[test]
    fn a_full_queue_gives_jobs_back() {
        let queue = Queue::new(2);
        assert_eq!([1, 2, 3].map(|job| queue.offer(Priority::High, job)), [Ok(()), Ok(()), Err(3)]);
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn what_is_not_urgent_leaves_room_for_what_is() {
        let queue = Queue::new(1000);
        assert_eq!(queue.room(Priority::Normal), 900);
        (0..900).for_each(|job| queue.offer(Priority::Normal, job).unwrap());
        assert_eq!((queue.room(Priority::Low), queue.room(Priority::High)), (0, 100));
    }

    #[test]
    fn a_closed_queue_takes_nothing_in_and_is_emptied() {
        let queue = Queue::new(10);
        queue.offer(Priority::Low, 1).unwrap();
        queue.offer(Priority::High, 2).unwrap();
        queue.close();
        assert_eq!(queue.offer(Priority::High, 3), Err(3));
        assert_eq!(queue.take(1, any), Some(vec![2]));
        assert_eq!(queue.drain(), [(Priority::Low, 1)]);
        assert_eq!(queue.take(1, any), None);
    }

    #[test]
    fn every_job_is_taken_once_by_many_workers() {
        let queue = Arc::new(Queue::new(50));
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || {
                    let mut taken = Vec::new();
                    while let Some(jobs) = queue.take(10, any) {
                        taken.extend(jobs);
                    }
                    taken
                })
            })
            .collect();
        for job in 0..10_000 {
            let mut job = Err(job);
            while let Err(again) = job {
                job = queue.offer(Priority::DESCENDING[again as usize % 3], again).map_or_else(Err, |()| Ok(()));
            }
        }
        queue.close();
        let mut taken: Vec<u32> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
        taken.sort_unstable();
        assert_eq!(taken, (0..10_000).collect::<Vec<_>>());
    }
}
