//! What can be chosen about a question: the places that conditions read, and values for each.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use tollgate_policy::condition::{Origin, Part, Place, Program};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::identity::PrincipalClaims;

use crate::ask::{Circumstances, HttpRequest, ResourceFixture, json};
use crate::catalogue::Surroundings;

use super::point::{Point, Question, Who};
use super::said::Said;
use super::schema::{self, Described};
use super::values::{self, Candidate, Values};

/// Which candidate each variable has; `None`: that is open.
pub(super) type Choice = Vec<Option<u16>>;

/// Something that conditions read.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) place: Place,
    /// What it is a member of.
    pub(super) parent: Option<usize>,
    pub(super) has_members: bool,
}

/// The variables of a point, and what there is to choose for each.
#[derive(Debug)]
pub(super) struct Space<'s> {
    point: &'s Point<'s>,
    parts: Vec<PartOf<'s>>,
    variables: Vec<Variable>,
    values: Vec<Values>,
    described: Described<'s>,
    by_schemas: bool,
}

#[derive(Debug)]
struct PartOf<'s> {
    part: &'s Part,
    variables: Vec<usize>,
    /// The candidates of its variables stand for all values.
    exact: bool,
}

impl<'s> Space<'s> {
    pub(super) fn of(point: &'s Point<'s>, parts: Vec<&'s Part>, surroundings: &'s Surroundings) -> Self {
        let variables = variables(&parts);
        let described = Described::of(&surroundings.schemas, &point.kind);
        let said = Said::by(&parts, &variables);
        let mut values: Vec<Values> = values::of(point, &variables, &said);
        let mut by_schemas = false;
        for (number, (variable, values)) in variables.iter().zip(&mut values).enumerate() {
            by_schemas |= schema::restrict(&described, variable, &said.of(number), values);
        }
        let parts = parts
            .into_iter()
            .map(|part| {
                let own = variables_of(part, &variables);
                let complete = own.iter().all(|own| values.get(*own).is_some_and(|values| values.complete));
                PartOf { part, exact: complete && said.is_exact(part, &variables), variables: own }
            })
            .collect();
        Space { point, parts, variables, values, described, by_schemas }
    }

    pub(super) fn len(&self) -> usize {
        self.variables.len()
    }

    pub(super) fn point(&self) -> &'s Point<'s> {
        self.point
    }

    /// Whether the candidates stand for all values, as far as any part can tell them apart.
    pub(super) fn is_exact(&self) -> bool {
        self.parts.iter().all(|part| part.exact)
    }

    pub(super) fn is_exact_part(&self, part: usize) -> bool {
        self.parts.get(part).is_some_and(|part| part.exact)
    }

    pub(super) fn is_bound_by_schemas(&self) -> bool {
        self.by_schemas
    }

    pub(super) fn variables_of(&self, part: usize) -> &[usize] {
        self.parts.get(part).map(|part| part.variables.as_slice()).unwrap_or_default()
    }

    pub(super) fn program(&self, part: usize) -> Option<&'s Program> {
        self.parts.get(part).map(|part| &part.part.program)
    }

    /// How many candidates of a variable make a difference: only one where what it would be a member of is no object.
    pub(super) fn candidates(&self, variable: usize, choice: &Choice) -> u16 {
        let all = self.values.get(variable).map_or(0, |values| values.candidates.len());
        let all = u16::try_from(all).unwrap_or(u16::MAX);
        let parent = self.variables.get(variable).and_then(|variable| variable.parent);
        match parent.and_then(|parent| self.chosen(parent, choice)) {
            Some(Candidate::Object) | None => all,
            Some(_) => all.min(1),
        }
    }

    /// A candidate, mostly one of the first.
    pub(super) fn by_chance(&self, variable: usize, number: u64, other: u64) -> Option<u16> {
        let count = self.values.get(variable).map_or(0, |values| values.candidates.len() as u64).max(1);
        let most = if other.is_multiple_of(3) { count } else { count.min(4) };
        u16::try_from(number % most).ok()
    }

    fn chosen(&self, variable: usize, choice: &Choice) -> Option<&Candidate> {
        let candidate = choice.get(variable).copied().flatten()?;
        self.values.get(variable)?.candidates.get(usize::from(candidate))
    }

    /// The question that has the values chosen: of some variables alone, or of all, with what else a question has.
    pub(super) fn question(&self, choice: &Choice, of: Option<&[usize]>) -> Question {
        let chosen = |variable: usize| match of {
            Some(of) if !of.contains(&variable) => None,
            _ => self.chosen(variable, choice),
        };
        let whole = of.is_none();
        let mut principal = PrincipalClaims { id: "alice".to_owned(), ..PrincipalClaims::default() };
        let mut resource = ResourceFixture {
            kind: self.point.kind.clone(),
            scope: self.point.scope.map(str::to_owned),
            ..ResourceFixture::default()
        };
        let (mut of_principal, mut of_resource) = (Vec::new(), Vec::new());
        let mut request = None::<HttpRequest>;
        let mut body = None;
        let mut circumstances = Circumstances::default();
        let (mut ip, mut port) = (None, None);
        for (number, variable) in self.variables.iter().enumerate().filter(|(_, variable)| variable.parent.is_none()) {
            let value = match chosen(number) {
                None | Some(Candidate::Absent) => None,
                Some(Candidate::Time(time)) => {
                    circumstances.time = Some(*time);
                    None
                }
                Some(Candidate::Roles(roles)) => {
                    principal.roles.clone_from(roles);
                    None
                }
                Some(Candidate::Is(value)) => Some(value.clone()),
                Some(Candidate::Object) => Some(self.object(number, &chosen)),
            };
            let text = value.as_ref().and_then(Data::as_str).map(str::to_owned);
            let mut with = |set: &dyn Fn(&mut HttpRequest, String)| {
                let request = request.get_or_insert_with(plain_request);
                if let Some(text) = text.clone() {
                    set(request, text);
                }
            };
            match &variable.place.origin {
                Origin::PrincipalId => principal.id = text.unwrap_or(principal.id),
                Origin::ResourceId => resource.id = text,
                Origin::Principal(name) => of_principal.extend(value.map(|value| (name.as_str().into(), value))),
                Origin::Resource(name) => of_resource.extend(value.map(|value| (name.as_str().into(), value))),
                Origin::Method => with(&|request, text| request.method = text),
                Origin::Path => with(&|request, text| request.target = text),
                Origin::Host => with(&|request, text| request.host = text),
                Origin::Header(name) => with(&|request, text| request.headers.push((name.clone(), text))),
                Origin::Query(_) => with(&|_, _| {}),
                Origin::Body => {
                    with(&|_, _| {});
                    body = value;
                }
                Origin::SourceIp => ip = text.and_then(|text| text.parse::<IpAddr>().ok()),
                Origin::SourcePort => port = number_of(value.as_ref()),
                Origin::PrincipalRoles
                | Origin::PrincipalAttributes
                | Origin::ResourceKind
                | Origin::ResourceAttributes
                | Origin::Time => {}
            }
        }
        if whole {
            // Somebody needs a role of each even where no condition asks for it.
            if principal.roles.is_empty() {
                principal.roles = values::fewest_roles(self.point).unwrap_or_default();
            }
            self.described.fill_principal(&mut of_principal);
            self.described.fill_resource(&mut of_resource);
        }
        let is_other = |(name, value): &(String, String)| name == "content-type" && value != "application/json";
        // Of another type there is no body that conditions could read.
        let body = body.filter(|_| !request.as_ref().is_some_and(|request| request.headers.iter().any(is_other)));
        if let (Some(body), Some(request)) = (body, &mut request) {
            request.set_body(json(&body).to_string().into_bytes());
        }
        if ip.is_some() || port.is_some() {
            let ip = ip.unwrap_or_else(values::some_address);
            circumstances.source = Some(SocketAddr::new(ip, port.unwrap_or(40_000)));
        }
        principal.attributes = Fields::new(of_principal).unwrap_or_default();
        resource.attributes = Fields::new(of_resource).unwrap_or_default();
        let principal = match self.point.who {
            Who::Anonymous => None,
            Who::Somebody(_) => Some(principal),
        };
        Question { principal, action: self.point.action.to_owned(), resource, request, circumstances }
    }

    /// An object of the members that have values.
    fn object<'c>(&'c self, of: usize, chosen: &dyn Fn(usize) -> Option<&'c Candidate>) -> Data {
        let members = self.variables.iter().enumerate().filter(|(_, variable)| variable.parent == Some(of));
        let members = members.filter_map(|(number, variable)| {
            let name = variable.place.members.last()?.as_str().into();
            match chosen(number)? {
                Candidate::Is(value) => Some((name, value.clone())),
                Candidate::Object => Some((name, self.object(number, chosen))),
                Candidate::Absent | Candidate::Time(_) | Candidate::Roles(_) => None,
            }
        });
        Data::Map(Fields::new(members.collect()).unwrap_or_default())
    }
}

/// Every place that parts read, and all that these are members of. What something is a member of comes first.
fn variables(parts: &[&Part]) -> Vec<Variable> {
    let mut places = BTreeSet::new();
    for place in parts.iter().flat_map(|part| &part.reads).filter(|place| is_chosen(&place.origin)) {
        let mut next = Some(place.clone());
        while let Some(place) = next {
            next = place.parent();
            places.insert(place);
        }
    }
    let places: Vec<Place> = places.into_iter().collect();
    let parent = |place: &Place| place.parent().and_then(|parent| places.binary_search(&parent).ok());
    let parents: Vec<Option<usize>> = places.iter().map(parent).collect();
    let variable = |(number, place): (usize, &Place)| Variable {
        place: place.clone(),
        parent: parents.get(number).copied().flatten(),
        has_members: parents.contains(&Some(number)),
    };
    places.iter().enumerate().map(variable).collect()
}

/// Whether there is anything to choose: the kind is the point's, and attributes are chosen one by one.
fn is_chosen(origin: &Origin) -> bool {
    !matches!(origin, Origin::ResourceKind | Origin::PrincipalAttributes | Origin::ResourceAttributes)
}

/// The variables that a part may tell apart: those that it reads, what these are members of, and their members.
fn variables_of(part: &Part, variables: &[Variable]) -> Vec<usize> {
    let concerns = |place: &Place| {
        part.reads.iter().any(|read| match (&read.origin, &place.origin) {
            (Origin::PrincipalAttributes, Origin::Principal(_)) => true,
            (Origin::ResourceAttributes, Origin::Resource(_)) => true,
            (one, other) => {
                let (read, own) = (&read.members, &place.members);
                one == other && (read.starts_with(own) || own.starts_with(read))
            }
        })
    };
    variables.iter().enumerate().filter(|(_, variable)| concerns(&variable.place)).map(|(number, _)| number).collect()
}

fn plain_request() -> HttpRequest {
    HttpRequest {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        host: "localhost".to_owned(),
        headers: Vec::new(),
        body: None,
    }
}

fn number_of(value: Option<&Data>) -> Option<u16> {
    match value? {
        Data::Int(number) => u16::try_from(*number).ok(),
        _ => None,
    }
}
