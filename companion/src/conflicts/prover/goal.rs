//! What is wanted of conditions, as logic over what their parts come to.

use tollgate_policy::condition::{Outline, Part};

/// What a condition, or a part of one, comes to: a set of true, false, and error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Statuses(u8);

impl Statuses {
    pub(super) const TRUE: Statuses = Statuses(1);
    pub(super) const FALSE: Statuses = Statuses(2);
    pub(super) const ERROR: Statuses = Statuses(4);
    pub(super) const ANY: Statuses = Statuses(7);
    pub(super) const EACH: [Statuses; 3] = [Self::TRUE, Self::FALSE, Self::ERROR];

    fn is_within(self, other: Statuses) -> bool {
        self.0 & !other.0 == 0
    }

    fn meets(self, other: Statuses) -> bool {
        self.0 & other.0 != 0
    }
}

/// What a condition is to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    True,
    False,
    /// False or an error.
    NotTrue,
    /// True or an error.
    NotFalse,
    Error,
}

/// The different parts that goals are about.
#[derive(Debug, Default)]
pub(super) struct Parts<'p>(pub(super) Vec<&'p Part>);

/// Logic over what parts come to.
#[derive(Debug)]
pub(super) enum Goal {
    All(Vec<Goal>),
    Any(Vec<Goal>),
    Part(usize, Statuses),
}

/// Whether a goal is reached, by what is known of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    Yes,
    No,
    /// That depends on this part, if not on others.
    Open(usize),
}

impl Goal {
    /// That a condition comes to what is wanted.
    pub(super) fn of<'p>(outline: &'p Outline, wanted: Wanted, parts: &mut Parts<'p>) -> Goal {
        let both = |parts: &mut Parts<'p>| {
            Goal::All(vec![Goal::of(outline, Wanted::NotTrue, parts), Goal::of(outline, Wanted::NotFalse, parts)])
        };
        match (outline, wanted) {
            (Outline::Part(part), wanted) => Goal::Part(parts.number(part), wanted.statuses()),
            (_, Wanted::Error) => both(parts),
            (Outline::Not(inner), wanted) => Goal::of(inner, wanted.negated(), parts),
            // False makes up for an error.
            (Outline::All(of), Wanted::True | Wanted::NotFalse)
            | (Outline::Any(of), Wanted::False | Wanted::NotTrue) => {
                Goal::All(of.iter().map(|part| Goal::of(part, wanted, parts)).collect())
            }
            (Outline::All(of) | Outline::Any(of), wanted) => {
                Goal::Any(of.iter().map(|part| Goal::of(part, wanted, parts)).collect())
            }
            (Outline::Choice(of), wanted) => {
                let [condition, yes, no] = &**of;
                let mut either = vec![
                    Goal::All(vec![Goal::of(condition, Wanted::True, parts), Goal::of(yes, wanted, parts)]),
                    Goal::All(vec![Goal::of(condition, Wanted::False, parts), Goal::of(no, wanted, parts)]),
                ];
                if matches!(wanted, Wanted::NotTrue | Wanted::NotFalse) {
                    either.push(Goal::of(condition, Wanted::Error, parts));
                }
                Goal::Any(either)
            }
        }
    }

    pub(super) fn reached(&self, status: &mut impl FnMut(usize) -> Statuses) -> Reached {
        match self {
            Goal::Part(part, wanted) => match status(*part) {
                known if known.is_within(*wanted) => Reached::Yes,
                known if known.meets(*wanted) => Reached::Open(*part),
                _ => Reached::No,
            },
            Goal::All(goals) => Self::combined(goals, Reached::No, Reached::Yes, status),
            Goal::Any(goals) => Self::combined(goals, Reached::Yes, Reached::No, status),
        }
    }

    /// `decisive` if one of the goals is, else the first that is open, else `otherwise`.
    fn combined(
        goals: &[Goal],
        decisive: Reached,
        otherwise: Reached,
        status: &mut impl FnMut(usize) -> Statuses,
    ) -> Reached {
        let mut outcome = otherwise;
        for goal in goals {
            match goal.reached(status) {
                reached if reached == decisive => return decisive,
                open @ Reached::Open(_) if outcome == otherwise => outcome = open,
                _ => {}
            }
        }
        outcome
    }
}

impl Wanted {
    fn statuses(self) -> Statuses {
        match self {
            Wanted::True => Statuses::TRUE,
            Wanted::False => Statuses::FALSE,
            Wanted::NotTrue => Statuses(Statuses::FALSE.0 | Statuses::ERROR.0),
            Wanted::NotFalse => Statuses(Statuses::TRUE.0 | Statuses::ERROR.0),
            Wanted::Error => Statuses::ERROR,
        }
    }

    fn negated(self) -> Wanted {
        match self {
            Wanted::True => Wanted::False,
            Wanted::False => Wanted::True,
            Wanted::NotTrue => Wanted::NotFalse,
            Wanted::NotFalse => Wanted::NotTrue,
            Wanted::Error => Wanted::Error,
        }
    }
}

impl<'p> Parts<'p> {
    /// Parts that are the same come to the same.
    fn number(&mut self, part: &'p Part) -> usize {
        if let Some(known) = self.0.iter().position(|known| known.program == part.program) {
            return known;
        }
        self.0.push(part);
        self.0.len() - 1
    }
}
