use crate::set::budget::{BudgetMode, Downgrade, ModelApi, OrgAttribute, RouteBudget};
use crate::source::location::Mark;
use crate::source::mapping::{Mapping, Shape, listed};
use crate::source::names::ATTRIBUTE;
use crate::source::node::{Node, Value};
use crate::source::printable::shown;
use crate::source::report::{InFile, Problem};
use crate::source::scalar::refuse_part;
use crate::source::value::{choice, text_within, truth};

use super::number::{share, whole};

pub(in crate::source) const BUDGET: Shape = Shape {
    noun: "the budget of a route",
    fields: &["api", "org", "mode", "defaultOutput", "promptElsewhere", "includeUsage", "downgrade", "maxBytes"],
    planned: &[],
};

pub(in crate::source) const DOWNGRADE: Shape = Shape { noun: "`downgrade`", fields: &["below"], planned: &[] };

/// Longest expression of an organisation, in bytes.
const MAX_ORG: usize = 1024;

/// What leads to the principal's attributes.
const PRINCIPAL: &str = "principal.";

/// What of a principal is no attribute.
const BUILT_IN: &[&str] = &["id", "roles", "attr"];

/// The field `budget` of a route.
pub(in crate::source) fn read(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<RouteBudget> {
    if !matches!(node.value, Value::Map(_)) {
        let problem = Problem::new(format!("`budget` is a mapping, not {}", node.value.noun()));
        file.refuse(node.at, problem.help(format!("write `budget: {{}}`, or with any of {}", listed(BUDGET.fields))));
        return None;
    }
    let budget = Mapping::read(node, &BUDGET, file)?;
    let defaults = RouteBudget::default();
    let api = match budget.get("api") {
        Some(node) => api(node, file),
        None => Some(None),
    };
    let org = match budget.get("org") {
        Some(node) => org(node, file).map(Some),
        None => Some(None),
    };
    let mode = match budget.get("mode") {
        Some(node) => choice(node, "`mode`", &BudgetMode::NAMES, file).map(Some),
        None => Some(None),
    };
    let default_output = match budget.get("defaultOutput") {
        Some(node) => {
            let help = "tokens that are held for an answer whose request does not say how long it may be";
            whole(node, "`defaultOutput`", 1..=RouteBudget::MAX_TOKENS, help, file).map(Some)
        }
        None => Some(None),
    };
    let prompt_elsewhere = match budget.get("promptElsewhere") {
        Some(node) => {
            let help =
                "tokens that are held for earlier answers, caches, stored prompts and files that a request names only";
            whole(node, "`promptElsewhere`", 0..=RouteBudget::MAX_TOKENS, help, file).map(Some)
        }
        None => Some(None),
    };
    let include_usage = match budget.get("includeUsage") {
        Some(node) => truth(node, "`includeUsage`", file),
        None => Some(defaults.include_usage),
    };
    let downgrade = match budget.get("downgrade") {
        Some(node) => downgrade(node, file).map(Some),
        None => Some(None),
    };
    let max_bytes = match budget.get("maxBytes") {
        Some(node) => {
            let help = format!("bytes of a request's body; left out, it is {}", defaults.max_bytes);
            whole(node, "`maxBytes`", 1..=RouteBudget::MAX_BYTES as u64, &help, file)
                .and_then(|most| usize::try_from(most).ok())
        }
        None => Some(defaults.max_bytes),
    };
    Some(RouteBudget {
        api: api?,
        mode: mode?,
        org: org?,
        default_output: default_output?,
        prompt_elsewhere: prompt_elsewhere?,
        include_usage: include_usage?,
        downgrade: downgrade?,
        max_bytes: max_bytes?,
    })
}

fn api(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Option<ModelApi>> {
    let [a, b, c, d, e, f] = ModelApi::NAMES.map(|(name, api)| (name, Some(api)));
    choice(node, "`api`", &[("auto", None), a, b, c, d, e, f], file)
}

fn downgrade(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Downgrade> {
    let downgrade = Mapping::read(node, &DOWNGRADE, file)?;
    let below = match downgrade.get("below") {
        Some(node) => share(node, "`below`", 0, file)?,
        None => 0,
    };
    Some(Downgrade { below })
}

/// `principal.org`, `principal.attr.org`, or an attribute within one, `principal.realm.org`.
fn org(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<OrgAttribute> {
    let text = text_within(node, "`org`", MAX_ORG, file)?;
    let help = "write `principal.org` for the attribute `org` of the caller, `principal.a.b` for one within another";
    let Some(path) = text.strip_prefix(PRINCIPAL) else {
        let problem = Problem::new(format!("`org` is an attribute of the principal, not {}", shown(text)));
        file.refuse(node.at, problem.help(help));
        return None;
    };
    let attributes = path.strip_prefix("attr.").unwrap_or(path);
    let mut start = text.len() - attributes.len();
    let names: Vec<&str> = attributes.split('.').collect();
    if names.len() > RouteBudget::MAX_ORG_DEPTH {
        let most = RouteBudget::MAX_ORG_DEPTH;
        file.refuse(
            node.at,
            format!("`org` leads through more than {most} attributes; let the token say it higher up"),
        );
        return None;
    }
    for (depth, name) in names.iter().enumerate() {
        let is_built_in = depth == 0 && attributes.len() == path.len() && BUILT_IN.contains(name);
        let refusal = match is_built_in {
            true => Some(format!("`principal.{name}` is no attribute, and no organisation; name an attribute")),
            false => ATTRIBUTE.refusal(name),
        };
        if let Some(refusal) = refusal {
            let part = Mark { start, len: name.len().max(1) };
            refuse_part(node.spot(), text, part, Problem::new(refusal).help(help), file);
            return None;
        }
        start += name.len() + 1;
    }
    Some(OrgAttribute(names.into_iter().map(Box::from).collect()))
}
