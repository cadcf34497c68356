//! Models and providers that a route with a budget names itself: they are in the table of models, or no call could pass.

use crate::set::budget::{BudgetMode, RouteBudget};
use crate::set::{AttributeSource, PathTemplate, TemplateSegment};
use crate::source::assembly::Assembly;
use crate::source::location::Place;
use crate::source::names::MODEL;
use crate::source::node::{Node, Value};
use crate::source::report::InFile;

/// Takes note of what a route names: in its path, as the APIs that have the model there do, and as literal attributes
/// `model` and `provider` of its resource.
pub(in crate::source) fn refer(
    budget: &RouteBudget,
    (template, path): (&PathTemplate, Place),
    (attributes, resource): (&[(String, AttributeSource)], &Node<'_>),
    file: &mut InFile<'_, '_>,
    assembly: &mut Assembly,
) {
    if budget.mode == Some(BudgetMode::Disabled) {
        return;
    }
    for model in models_of(template).filter(|model| MODEL.refusal(model).is_none()) {
        assembly.budgets.models_referred_to.add(model, path);
    }
    let literals = attributes.iter().filter_map(|(name, source)| match source {
        AttributeSource::Literal(text) => Some((name.as_str(), text)),
        AttributeSource::Capture(_) => None,
    });
    for (name, text) in literals {
        let Some(node) = member(resource, "attr").and_then(|attributes| member(attributes, name)) else { continue };
        let place = file.place(node.at);
        match name {
            "model" => assembly.budgets.models_referred_to.add(text, place),
            "provider" => assembly.budgets.providers_referred_to.add(text, place),
            _ => {}
        }
    }
}

fn member<'n, 't>(node: &'n Node<'t>, name: &str) -> Option<&'n Node<'t>> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
}

/// `/…/models/{model}:{verb}` of Gemini, `/model/{model}/converse` of Bedrock, `/…/deployments/{model}/…` of Azure.
fn models_of(template: &PathTemplate) -> impl Iterator<Item = &str> {
    let before = std::iter::once(None).chain(template.segments.iter().map(Some));
    before.zip(&template.segments).filter_map(|(before, segment)| match (before, segment) {
        (Some(TemplateSegment::Literal(before)), TemplateSegment::Literal(text)) => match before.as_str() {
            "models" => text.rsplit_once(':').map(|(model, _)| model),
            "model" | "deployments" => Some(text.as_str()),
            _ => None,
        },
        _ => None,
    })
}
