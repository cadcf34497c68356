//! What is wanted of conditions, as logic over what their parts come to.

use std::collections::HashMap;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    True,
    False,
    /// False or an error.
    NotTrue,
    /// True or an error.
    NotFalse,
    Error,
}

/// Most goals of one search. What a condition takes beyond that is not looked into.
const MAX_GOALS: usize = 4096;

/// Logic over what parts come to. What is wanted at several places is there once.
#[derive(Debug, Default)]
pub(super) struct Logic {
    /// Each after those that it is made of.
    goals: Vec<Goal>,
    root: usize,
}

/// Made of other goals, by their numbers.
#[derive(Debug)]
enum Goal {
    All(Vec<usize>),
    Any(Vec<usize>),
    Part(usize, Statuses),
}

/// Logic as it is put together.
#[derive(Debug, Default)]
struct Builder<'p> {
    goals: Vec<Goal>,
    /// By the address of the outline.
    known: HashMap<(usize, Wanted), usize>,
    /// The different parts that goals are about.
    parts: Vec<&'p Part>,
}

/// Whether a goal is reached, by what is known of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    Yes,
    No,
    /// That depends on this part, if not on others.
    Open(usize),
}

impl Logic {
    /// That conditions come to what is wanted of them, and the parts that this is about. `None` if that takes too many goals.
    pub(super) fn of(wanted: [(&Outline, Wanted); 2]) -> Option<(Logic, Vec<&Part>)> {
        let mut builder = Builder::default();
        let both = wanted.into_iter().map(|(outline, wanted)| builder.goal(outline, wanted)).collect::<Option<_>>()?;
        let root = builder.add(Goal::All(both))?;
        Some((Logic { goals: builder.goals, root }, builder.parts))
    }

    /// How many goals it is made of.
    pub(super) fn size(&self) -> usize {
        self.goals.len()
    }

    pub(super) fn reached(&self, status: &mut impl FnMut(usize) -> Statuses) -> Reached {
        self.goal(self.root, &mut vec![None; self.goals.len()], status)
    }

    fn goal(
        &self,
        number: usize,
        known: &mut [Option<Reached>],
        status: &mut impl FnMut(usize) -> Statuses,
    ) -> Reached {
        if let Some(known) = known.get(number).copied().flatten() {
            return known;
        }
        let reached = match self.goals.get(number) {
            Some(Goal::Part(part, wanted)) => match status(*part) {
                known if known.is_within(*wanted) => Reached::Yes,
                known if known.meets(*wanted) => Reached::Open(*part),
                _ => Reached::No,
            },
            Some(Goal::All(goals)) => self.combined(goals, [Reached::No, Reached::Yes], known, status),
            Some(Goal::Any(goals)) => self.combined(goals, [Reached::Yes, Reached::No], known, status),
            None => Reached::No,
        };
        if let Some(place) = known.get_mut(number) {
            *place = Some(reached);
        }
        reached
    }

    /// `decisive` if one of the goals is, else the first that is open, else `otherwise`.
    fn combined(
        &self,
        goals: &[usize],
        [decisive, otherwise]: [Reached; 2],
        known: &mut [Option<Reached>],
        status: &mut impl FnMut(usize) -> Statuses,
    ) -> Reached {
        let mut outcome = otherwise;
        for goal in goals {
            match self.goal(*goal, known, status) {
                reached if reached == decisive => return decisive,
                open @ Reached::Open(_) if outcome == otherwise => outcome = open,
                _ => {}
            }
        }
        outcome
    }
}

impl<'p> Builder<'p> {
    /// That a condition comes to what is wanted.
    fn goal(&mut self, outline: &'p Outline, wanted: Wanted) -> Option<usize> {
        let key = (std::ptr::from_ref(outline).addr(), wanted);
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let goal = match (outline, wanted) {
            (Outline::Part(part), wanted) => Goal::Part(self.part(part), wanted.statuses()),
            (_, Wanted::Error) => {
                Goal::All(vec![self.goal(outline, Wanted::NotTrue)?, self.goal(outline, Wanted::NotFalse)?])
            }
            (Outline::Not(inner), wanted) => Goal::All(vec![self.goal(inner, wanted.negated())?]),
            // False makes up for an error.
            (Outline::All(of), Wanted::True | Wanted::NotFalse)
            | (Outline::Any(of), Wanted::False | Wanted::NotTrue) => Goal::All(self.each(of, wanted)?),
            (Outline::All(of) | Outline::Any(of), wanted) => Goal::Any(self.each(of, wanted)?),
            (Outline::Choice(of), wanted) => {
                let [condition, yes, no] = &**of;
                let mut either = Vec::with_capacity(3);
                for (chosen, branch) in [(Wanted::True, yes), (Wanted::False, no)] {
                    let both = vec![self.goal(condition, chosen)?, self.goal(branch, wanted)?];
                    either.push(self.add(Goal::All(both))?);
                }
                if matches!(wanted, Wanted::NotTrue | Wanted::NotFalse) {
                    either.push(self.goal(condition, Wanted::Error)?);
                }
                Goal::Any(either)
            }
        };
        let number = self.add(goal)?;
        self.known.insert(key, number);
        Some(number)
    }

    fn each(&mut self, of: &'p [Outline], wanted: Wanted) -> Option<Vec<usize>> {
        of.iter().map(|part| self.goal(part, wanted)).collect()
    }

    fn add(&mut self, goal: Goal) -> Option<usize> {
        let number = self.goals.len();
        self.goals.push(goal);
        (number < MAX_GOALS).then_some(number)
    }

    /// Parts that are the same come to the same.
    fn part(&mut self, part: &'p Part) -> usize {
        if let Some(known) = self.parts.iter().position(|known| known.program == part.program) {
            return known;
        }
        self.parts.push(part);
        self.parts.len() - 1
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

#[cfg(test)]
mod tests {
    use tollgate_policy::set::PolicySet;
    use tollgate_policy::source::{SourceFile, load};

    use super::*;

    fn outline(condition: &str) -> Outline {
        let text = format!(
            "policies: [{{name: a, resource: document, actions: [view], roles: [editor], condition: '{condition}'}}]"
        );
        let set: PolicySet = load(&[SourceFile::new("policies.yaml", text.as_str())]).unwrap();
        set.policies[0].condition.as_ref().unwrap().program.outline()
    }

    #[test]
    fn what_is_wanted_twice_is_there_once() {
        let nested =
            |depth| (0..depth).fold("resource.c".to_owned(), |inner, _| format!("({inner} ? resource.x : resource.y)"));
        let size = |depth| Logic::of([(&outline(&nested(depth)), Wanted::NotFalse); 2]).unwrap().0.size();
        assert!(size(30) < 3 * size(15), "{} {}", size(30), size(15));
    }

    #[test]
    fn what_takes_too_many_goals_is_not_looked_into() {
        let part = outline("resource.a");
        let of = |count| {
            Logic::of([(&part, Wanted::True), (&Outline::All(vec![part.clone(); count]), Wanted::True)]).is_some()
        };
        assert!(of(MAX_GOALS - 10) && !of(MAX_GOALS));
    }
}
