use std::collections::{BTreeMap, BTreeSet};

use tollgate_policy::condition::{Comparison, Form, Mention, Origin, Outline, Part, Term};
use tollgate_policy::data::Data;
use tollgate_policy::identity::ANONYMOUS;
use tollgate_policy::set::{Names, Policy, is_within_scope};

use crate::catalogue::Surroundings;

use super::glob;
use super::point::{Point, Who};
use super::statement::{Statement, Way};
use super::verdict::Apart;

/// Most ways of one policy with ways of another that are looked at.
const MAX_ENCOUNTERS: usize = 4096;

/// Most kinds that are told apart.
const MAX_KINDS: usize = 8;

/// What two policies have in common: questions that name it are both's.
#[derive(Debug)]
pub(super) struct Meeting<'s> {
    kinds: Kinds,
    action: String,
    scope: Option<&'s str>,
    encounters: Vec<Encounter<'s>>,
    /// No encounter was left out.
    complete: bool,
}

/// Kinds that stand for all that are in common.
#[derive(Debug)]
struct Kinds {
    names: Vec<String>,
    /// Whatever is true of all of these is true of every kind.
    complete: bool,
}

/// Somebody by whom a way of each policy is reached.
#[derive(Clone, Copy, Debug)]
struct Encounter<'s> {
    first: &'s Way,
    second: &'s Way,
    who: Who<'s>,
}

impl<'s> Meeting<'s> {
    /// # Errors
    /// If they have nothing in common: what they lack.
    pub(super) fn of(first: &'s Statement, second: &'s Statement, surroundings: &Surroundings) -> Result<Self, Apart> {
        let (a, b) = (&**first.policy(), &**second.policy());
        let kinds = match (&a.kinds, &b.kinds) {
            (Names::Of(of), Names::Any) | (Names::Any, Names::Of(of)) => Some(of.clone()),
            (Names::Of(a), Names::Of(b)) => Some(a.iter().filter(|kind| b.contains(kind)).cloned().collect()),
            (Names::Any, Names::Any) => None,
        };
        if kinds.as_ref().is_some_and(Vec::is_empty) {
            return Err(Apart::Kinds);
        }
        let action = common_action(&a.actions, &b.actions).ok_or(Apart::Actions)?;
        let scope = lower_scope(a, b).ok_or(Apart::Scopes)?;
        if !windows_meet(a, b) {
            return Err(Apart::Windows);
        }
        let ways = first.ways().iter().flat_map(|first| second.ways().iter().map(move |second| (first, second)));
        let all = ways.flat_map(|(first, second)| {
            Who::of_both(&first.roles, &second.roles).map(move |who| Encounter { first, second, who })
        });
        let mut encounters: Vec<Encounter<'_>> = all.take(MAX_ENCOUNTERS + 1).collect();
        let complete = encounters.len() <= MAX_ENCOUNTERS;
        if encounters.is_empty() {
            return Err(Apart::Roles);
        }
        // A role that both name makes the plainer question.
        encounters.sort_by_cached_key(|encounter| encounter.who.is_joined());
        let kinds = Kinds::of(kinds, first.ways().iter().chain(second.ways()), surroundings);
        Ok(Meeting { kinds, action, scope, encounters, complete })
    }

    /// Of two policies of which the second is about all that the first is about; `None` where that is not certain.
    pub(super) fn within(inner: &'s Statement, outer: &'s Statement, surroundings: &Surroundings) -> Option<Self> {
        let (a, b) = (&**inner.policy(), &**outer.policy());
        let kinds = match (&a.kinds, &b.kinds) {
            (Names::Any, Names::Any) => None,
            (Names::Any, Names::Of(_)) => return None,
            (Names::Of(kinds), _) => Some(kinds.clone()),
        };
        let is_about = includes(&b.kinds, &a.kinds, |own, other| own == other)
            && includes(&b.actions, &a.actions, glob::includes)
            && is_within_scope(a.scope.as_deref(), b.scope.as_deref());
        let kinds = Kinds::of(kinds, inner.ways().iter().chain(outer.ways()), surroundings);
        if !is_about || !kinds.complete || inner.ways().len().saturating_mul(outer.ways().len()) > MAX_ENCOUNTERS {
            return None;
        }
        let mut encounters = Vec::new();
        for first in inner.ways() {
            for second in outer.ways() {
                if includes(&second.roles, &first.roles, |own, other| own == other) {
                    encounters.extend(Who::of(&first.roles).map(|who| Encounter { first, second, who }));
                }
            }
        }
        // Actions count for nothing in conditions.
        Some(Meeting { kinds, action: String::new(), scope: a.scope.as_deref(), encounters, complete: true })
    }

    /// Whether the points stand for all questions that are both's.
    pub(super) fn is_complete(&self) -> bool {
        self.kinds.complete && self.complete
    }

    pub(super) fn points(&self) -> Vec<Point<'_>> {
        self.encounters.iter().flat_map(|encounter| self.points_of(encounter)).collect()
    }

    /// For each way of the first, by its place, and each of the second that it meets: the points of the two.
    pub(super) fn points_by_way(&self, ways: &'s [Way]) -> Vec<Vec<Vec<Point<'_>>>> {
        let of_way = |way: &'s Way| {
            let mut by_other: BTreeMap<usize, Vec<Point<'_>>> = BTreeMap::new();
            for encounter in self.encounters.iter().filter(|encounter| std::ptr::eq(encounter.first, way)) {
                let other = std::ptr::from_ref(encounter.second).addr();
                by_other.entry(other).or_default().extend(self.points_of(encounter));
            }
            by_other.into_values().collect()
        };
        ways.iter().map(of_way).collect()
    }

    fn points_of(&self, encounter: &Encounter<'s>) -> impl Iterator<Item = Point<'_>> {
        let Encounter { first, second, who } = *encounter;
        let at = move |kind: &String| Point::new(kind.clone(), &self.action, self.scope, who, [first, second]);
        self.kinds.names.iter().map(at)
    }
}

impl Kinds {
    /// `None`: any kind.
    fn of<'w>(named: Option<Vec<String>>, ways: impl Iterator<Item = &'w Way>, surroundings: &Surroundings) -> Self {
        let mut readers = Vec::new();
        ways.for_each(|way| readers_of_kind(&way.outline, &mut readers));
        let schemas = &surroundings.schemas.resources;
        let mut names: Vec<String> = match named {
            Some(named) => named,
            None => {
                let mentioned = readers.iter().flat_map(|part| texts(part)).filter(|name| !name.is_empty());
                let known: BTreeSet<&str> = schemas.keys().map(String::as_str).chain(mentioned).collect();
                let other = ["document", "thing", "other-thing"].into_iter().find(|name| !known.contains(name));
                other.into_iter().chain(known.iter().copied()).map(str::to_owned).collect()
            }
        };
        if readers.is_empty() {
            // Only what their schemas say of them tells kinds apart.
            let mut plain = false;
            names.retain(|kind| schemas.contains_key(kind) || !std::mem::replace(&mut plain, true));
        }
        let complete = names.len() <= MAX_KINDS && readers.iter().all(|part| is_plain(part));
        names.truncate(MAX_KINDS);
        Kinds { names, complete }
    }
}

/// The parts that read the resource's kind.
fn readers_of_kind<'o>(outline: &'o Outline, readers: &mut Vec<&'o Part>) {
    match outline {
        Outline::All(of) | Outline::Any(of) => of.iter().for_each(|part| readers_of_kind(part, readers)),
        Outline::Not(of) => readers_of_kind(of, readers),
        Outline::Choice(of) => of.iter().for_each(|part| readers_of_kind(part, readers)),
        Outline::Part(part) if part.reads.iter().any(|place| place.origin == Origin::ResourceKind) => {
            readers.push(part);
        }
        Outline::Part(_) => {}
    }
}

fn texts(part: &Part) -> impl Iterator<Item = &str> {
    part.mentions.iter().filter_map(|mention| match mention {
        Mention::Value(Data::String(text)) => Some(&**text),
        _ => None,
    })
}

/// Whether all kinds that a part does not mention are the same to it.
fn is_plain(part: &Part) -> bool {
    matches!(
        &part.form,
        Form::Compared(Comparison::Equality, Term::Place(_), Term::Value(_))
            | Form::Compared(Comparison::Equality, Term::Value(_), Term::Place(_))
            | Form::Compared(Comparison::Membership, Term::Place(_), Term::List(_))
            | Form::Has(_)
    )
}

pub(in super::super) fn common_action(a: &Names, b: &Names) -> Option<String> {
    match (a, b) {
        (Names::Any, Names::Any) => Some("view".to_owned()),
        (Names::Any, Names::Of(of)) | (Names::Of(of), Names::Any) => {
            let plain = of.iter().find(|name| !name.contains('*')).or(of.first())?;
            glob::common(plain, "*")
        }
        (Names::Of(a), Names::Of(b)) => {
            let same = a.iter().find(|name| b.contains(name) && !name.contains('*')).cloned();
            same.or_else(|| a.iter().flat_map(|a| b.iter().filter_map(|b| glob::common(a, b))).next())
        }
    }
}

/// The scope in which both apply: the lower of the two, if one is within the other.
fn lower_scope<'p>(a: &'p Policy, b: &'p Policy) -> Option<Option<&'p str>> {
    let (a, b) = (a.scope.as_deref(), b.scope.as_deref());
    match (is_within_scope(b, a), is_within_scope(a, b)) {
        (true, _) => Some(b),
        (_, true) => Some(a),
        _ => None,
    }
}

pub(in super::super) fn windows_meet(a: &Policy, b: &Policy) -> bool {
    let from = a.window.not_before.max(b.window.not_before);
    let until = [a.window.not_after, b.window.not_after].into_iter().flatten().min();
    from.zip(until).is_none_or(|(from, until)| from < until)
}

pub(in super::super) fn includes(wide: &Names, narrow: &Names, covers: impl Fn(&str, &str) -> bool) -> bool {
    match (wide, narrow) {
        // Whoever has no identity is nobody in particular.
        (Names::Any, Names::Of(names)) => !names.iter().any(|name| name == ANONYMOUS),
        (Names::Any, Names::Any) => true,
        (Names::Of(_), Names::Any) => false,
        (Names::Of(wide), Names::Of(narrow)) => narrow.iter().all(|name| wide.iter().any(|own| covers(own, name))),
    }
}
