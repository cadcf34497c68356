//! Values for what conditions read, so chosen that they stand for all others wherever that can be.

mod addresses;
mod attribute;
mod draft;
mod hints;
mod moments;
mod numbers;
mod roles;
mod texts;

use std::net::IpAddr;

use tollgate_policy::condition::Origin;
use tollgate_policy::data::Data;
use tollgate_policy::time::Timestamp;

use super::point::{Point, Who};
use super::said::{Rumour, Said};
use super::space::Variable;

use draft::Draft;
use texts::Texts;

pub(super) use addresses::some_address;
pub(super) use roles::fewest as fewest_roles;

/// Headers that cannot be anything beside the rest of a request.
const OF_REQUEST: [&str; 8] =
    ["connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Candidate {
    /// It is not there.
    Absent,
    /// An object of its members, which are chosen one by one.
    Object,
    Is(Data),
    /// Of the principal.
    Roles(Vec<String>),
    Time(Timestamp),
}

/// What there is to choose for a variable, the likeliest first.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) candidates: Vec<Candidate>,
    /// Of every value that is not there, one is that nothing said of the variable tells from it.
    pub(super) complete: bool,
}

/// For each variable of a point.
pub(super) fn of(point: &Point<'_>, variables: &[Variable], said: &Said) -> Vec<Values> {
    let mut values: Vec<Values> = variables
        .iter()
        .enumerate()
        .map(|(number, variable)| {
            let rumour = said.of(number);
            let members = variables.iter().enumerate().filter(|(other, _)| said.are_together(number, *other));
            let others = members.map(|(_, variable)| &variable.place.origin);
            alone(point, variable, &rumour, &texts::fresh(others, &rumour))
        })
        .collect();
    for (element, list) in &said.sought {
        hints::seek(*element, *list, &mut values);
    }
    for together in &said.entangled {
        hints::mix(together, variables, &mut values);
    }
    values
}

fn alone(point: &Point<'_>, variable: &Variable, rumour: &Rumour, fresh: &[String]) -> Values {
    let origin = &variable.place.origin;
    let is_anonymous = matches!(point.who, Who::Anonymous);
    if !variable.place.members.is_empty() && !has_members(origin) {
        return only(Candidate::Absent, true);
    }
    match origin {
        Origin::PrincipalId if is_anonymous => {
            only(Candidate::Is(Data::from(tollgate_policy::identity::ANONYMOUS)), true)
        }
        Origin::Principal(_) if is_anonymous => only(Candidate::Absent, true),
        Origin::Query(_) => only(Candidate::Absent, false),
        // The request has these of itself, or on its way.
        Origin::Header(name) if name.starts_with(':') || OF_REQUEST.contains(&name.as_str()) => {
            only(Candidate::Absent, false)
        }
        // They cannot be given to a question from outside under these names.
        Origin::Principal(name) if ["id", "roles", "source", "scope"].contains(&name.as_str()) => {
            only(Candidate::Absent, false)
        }
        Origin::Resource(name) if ["kind", "id", "scope"].contains(&name.as_str()) => only(Candidate::Absent, false),
        Origin::Principal(_) | Origin::Resource(_) | Origin::Body => attribute::values(variable, rumour, fresh),
        Origin::PrincipalRoles => roles::values(point, rumour),
        Origin::Time => moments::values(rumour),
        Origin::SourcePort => numbers::ports(rumour),
        Origin::PrincipalId
        | Origin::ResourceId
        | Origin::Method
        | Origin::Path
        | Origin::Host
        | Origin::Header(_)
        | Origin::SourceIp
        | Origin::PrincipalAttributes
        | Origin::ResourceKind
        | Origin::ResourceAttributes => text(origin, rumour, fresh),
    }
}

/// Something that is a text whenever it is there.
fn text(origin: &Origin, rumour: &Rumour, fresh: &[String]) -> Values {
    let mut draft = Draft::new(texts::rule(origin));
    Texts::of(rumour).add(rumour, fresh, &mut draft);
    hints::add(rumour, &mut draft);
    draft.texts(fresh);
    if matches!(origin, Origin::ResourceId | Origin::Header(_)) {
        draft.push(Candidate::Absent);
    }
    draft.finish()
}

fn has_members(origin: &Origin) -> bool {
    matches!(origin, Origin::Principal(_) | Origin::Resource(_) | Origin::Body)
}

fn only(candidate: Candidate, complete: bool) -> Values {
    Values { candidates: vec![candidate], complete }
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().filter(|address| address.to_canonical().to_string() == text)
}
