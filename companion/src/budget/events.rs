use std::collections::{HashMap, HashSet, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tollgate_budget::{Amounts, Counter, ReservationId, Standing};

use crate::metrics::{BudgetEvent, Metrics};
use crate::sparingly::Sparingly;

use super::reply::now;

/// How many events are kept for whoever asks.
const MOST_KEPT: usize = 1024;

/// How many counters are remembered as told of. When there are more, those whose periods have ended are forgotten; whatever
/// does not fit even then goes untold.
const MOST_TOLD: usize = 1 << 16;

/// For how many seconds nothing is forgotten again: as long as all periods go on, there is nothing to forget.
const BETWEEN_FORGETTING: u64 = 60;

/// How many counters are kept that are to be looked at again.
const MOST_UNSEEN: usize = 1024;

/// How far apart the numbers of two processes begin at least, for each second between their starts. Together they stay below
/// 2^53 for centuries.
const A_SECOND: u64 = 1 << 20;

/// What operators should know of before somebody calls them.
#[derive(Debug)]
pub(crate) struct Events {
    kept: Mutex<Kept>,
    metrics: Arc<Metrics>,
    /// Models of which calls have used far more than was held: clients name them as they like.
    overspent: Sparingly,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    /// Of the latest.
    number: u64,
    /// When told counters were last forgotten, in seconds since 1970.
    forgotten_at: u64,
    /// Of which a call has taken more than was held for it.
    unseen: HashSet<Counter>,
    told: HashMap<Counter, Told>,
}

/// What has been told of a counter's limit.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// The highest share, in per cent.
    share: u8,
    /// Whether calls are refused.
    is_refused: bool,
}

impl Told {
    /// Also notes it.
    fn is_news(&mut self, news: News) -> bool {
        match news {
            News::Share(share) => {
                let highest = share.max(self.share);
                highest > mem::replace(&mut self.share, highest)
            }
            News::Refused => !mem::replace(&mut self.is_refused, true),
        }
    }
}

/// What may be told of a counter's limit.
#[derive(Clone, Copy, Debug)]
enum News {
    Share(u8),
    Refused,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Counts up with every event, and from one process to the next.
    pub(crate) number: u64,
    /// In seconds since 1970.
    pub(crate) at: u64,
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// So many per cent of a limit are used or held. Once for each counter and share.
    Reached { share: u8, standing: Standing },
    /// A call was refused because of this limit. Once for each counter.
    Refused { standing: Standing, asked: u64 },
    /// A call has used more than five times of what was held for it.
    Overspent { id: ReservationId, model: String, held: Amounts, used: Amounts },
}

impl Events {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        let number = now().saturating_mul(A_SECOND);
        let kept = Mutex::new(Kept { number, ..Kept::default() });
        Events { kept, metrics, overspent: Sparingly::default() }
    }

    /// Notes counters of which a call has taken more than was held for it: how they stand is to be looked at.
    pub(super) fn look_again(&self, counters: &[Counter]) {
        let unseen = &mut self.lock().unseen;
        let room = MOST_UNSEEN.saturating_sub(unseen.len());
        unseen.extend(counters.iter().take(room).cloned());
    }

    /// Those counters, once.
    pub(super) fn unseen(&self) -> HashSet<Counter> {
        mem::take(&mut self.lock().unseen)
    }

    /// Tells of a counter again: its limit or what is used of it was changed by an administrator.
    pub(super) fn forget(&self, counter: &Counter) {
        self.lock().told.remove(counter);
    }

    /// The kept events after the one with a number, at most so many, the oldest first.
    pub(crate) fn after(&self, number: u64, most: usize) -> Vec<Event> {
        let kept = self.lock();
        kept.events.iter().filter(|event| event.number > number).take(most).cloned().collect()
    }

    /// Notes how limits stand after a call was held; `shares` are those to be told of, in per cent, ascending.
    pub(super) fn stands(&self, standings: &[Standing], shares: &[u8]) {
        let Some(least) = shares.first() else { return };
        for standing in standings.iter().filter(|standing| reaches(standing, *least)) {
            let reached = shares.iter().rev().find(|share| reaches(standing, **share)).copied();
            if let Some(share) = reached
                && self.is_due(&standing.counter, News::Share(share))
            {
                self.metrics.budget.event(BudgetEvent::Reached);
                self.add(What::Reached { share, standing: standing.clone() });
            }
        }
    }

    /// Notes that a call was refused.
    pub(super) fn refused(&self, standing: &Standing, asked: u64) {
        if self.is_due(&standing.counter, News::Refused) {
            self.metrics.budget.event(BudgetEvent::Refused);
            self.add(What::Refused { standing: standing.clone(), asked });
        }
    }

    /// Notes that a call has used far more than was held. Of each model, it is told once a minute, and counted each time.
    pub(super) fn overspent(&self, id: ReservationId, model: &str, held: Amounts, used: Amounts) {
        self.metrics.budget.event(BudgetEvent::Overspent);
        if self.overspent.is_due(model, Instant::now()) {
            self.add(What::Overspent { id, model: model.to_owned(), held, used });
        }
    }

    /// Whether nobody has been told of it: of this share of the counter's limit, or of a higher one, or of a refusal.
    fn is_due(&self, counter: &Counter, news: News) -> bool {
        let mut kept = self.lock();
        if let Some(told) = kept.told.get_mut(counter) {
            return told.is_news(news);
        }
        let now = now();
        if kept.told.len() >= MOST_TOLD && kept.forgotten_at.saturating_add(BETWEEN_FORGETTING) <= now {
            kept.forgotten_at = now;
            kept.told.retain(|counter, _| counter.period.ends() > now);
        }
        let is_due = kept.told.len() < MOST_TOLD;
        if is_due {
            kept.told.entry(counter.clone()).or_default().is_news(news);
        }
        is_due
    }

    fn add(&self, what: What) {
        what.log();
        let mut kept = self.lock();
        kept.number += 1;
        let event = Event { number: kept.number, at: now(), what };
        if kept.events.len() >= MOST_KEPT {
            kept.events.pop_front();
        }
        kept.events.push_back(event);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl What {
    fn log(&self) {
        match self {
            What::Reached { share, standing: Standing { counter, limit, used, held } } => {
                tracing::warn!(%counter, share, limit, used, held, "a budget has little left");
            }
            What::Refused { standing: Standing { counter, limit, used, held }, asked } => {
                tracing::warn!(%counter, asked, limit, used, held, "a call was refused: its budget has too little left");
            }
            What::Overspent { id, model, held, used } => {
                let (held, used) = (held.tokens(), used.tokens());
                tracing::error!(reservation = %id, model, held, used, "a call used more than five times what was held");
            }
        }
    }
}

/// Whether so many per cent of the limit are used or held.
fn reaches(standing: &Standing, share: u8) -> bool {
    let Some(limit) = standing.limit else { return false };
    let taken = u128::from(standing.used) + u128::from(standing.held);
    taken * 100 >= u128::from(limit) * u128::from(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> Events {
        Events::new(Arc::new(Metrics::new(None)))
    }

    fn standing(name: &str, used: u64, held: u64) -> Standing {
        let counter = format!("day:253402214400:tokens:org:{name}").parse().unwrap();
        Standing { counter, limit: Some(1000), used, held }
    }

    fn shares(events: &Events) -> Vec<u8> {
        let share = |event: Event| match event.what {
            What::Reached { share, .. } => share,
            _ => 0,
        };
        events.after(0, 100).into_iter().map(share).collect()
    }

    #[test]
    fn each_share_is_told_once_for_each_counter() {
        let events = events();
        for (used, held) in [(700, 99), (700, 100), (900, 0), (940, 9), (950, 0), (1000, 50), (700, 100)] {
            events.stands(&[standing("acme", used, held)], &[80, 95]);
        }
        assert_eq!(shares(&events), [80, 95]);
        events.stands(&[standing("other", 960, 0), standing("acme", 960, 0)], &[80, 95]);
        assert_eq!(shares(&events), [80, 95, 95]);
    }

    #[test]
    fn what_has_no_limit_is_not_told_of() {
        let events = events();
        let unlimited = Standing { limit: None, ..standing("acme", 1 << 50, 0) };
        events.stands(&[unlimited], &[80, 95]);
        events.stands(&[standing("acme", 1000, 0)], &[]);
        assert_eq!(events.after(0, 9), []);
    }

    #[test]
    fn a_refusal_is_told_once_and_keeps_no_warning_back() {
        let events = events();
        let empty = standing("acme", 0, 0);
        (0..3).for_each(|_| events.refused(&empty, 1_000_000));
        let told = events.after(0, 9);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].what, What::Refused { standing: empty, asked: 1_000_000 });
        for used in [800, 950] {
            events.stands(&[standing("acme", used, 0)], &[80, 95]);
            events.refused(&standing("acme", used, 0), 1_000_000);
        }
        assert_eq!(shares(&events), [0, 80, 95]);
    }

    #[test]
    fn a_model_of_which_too_much_is_used_again_and_again_is_told_of_once_a_minute() {
        let events = events();
        let (held, used) = (Amounts::new(1, 0), Amounts::new(6, 0));
        (0..50).for_each(|_| events.overspent(ReservationId([1; 16]), "m", held, used));
        assert_eq!(events.after(0, 99).len(), 1);
        events.overspent(ReservationId([1; 16]), "other", held, used);
        assert_eq!(events.after(0, 99).len(), 2);
    }

    #[test]
    fn the_latest_are_kept_and_can_be_read_on() {
        let events = events();
        let (held, used) = (Amounts::new(1, 0), Amounts::new(6, 0));
        let what = || What::Overspent { id: ReservationId([1; 16]), model: "m".to_owned(), held, used };
        (0..MOST_KEPT + 10).for_each(|_| events.add(what()));
        let first = events.after(0, 1)[0].number;
        assert_eq!(events.after(0, 2 * MOST_KEPT).len(), MOST_KEPT);
        assert_eq!(events.after(first + MOST_KEPT as u64 - 11, 100).len(), 10);
    }

    #[test]
    fn who_reads_on_after_a_restart_misses_nothing() {
        let before = events();
        let (held, used) = (Amounts::new(1, 0), Amounts::new(6, 0));
        let what = |id| What::Overspent { id: ReservationId([id; 16]), model: "m".to_owned(), held, used };
        (0..1000).for_each(|_| before.add(what(1)));
        let last = before.after(0, usize::MAX).pop().unwrap().number;
        let after = Events { kept: Mutex::default(), ..events() };
        after.lock().number = (now() + 1) * A_SECOND;
        after.add(what(2));
        assert_eq!(after.after(last, 10).len(), 1);
        // JavaScript and spreadsheets have it exactly.
        assert!(after.after(last, 10)[0].number < 1 << 53);
    }

    #[test]
    fn what_an_administrator_changed_is_told_of_again() {
        let events = events();
        let full = standing("acme", 960, 0);
        events.stands(std::slice::from_ref(&full), &[80, 95]);
        events.forget(&full.counter);
        events.stands(&[full], &[80, 95]);
        assert_eq!(shares(&events), [95, 95]);
    }

    #[test]
    fn where_nothing_can_be_forgotten_that_is_not_tried_at_every_reserve() {
        let events = events();
        for number in 0..MOST_TOLD {
            events.refused(&standing(&number.to_string(), 1, 0), 1);
        }
        events.refused(&standing("one more", 1, 0), 1);
        let first = events.lock().forgotten_at;
        assert!(first > 0);
        events.lock().forgotten_at += 1;
        events.refused(&standing("and another", 1, 0), 1);
        assert_eq!(events.lock().forgotten_at, first + 1);
        // It is tried again later.
        events.lock().forgotten_at = 0;
        let over = "day:0:tokens:global".parse().unwrap();
        events.lock().told.insert(over, Told::default());
        events.refused(&standing("a third", 1, 0), 1);
        assert!(events.lock().told.len() <= MOST_TOLD);
    }
}
