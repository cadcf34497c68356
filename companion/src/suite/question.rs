use std::sync::Arc;

use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::source::tree::{InFile, Mapping, Problem, distinct, text};

use crate::ask::{HttpRequest, ResourceFixture};

use super::case::{Named, Question};
use super::expectation::Answers;
use super::fixture::{Fixture, Fixtures};
use super::table::Level;

/// What a test multiplies.
pub(super) struct Axes {
    principals: Axis<Named<Option<PrincipalClaims>>>,
    asked: Asked,
}

enum Asked {
    Resources { resources: Axis<Named<ResourceFixture>>, actions: Axis<Arc<str>>, request: Option<Arc<HttpRequest>> },
    Requests(Axis<Named<HttpRequest>>),
}

/// One thing, or a list of things. Only a list is a level of the expectations.
struct Axis<T> {
    noun: &'static str,
    items: Vec<T>,
    is_list: bool,
}

impl Axes {
    pub(super) fn read(test: &Mapping<'_, '_>, fixtures: &Fixtures, file: &mut InFile<'_, '_>) -> Option<Self> {
        let principals = axis(test, &["principal", "principals"], fixtures, file);
        let through_routes =
            ["resource", "resources", "action", "actions"].iter().all(|field| test.get(field).is_none());
        let asked = match through_routes {
            true => axis(test, &["request", "requests"], fixtures, file).map(Asked::Requests),
            false => resources(test, fixtures, file),
        };
        Some(Axes { principals: principals?, asked: asked? })
    }

    /// How many cases there are.
    pub(super) fn cases(&self) -> usize {
        let asked = match &self.asked {
            Asked::Resources { resources, actions, .. } => resources.items.len().saturating_mul(actions.items.len()),
            Asked::Requests(requests) => requests.items.len(),
        };
        self.principals.items.len().saturating_mul(asked)
    }

    /// The lists, outermost first.
    pub(super) fn levels(&self) -> Vec<Level> {
        let principals = self.principals.level(|principal| &principal.name);
        let asked = match &self.asked {
            Asked::Resources { resources, actions, .. } => {
                [resources.level(|resource| &resource.name), actions.level(|action| action)]
            }
            Asked::Requests(requests) => [requests.level(|request| &request.name), None],
        };
        principals.into_iter().chain(asked.into_iter().flatten()).collect()
    }

    pub(super) fn answers(&self) -> Answers {
        match self.asked {
            Asked::Resources { .. } => Answers::Effects,
            Asked::Requests(_) => Answers::EffectsAndStatuses,
        }
    }

    /// Every combination, the last level changing fastest.
    pub(super) fn questions(&self) -> impl Iterator<Item = (Named<Option<PrincipalClaims>>, Question)> {
        let questions: Vec<Question> = match &self.asked {
            Asked::Resources { resources, actions, request } => {
                let of = |resource: &Named<ResourceFixture>, action: &Arc<str>| Question::Resource {
                    action: action.clone(),
                    resource: resource.clone(),
                    request: request.clone(),
                };
                let each = |resource| actions.items.iter().map(move |action| of(resource, action));
                resources.items.iter().flat_map(each).collect()
            }
            Asked::Requests(requests) => requests.items.iter().cloned().map(Question::Request).collect(),
        };
        self.principals
            .items
            .iter()
            .flat_map(move |principal| questions.clone().into_iter().map(move |question| (principal.clone(), question)))
    }
}

fn resources(test: &Mapping<'_, '_>, fixtures: &Fixtures, file: &mut InFile<'_, '_>) -> Option<Asked> {
    let resources = axis(test, &["resource", "resources"], fixtures, file);
    let actions = actions(test, file);
    let request = match test.get("request") {
        Some(node) => fixtures.get::<HttpRequest>(node, file).map(|request| Some(request.value)),
        None => Some(None),
    };
    if let (Some(node), Some(Some(request))) = (test.get("request"), &request)
        && request.target.contains('?')
    {
        let problem = Problem::new("no condition reads the query of a request that goes through no route; remove it");
        file.refuse(
            node.at,
            problem.help("without a resource and an action, a test sends its request through the routes"),
        );
        return None;
    }
    if let Some(node) = test.get("requests") {
        let problem = Problem::new("a test asks about resources or sends requests; remove `requests`");
        file.refuse(node.at, problem.help("beside a resource, `request` is the one that conditions read"));
        return None;
    }
    Some(Asked::Resources { resources: resources?, actions: actions?, request: request? })
}

/// A fixture under the first field, or a list of names under the second.
fn axis<T: Fixture>(
    test: &Mapping<'_, '_>,
    fields: &'static [&'static str; 2],
    fixtures: &Fixtures,
    file: &mut InFile<'_, '_>,
) -> Option<Axis<Named<T>>> {
    let (field, node) = test.one_of(fields, file)?;
    let [one, _] = fields;
    if field == *one {
        return Some(Axis { noun: T::NOUN, items: vec![fixtures.get(node, file)?], is_list: false });
    }
    let mut items = Vec::new();
    distinct(node, &format!("`{field}`"), "[name]", file, |node, file| {
        let named = fixtures.named(node, file)?;
        let name = named.name.to_string();
        items.push(named);
        Some(name)
    })?;
    Some(Axis { noun: T::NOUN, items, is_list: true })
}

fn actions(test: &Mapping<'_, '_>, file: &mut InFile<'_, '_>) -> Option<Axis<Arc<str>>> {
    let (field, node) = test.one_of(&["action", "actions"], file)?;
    let names = match field {
        "action" => vec![text(node, "`action`", file)?.to_owned()],
        _ => distinct(node, "`actions`", "[view]", file, |node, file| {
            text(node, "an item of `actions`", file).map(str::to_owned)
        })?,
    };
    Some(Axis { noun: "an action", items: names.into_iter().map(Arc::from).collect(), is_list: field == "actions" })
}

impl<T> Axis<T> {
    fn level(&self, name: impl Fn(&T) -> &Arc<str>) -> Option<Level> {
        let names = || self.items.iter().map(|item| name(item).clone()).collect();
        self.is_list.then(|| Level { noun: self.noun, names: names() })
    }
}
