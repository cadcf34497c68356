use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tollgate_policy::engine::Effect;
use tollgate_policy::set::{Enforcement, Policy, PolicySet, Window};
use tollgate_policy::source::{SourceFile, load_beside};

use crate::find::outline::{listed, roles};
use crate::format::{format, split};

use super::kinds::LikeKind;
use super::made_over::MadeOver;

/// Most proposals, and most policies that are told to be left out.
const MOST: usize = 20;

/// Most policies that are tried: each is read beside the whole set.
const MOST_TRIED: usize = 100;

/// A policy for the new kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Proposal {
    pub(crate) name: String,
    /// The policies that say this of their kinds; the first is the one that was made over.
    pub(crate) like: Vec<String>,
    /// Of which kinds.
    pub(crate) kinds: Vec<String>,
    pub(crate) reason: String,
    /// As the loader reads it: the fields of the policy in their canonical form.
    pub(crate) text: String,
}

/// A policy that cannot be made over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOut {
    pub(crate) policy: String,
    pub(crate) reason: String,
}

/// Policies that say the same of their kinds.
#[derive(Debug)]
struct Same<'p> {
    /// The first of them, about the new kind.
    policy: Policy,
    names: Vec<&'p str>,
    kinds: BTreeSet<&'p str>,
}

/// Makes policies of like kinds over. Those that say the same are one proposal; what the loader would refuse is none.
pub(super) fn propose(
    new: &str,
    like: &[LikeKind],
    examples: &[&Arc<Policy>],
    set: &PolicySet,
) -> (Vec<Proposal>, Vec<LeftOut>) {
    let mut left_out = Vec::new();
    let mut same: BTreeMap<String, Same<'_>> = BTreeMap::new();
    for policy in examples {
        let Some(old) = like.iter().find(|like| listed(&policy.kinds).contains(&like.kind)) else { continue };
        if policy.window != Window::default() {
            let reason = "it is in force for a time only".to_owned();
            left_out.push(LeftOut { policy: policy.name.clone(), reason });
            continue;
        }
        let made = MadeOver::from(&old.kind, new).policy(policy);
        let group = same.entry(fields(&made, "", "")).or_insert_with(|| Same {
            policy: made,
            names: Vec::new(),
            kinds: BTreeSet::new(),
        });
        group.names.push(&policy.name);
        group.kinds.extend(
            like.iter().filter(|like| listed(&policy.kinds).contains(&like.kind)).map(|like| like.kind.as_str()),
        );
    }
    let mut groups: Vec<Same<'_>> = same.into_values().collect();
    groups.sort_by(|a, b| {
        let weight = |group: &Same<'_>| (group.kinds.len(), group.names.len());
        weight(b).cmp(&weight(a)).then_with(|| a.policy.name.cmp(&b.policy.name))
    });
    let mut taken: BTreeSet<String> = set.policies.iter().map(|policy| policy.name.clone()).collect();
    let mut proposals = Vec::new();
    for group in groups.into_iter().take(MOST_TRIED) {
        if proposals.len() == MOST {
            break;
        }
        match proposal(&group, like.len(), &mut taken, set) {
            Ok(proposal) => proposals.push(proposal),
            Err(reason) => {
                let first = group.names.first().copied().unwrap_or_default();
                left_out.push(LeftOut { policy: first.to_owned(), reason });
            }
        }
    }
    left_out.truncate(MOST);
    (proposals, left_out)
}

fn proposal(group: &Same<'_>, like: usize, taken: &mut BTreeSet<String>, set: &PolicySet) -> Result<Proposal, String> {
    let Same { policy, names, kinds } = group;
    let name = free(&policy.name, taken);
    let file = SourceFile::new("proposal", format!("policies:\n  - {}\n", fields(policy, &name, &policy.description)));
    load_beside(&file, set)
        .map_err(|problems| problems.iter().next().map(|problem| problem.message.clone()).unwrap_or_default())?;
    let canonical = format(&file).map_err(|error| error.to_string())?;
    let parts = split(&SourceFile::new("proposal", canonical)).map_err(|error| error.to_string())?;
    let text = parts.policies.into_iter().next().map(|(_, text)| text).unwrap_or_default();
    let first = names.first().copied().unwrap_or_default();
    let others = match names.len() {
        0 | 1 => String::new(),
        2 => ", and another policy says the same".to_owned(),
        count => format!(", and {} other policies say the same", count - 1),
    };
    let of = match (kinds.len(), like) {
        (_, 1) => String::new(),
        (some, all) => format!("; {some} of {all} like kinds have it"),
    };
    taken.insert(name.clone());
    Ok(Proposal {
        name,
        like: names.iter().map(|name| (*name).to_owned()).collect(),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        reason: format!("made over from `{first}`{others}{of}"),
        text,
    })
}

/// The name, or the first one after it that no policy has.
fn free(name: &str, taken: &BTreeSet<String>) -> String {
    if !taken.contains(name) {
        return name.to_owned();
    }
    (2_u32..).map(|number| format!("{name}-{number}")).find(|name| !taken.contains(name)).unwrap_or_default()
}

/// A policy as one line, of any form. A name and a description that are empty are left out.
fn fields(policy: &Policy, name: &str, description: &str) -> String {
    let mut fields = serde_json::Map::new();
    let mut add = |field: &str, value: Value| drop(fields.insert(field.to_owned(), value));
    for (field, text) in [("name", name), ("description", description)] {
        if !text.is_empty() {
            add(field, text.into());
        }
    }
    let kinds = listed(&policy.kinds);
    add("resource", if let [kind] = kinds.as_slice() { kind.as_str().into() } else { kinds.into() });
    add("actions", listed(&policy.actions).into());
    add("roles", roles(policy).into());
    if let Some(condition) = &policy.condition {
        add("condition", condition.text.as_str().into());
    }
    if policy.effect == Effect::Deny {
        add("effect", "deny".into());
    }
    if policy.enforcement == Enforcement::Shadow {
        add("enforcement", "shadow".into());
    }
    if let Some(scope) = &policy.scope {
        add("scope", scope.as_str().into());
    }
    Value::Object(fields).to_string()
}
