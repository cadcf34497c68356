use std::time::Duration;

use tollgate_policy::set::Effect;
use tollgate_search::TextHash;

use super::*;

struct Desk {
    book: Book,
    start: Instant,
}

impl Desk {
    fn new() -> Self {
        Desk { book: Book::default(), start: Instant::now() }
    }

    fn at(&self, second: u64) -> Instant {
        self.start + Duration::from_secs(second)
    }

    fn note(&mut self, name: &str, second: u64, priority: Priority) {
        let since = self.at(second);
        self.book.note(&name.into(), &Arc::new(Policy::new(name, Effect::Allow)), since, priority);
    }

    fn next(&mut self, priority: Priority) -> Vec<Work> {
        let names = self.book.next(priority, 10);
        self.book.begin(&names)
    }

    fn oldest(&self) -> Option<u64> {
        self.book.oldest().map(|since| (since - self.start).as_secs())
    }
}

fn letter(work: &Work) -> DeadLetter {
    DeadLetter {
        name: Arc::clone(&work.name),
        text: TextHash([0; 32]),
        reason: "no".to_owned(),
        attempts: work.attempts + 1,
        at: 0,
        may_pass: false,
    }
}

#[test]
fn what_is_done_is_stale_no_longer() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::Normal);
    desk.note("b", 2, Priority::Normal);
    let work = desk.next(Priority::Normal);
    assert_eq!((desk.book.stale(), desk.oldest()), (2, Some(1)));
    desk.book.done(&work[0]);
    assert_eq!((desk.book.stale(), desk.oldest()), (1, Some(2)));
    desk.book.done(&work[1]);
    assert_eq!((desk.book.stale(), desk.oldest()), (0, None));
    assert!(desk.next(Priority::Normal).is_empty());
}

#[test]
fn a_policy_that_changes_while_it_is_embedded_is_embedded_again() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::High);
    let first = desk.next(Priority::High).remove(0);
    desk.note("a", 5, Priority::High);
    assert!(!desk.book.is_current(&first));
    assert!(desk.next(Priority::High).is_empty(), "it is queued already");
    desk.book.done(&first);
    assert_eq!((desk.book.stale(), desk.oldest()), (1, Some(1)), "it has been behind all the time");
    let second = desk.next(Priority::High).remove(0);
    assert!(desk.book.is_current(&second));
    desk.book.done(&second);
    assert_eq!(desk.book.stale(), 0);
}

#[test]
fn what_comes_back_of_a_removed_policy_counts_for_nothing() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::High);
    let work = desk.next(Priority::High).remove(0);
    desk.book.forget("a");
    assert!(!desk.book.is_current(&work));
    desk.book.done(&work);
    desk.book.delay(&work, desk.at(2), 1);
    desk.book.give_up(&work, letter(&work));
    assert_eq!((desk.book.stale(), desk.book.given_up(), desk.oldest()), (0, 0, None));
    // One that comes with the same name is another one.
    desk.note("a", 3, Priority::High);
    assert!(!desk.book.is_current(&work));
    assert_eq!(desk.next(Priority::High).len(), 1);
}

#[test]
fn what_the_queue_had_no_room_for_comes_first_again() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::High);
    desk.note("b", 1, Priority::High);
    let names = desk.book.next(Priority::High, 1);
    desk.book.put_back(&names[0]);
    assert_eq!(desk.book.next(Priority::High, 10), ["a", "b"].map(Arc::<str>::from));
}

#[test]
fn what_failed_is_tried_again_when_its_time_has_come() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::Normal);
    let work = desk.next(Priority::Normal).remove(0);
    desk.book.delay(&work, desk.at(10), 1);
    assert_eq!(desk.book.wake(desk.at(9)), Some(desk.at(10)));
    assert!(desk.next(Priority::Normal).is_empty());
    assert_eq!(desk.book.wake(desk.at(10)), None);
    let again = desk.next(Priority::Normal).remove(0);
    assert_eq!(again.attempts, 1);
}

#[test]
fn a_dead_letter_waits_for_a_change_or_to_be_asked_for() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::Normal);
    let work = desk.next(Priority::Normal).remove(0);
    desk.book.give_up(&work, letter(&work));
    assert_eq!((desk.book.stale(), desk.book.given_up(), desk.oldest()), (1, 1, None));
    assert_eq!(desk.book.letters()[0].reason, "no");
    assert!(desk.next(Priority::Normal).is_empty());
    let now = desk.at(7);
    assert_eq!(desk.book.retry(now, |letter| &*letter.name == "b"), 0);
    assert_eq!(desk.book.retry(now, |_| true), 1);
    assert_eq!((desk.book.given_up(), desk.oldest()), (0, Some(7)));
    let again = desk.next(Priority::Normal).remove(0);
    assert_eq!(again.attempts, 0);
    desk.book.give_up(&again, letter(&again));
    desk.note("a", 8, Priority::High);
    assert_eq!((desk.book.given_up(), desk.book.letters().len()), (0, 0));
    assert_eq!(desk.next(Priority::High).len(), 1);
}

#[test]
fn what_is_urgent_now_is_not_left_among_what_was_not() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::Normal);
    desk.note("a", 2, Priority::High);
    assert_eq!(desk.next(Priority::High).len(), 1);
    assert!(desk.next(Priority::Normal).is_empty(), "it is queued once");
}

#[test]
fn nothing_queued_is_lost_where_it_is_not_known_what_became_of_it() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::Normal);
    assert_eq!(desk.next(Priority::Normal).len(), 1);
    desk.book.requeue();
    assert_eq!(desk.next(Priority::Normal).len(), 1);
}

#[test]
fn a_policy_that_is_removed_and_made_again_has_one_job() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::High);
    let first = desk.next(Priority::High).remove(0);
    desk.book.forget("a");
    desk.note("a", 2, Priority::High);
    let second = desk.next(Priority::High).remove(0);
    desk.book.done(&first);
    assert!(desk.next(Priority::High).is_empty(), "there is a job for it");
    desk.note("a", 3, Priority::High);
    desk.book.done(&second);
    assert_eq!(desk.next(Priority::High).len(), 1, "it has changed since");
}

#[test]
fn what_two_jobs_of_one_change_come_to_is_counted_once() {
    let mut desk = Desk::new();
    desk.note("a", 1, Priority::High);
    let names = desk.book.next(Priority::High, 1);
    // Removed and made again before a worker has come to the first job.
    desk.book.forget("a");
    desk.note("a", 2, Priority::High);
    let second = desk.next(Priority::High).remove(0);
    let first = desk.book.begin(&names).remove(0);
    desk.book.give_up(&second, letter(&second));
    desk.book.delay(&first, desk.at(3), 1);
    desk.book.park(&first);
    assert_eq!((desk.book.stale(), desk.book.given_up(), desk.book.letters().len()), (1, 1, 1));
    desk.book.wake(desk.at(4));
    assert!(desk.next(Priority::High).is_empty());
}
