use crate::testing::calls::*;
use crate::testing::{Subject, Tested};
use crate::*;

pub(crate) fn a_call_that_fits_is_held_against_all_its_lines(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 1000), line(org("acme"), 100), by(Window::Month, line(user("ada"), 50))];
    let held = store.hold(&call(1, tokens(40), lines.clone()));
    assert_eq!((held.candidate, held.passed.len()), (0, 0));
    let counters = Lines::new(lines.to_vec()).unwrap().at(NOON);
    let expected = Reservation { id: id(1), at: NOON, counters, held: tokens(40), least: tokens(4) };
    assert_eq!(held.reservation, expected);
    let standings = held.standings.iter().map(|it| (it.limit, it.used, it.held, it.left()));
    let expected = [(Some(1000), 0, 40, Some(960)), (Some(100), 0, 40, Some(60)), (Some(50), 0, 40, Some(10))];
    assert!(standings.eq(expected), "{:?}", held.standings);
    let counts = store.counts();
    assert_eq!(counts.len(), 3, "{counts:?}");
    assert!(counts.iter().all(|(_, used, held)| (*used, *held) == (0, 40)), "{counts:?}");
}

pub(crate) fn a_call_that_does_not_fit_one_line_holds_nothing(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 1000), line(org("acme"), 39), line(user("ada"), 50)];
    let refused = store.refuse(&call(1, tokens(40), lines.clone()));
    let counter = lines[1].at(NOON);
    assert_eq!(
        refused,
        Refused { at: NOON, standing: Standing { counter, limit: Some(39), used: 0, held: 0 }, asked: 40 }
    );
    assert_eq!(store.counts(), []);
    assert_eq!(store.holds(&Scopes::All, 10).all, 0);
    // The name is free.
    store.hold(&call(1, tokens(39), lines));
}

pub(crate) fn the_last_token_of_a_limit_can_be_held_and_no_more(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 100)];
    let first = store.hold(&call(1, tokens(60), lines.clone()));
    store.commit(&first.reservation, tokens(30));
    store.hold(&call(2, tokens(20), lines.clone()));
    assert_eq!(store.refuse(&call(3, tokens(51), lines.clone())).standing.left(), Some(50));
    let last = store.hold(&call(3, tokens(50), lines.clone()));
    assert_eq!(last.standings[0].left(), Some(0));
    assert_eq!(store.refuse(&call(4, tokens(1), lines)).standing.left(), Some(0));
}

pub(crate) fn the_first_way_that_fits_is_held(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let candidates = [
        way(tokens(90), [line(Scope::Global, 100), line(model("large"), 80)]),
        way(tokens(80), [line(Scope::Global, 100), line(model("small"), 80)]),
        way(tokens(10), [line(Scope::Global, 100), line(model("tiny"), 80)]),
    ];
    let held = store.hold(&ways(1, candidates.clone()));
    assert_eq!((held.candidate, held.reservation.held, held.reservation.least), (1, tokens(80), tokens(8)));
    assert_eq!(held.reservation.counters[1].scope, model("small"));
    assert_eq!(store.hold(&ways(2, candidates.clone())).candidate, 2);
    let counts: Vec<_> = store.counts().into_iter().map(|(counter, _, held)| (counter, held)).collect();
    let counter = |name: &str| format!("day:{DAY}:tokens:{name}");
    assert_eq!(counts, [(counter("global"), 90), (counter("model:small"), 80), (counter("model:tiny"), 10)]);
}

pub(crate) fn a_spare_is_left_to_others(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let large = |amount| way(tokens(amount), [sparing(30, line(Scope::Global, 100))]);
    let small = |amount| way(tokens(amount), [line(Scope::Global, 100)]);
    assert_eq!(store.hold(&ways(1, [large(70), small(70)])).candidate, 0, "all but the spare");
    let refused = store.refuse(&ways(2, [large(1)]));
    assert_eq!((refused.standing.limit, refused.standing.left()), (Some(100), Some(30)));
    assert_eq!(store.hold(&ways(2, [large(1), small(30)])).candidate, 1, "others may have it");
}

pub(crate) fn who_asks_for_nothing_fits_unless_the_limit_is_passed(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines = [in_dollars(line(Scope::Global, 0)), sparing(50, line(org("acme"), 50))];
    store.hold(&call(1, Amounts::NONE, lines.clone()));
    // A limit that is used up is not passed.
    let full = store.hold(&call(2, tokens(50), [line(org("acme"), 50)]));
    store.hold(&call(3, Amounts::NONE, lines.clone()));
    store.commit(&full.reservation, tokens(51));
    let refused = store.refuse(&call(4, Amounts::NONE, lines));
    assert_eq!((refused.standing.counter.scope, refused.standing.used, refused.asked), (org("acme"), 51, 0));
}

pub(crate) fn a_refusal_names_the_line_with_the_least_left_of_the_last_way(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let first = way(tokens(500), [line(model("large"), 1)]);
    // What fits is not named, however little it has left.
    let dollars = in_dollars(line(Scope::Global, 3));
    let last = way(tokens(200), [line(Scope::Global, 150), line(org("acme"), 100), line(user("ada"), 100), dollars]);
    let refused = store.refuse(&ways(1, [first, last]));
    assert_eq!(
        (refused.standing.counter.scope, refused.asked),
        (org("acme"), 200),
        "the first of those with as little"
    );
}

pub(crate) fn an_advisory_call_is_held_in_its_first_way_and_told_what_it_passes(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 10), line(org("acme"), 100), line(user("ada"), 0)];
    let reserve = advisory(ways(1, [way(tokens(50), lines), way(tokens(40), [line(model("small"), 0)])]));
    let held = store.hold(&reserve);
    assert_eq!((held.candidate, &held.passed), (0, &vec![0, 2]));
    assert_eq!(held.standings[0].held, 50);
    assert_eq!(held.standings[0].left(), Some(0));
    assert_eq!(store.hold(&reserve), held, "asked again");
    // Others that are strict see it.
    assert_eq!(store.refuse(&call(2, tokens(51), [line(org("acme"), 100)])).standing.held, 50);
}

pub(crate) fn an_advisory_call_takes_another_way_that_fits(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let candidates = [way(tokens(50), [line(model("large"), 49)]), way(tokens(50), [line(model("small"), 50)])];
    let held = store.hold(&advisory(ways(1, candidates)));
    assert_eq!((held.candidate, held.passed), (1, vec![]));
}

pub(crate) fn the_same_name_is_held_once_and_answered_as_before(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let reserve = ways(1, [way(tokens(60), [line(Scope::Global, 100)]), way(tokens(30), [line(Scope::Global, 100)])]);
    let other = store.hold(&call(9, tokens(50), [line(Scope::Global, 100)]));
    let held = store.hold(&reserve);
    assert_eq!(held.candidate, 1);
    assert_eq!(store.hold(&reserve), held);
    // Its first way would fit now, and it is another day.
    store.release(&other.reservation);
    store.set_time(NEXT_DAY);
    let again = store.hold(&reserve);
    assert_eq!((again.candidate, &again.reservation), (1, &held.reservation));
    assert_eq!((again.standings[0].used, again.standings[0].held), (0, 30), "as it stands now");
    assert_eq!(store.counts().len(), 1);
    store.commit(&held.reservation, tokens(10));
    assert_eq!(store.reserve(&reserve), Reserved::Settled);
    assert_eq!(store.counts(), [(format!("day:{DAY}:tokens:global"), 10, 0)]);
}

pub(crate) fn lines_without_limits_are_counted(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let held = store.hold(&call(1, tokens(70), [counted(line(Scope::Global, 0)), line(org("acme"), 100)]));
    assert_eq!((held.standings[0].limit, held.standings[0].left(), held.standings[0].held), (None, None, 70));
    assert_eq!(store.counts().len(), 2);
}

pub(crate) fn periods_begin_anew(subject: &dyn Subject) {
    let store = Tested(subject);
    let limits = Window::ALL.map(|window| (window, line(Scope::Global, 10)));
    store.set_time(NEXT_DAY - 1);
    for (number, (window, line)) in (0..).zip(limits.clone()) {
        store.hold(&call(number, tokens(10), [by(window, line.clone())]));
        store.refuse(&call(10 + number, tokens(1), [by(window, line)]));
    }
    // The next second is in another hour, day and month.
    store.set_time(NEXT_DAY);
    for (number, (window, line)) in (0..).zip(limits) {
        let held = store.hold(&call(20 + number, tokens(10), [by(window, line)]));
        assert_eq!(held.reservation.counters[0].period.begins(), NEXT_DAY);
    }
}

pub(crate) fn units_and_windows_count_apart(subject: &dyn Subject) {
    let store = Tested(subject);
    store.set_time(NOON);
    let day = line(org("acme"), 1000);
    let lines =
        [day.clone(), by(Window::Hour, day.clone()), in_dollars(day.clone()), by(Window::Month, in_dollars(day))];
    store.hold(&call(1, Amounts::new(20, 700), lines));
    let counts = store.counts();
    let held: Vec<_> = counts.iter().map(|(counter, _, held)| (counter.split(':').next().unwrap(), *held)).collect();
    assert_eq!(held, [("hour", 20), ("day", 20), ("day", 700), ("month", 700)], "{counts:?}");
}
