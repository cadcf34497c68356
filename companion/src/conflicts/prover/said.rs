//! What the parts of conditions say of each variable: the constants that it is held against, and how.

use std::net::IpAddr;

use tollgate_policy::condition::{Cidr, Comparison, Form, Mention, Origin, Part, Place, Term};
use tollgate_policy::data::Data;
use tollgate_policy::time::{Duration, Timestamp};

use super::space::Variable;

/// Most variables that are compared with each other and still tried in all ways: for equality, and for order.
const MAX_EQUAL: usize = 4;
const MAX_ORDERED: usize = 2;

/// What is said of each variable, and of which together.
#[derive(Debug)]
pub(super) struct Said {
    /// By the variable; what is said of one that is compared with others is said of all of them.
    groups: Vec<Rumour>,
    /// The group of each variable.
    of: Vec<usize>,
    /// Variables of which one is looked for in the other.
    pub(super) sought: Vec<(usize, usize)>,
    /// Variables that are read together by something that is not looked into.
    pub(super) entangled: Vec<Vec<usize>>,
}

/// What is said of variables that are compared with each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Rumour {
    /// How many variables it is about.
    pub(super) variables: usize,
    /// They are equal to these or not, below or above them.
    pub(super) values: Vec<Data>,
    /// They have these as elements or not.
    pub(super) elements: Vec<Data>,
    pub(super) prefixes: Vec<String>,
    pub(super) suffixes: Vec<String>,
    pub(super) times: Vec<Timestamp>,
    /// Their order counts.
    pub(super) ordered: bool,
    /// They are read as booleans.
    pub(super) boolean: bool,
    /// What is named beside them where more is done than comparing.
    pub(super) hints: Hints,
}

/// What is named where values are computed.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    pub(super) any: bool,
    pub(super) values: Vec<Data>,
    pub(super) texts: Vec<String>,
    pub(super) times: Vec<Timestamp>,
    pub(super) spans: Vec<Duration>,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) ranges: Vec<Cidr>,
    pub(super) sized: bool,
}

impl Said {
    pub(super) fn by(parts: &[&Part], variables: &[Variable]) -> Self {
        let number = |place: &Place| variables.binary_search_by(|variable| variable.place.cmp(place)).ok();
        let mut said = Said {
            groups: vec![Rumour::default(); variables.len()],
            of: (0..variables.len()).collect(),
            sought: Vec::new(),
            entangled: Vec::new(),
        };
        // First who is compared with whom: what is said of one is said of all.
        for part in parts {
            if let Form::Compared(Comparison::Equality | Comparison::Order, Term::Place(a), Term::Place(b)) = &part.form
                && let (Some(a), Some(b)) = (number(a), number(b))
            {
                said.unite(a, b);
            }
        }
        for group in said.of.clone() {
            said.about(Some(group), |rumour| rumour.variables += 1);
        }
        for part in parts {
            said.hear(part, &number);
        }
        said
    }

    fn hear(&mut self, part: &Part, number: &dyn Fn(&Place) -> Option<usize>) {
        match &part.form {
            Form::Has(_) => {}
            Form::Is(place) => self.tell(number(place), |rumour| rumour.boolean = true),
            Form::Compared(Comparison::Equality | Comparison::Order, Term::Place(place), Term::Place(_)) => {
                let ordered = is_order(part);
                self.tell(number(place), |rumour| rumour.ordered |= ordered);
            }
            Form::Compared(
                Comparison::Equality | Comparison::Order,
                Term::Place(place),
                term @ (Term::Value(_) | Term::Time(_) | Term::List(_)),
            )
            | Form::Compared(
                Comparison::Equality | Comparison::Order,
                term @ (Term::Value(_) | Term::Time(_) | Term::List(_)),
                Term::Place(place),
            ) => {
                let ordered = is_order(part);
                self.tell(number(place), |rumour| {
                    rumour.ordered |= ordered;
                    match term {
                        Term::Value(value) => rumour.values.push(value.clone()),
                        Term::List(values) => rumour.values.push(Data::List(values.clone().into())),
                        Term::Time(time) => rumour.times.push(*time),
                        Term::Place(_) | Term::Other => {}
                    }
                });
            }
            Form::Compared(Comparison::Membership, Term::Place(place), Term::List(values)) => {
                self.tell(number(place), |rumour| rumour.values.extend(values.iter().cloned()));
            }
            Form::Compared(Comparison::Membership, Term::Value(value), Term::Place(place)) => {
                self.tell(number(place), |rumour| rumour.elements.push(value.clone()));
            }
            Form::Compared(Comparison::Membership, Term::Place(element), Term::Place(list)) => {
                self.sought.extend(number(element).zip(number(list)));
                self.hint(part, number);
            }
            Form::Compared(Comparison::Prefix, Term::Place(place), Term::Value(Data::String(text))) => {
                self.tell(number(place), |rumour| rumour.prefixes.push(text.to_string()));
            }
            Form::Compared(Comparison::Suffix, Term::Place(place), Term::Value(Data::String(text))) => {
                self.tell(number(place), |rumour| rumour.suffixes.push(text.to_string()));
            }
            Form::Compared(..) | Form::Other => self.hint(part, number),
        }
    }

    fn hint(&mut self, part: &Part, number: &dyn Fn(&Place) -> Option<usize>) {
        let read: Vec<usize> = part.reads.iter().filter_map(number).collect();
        let mut hints = Hints { any: true, ..Hints::default() };
        for mention in &part.mentions {
            match mention {
                Mention::Value(value) => hints.values.push(value.clone()),
                Mention::Match(text) => hints.texts.push(text.clone()),
                Mention::Time(time) => hints.times.push(*time),
                Mention::Span(span) => hints.spans.push(*span),
                Mention::Ip(address) => hints.addresses.push(*address),
                Mention::Cidr(range) => hints.ranges.push(*range),
                Mention::Size => hints.sized = true,
            }
        }
        for variable in &read {
            self.tell(Some(*variable), |rumour| rumour.hints.add(&hints));
        }
        if read.len() > 1 {
            self.entangled.push(read);
        }
    }

    /// What is said of a variable and those that it is compared with.
    pub(super) fn of(&self, variable: usize) -> Rumour {
        self.of.get(variable).and_then(|group| self.groups.get(*group)).cloned().unwrap_or_default()
    }

    /// Whether two variables are compared with each other, or with others that are.
    pub(super) fn are_together(&self, one: usize, other: usize) -> bool {
        self.of.get(one) == self.of.get(other)
    }

    /// Whether a part says nothing but what candidates stand for.
    pub(super) fn is_exact(&self, part: &Part, variables: &[Variable]) -> bool {
        let variable = |place: &Place| variables.iter().position(|variable| variable.place == *place);
        let is_whole = |place: &Place| {
            variable(place).and_then(|number| variables.get(number)).is_some_and(|variable| variable.has_members)
        };
        let is_simple = |place: &Place| {
            !matches!(
                place.origin,
                Origin::PrincipalRoles | Origin::PrincipalAttributes | Origin::ResourceAttributes | Origin::Query(_)
            )
        };
        if part.reads.iter().all(|place| place.origin == Origin::ResourceKind) {
            return true;
        }
        match &part.form {
            Form::Has(place) | Form::Is(place) => is_simple(place),
            Form::Compared(Comparison::Equality | Comparison::Order, Term::Place(a), Term::Place(b)) => {
                let group = variable(a).map(|a| self.of(a)).unwrap_or_default();
                let most = if group.ordered { MAX_ORDERED } else { MAX_EQUAL };
                // The kind is no variable.
                variable(a).is_some()
                    && variable(b).is_some()
                    && [a, b].into_iter().all(|place| is_simple(place) && !is_whole(place))
                    && group.variables <= most
            }
            Form::Compared(
                Comparison::Equality | Comparison::Order,
                Term::Place(place),
                Term::Value(_) | Term::Time(_),
            )
            | Form::Compared(
                Comparison::Equality | Comparison::Order,
                Term::Value(_) | Term::Time(_),
                Term::Place(place),
            )
            | Form::Compared(Comparison::Membership, Term::Place(place), Term::List(_))
            | Form::Compared(
                Comparison::Prefix | Comparison::Suffix,
                Term::Place(place),
                Term::Value(Data::String(_)),
            ) => is_simple(place),
            Form::Compared(Comparison::Membership, Term::Value(_), Term::Place(place)) => {
                place.origin == Origin::PrincipalRoles && place.members.is_empty()
                    || is_simple(place) && !is_whole(place)
            }
            Form::Compared(..) | Form::Other => false,
        }
    }

    fn unite(&mut self, a: usize, b: usize) {
        let group = |variable: usize| self.of.get(variable).copied().unwrap_or(variable);
        let (kept, gone) = (group(a), group(b));
        self.of.iter_mut().filter(|group| **group == gone).for_each(|group| *group = kept);
    }

    fn tell(&mut self, variable: Option<usize>, what: impl FnOnce(&mut Rumour)) {
        let group = variable.and_then(|variable| self.of.get(variable).copied());
        self.about(group, what);
    }

    fn about(&mut self, group: Option<usize>, what: impl FnOnce(&mut Rumour)) {
        if let Some(rumour) = group.and_then(|group| self.groups.get_mut(group)) {
            what(rumour);
        }
    }
}

fn is_order(part: &Part) -> bool {
    matches!(part.form, Form::Compared(Comparison::Order, ..))
}

impl Hints {
    fn add(&mut self, other: &Hints) {
        let Hints { any, values, texts, times, spans, addresses, ranges, sized } = other;
        self.any |= any;
        self.sized |= sized;
        self.values.extend(values.iter().cloned());
        self.texts.extend(texts.iter().cloned());
        self.times.extend(times);
        self.spans.extend(spans);
        self.addresses.extend(addresses);
        self.ranges.extend(ranges);
    }
}
