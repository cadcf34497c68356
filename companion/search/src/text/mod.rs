//! The text of a policy: as people read it, and as it is embedded.

mod boilerplate;
mod clean;
mod spaceless;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use tollgate_policy::set::{Names, Policy};

pub use clean::clean;

/// How texts are made and cleaned; part of what every model's vectors depend on. Another one means that the same policy
/// may have another text.
pub const TEXT_VERSION: u32 = 2;

/// Most names of a list that are told.
const MAX_NAMES: usize = 64;

/// What a policy says, in one text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PolicyText {
    written: String,
    cleaned: String,
}

impl PolicyText {
    /// Of a policy. Its effect, scope and window are no part of it: these are what a search filters by.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let derived: Vec<&str> = policy.derived_roles.iter().map(|role| role.name.as_str()).collect();
        let lists = [
            ("Resources", &policy.kinds, [].as_slice()),
            ("Actions", &policy.actions, &[]),
            ("Roles", &policy.roles, &derived),
        ];
        let description = policy.description.trim();
        let condition = policy.condition.as_ref().map(|condition| &*condition.words);

        let mut written = String::with_capacity(256);
        let mut cleaned = String::with_capacity(192);
        // Writing to a string does not fail.
        let _ = write!(written, "Policy: {}. Description: ", policy.name);
        written.push_str(if description.is_empty() { "none" } else { description });
        clean::add(&policy.name, clean::Of::Text, &mut cleaned);
        clean::add(description, clean::Of::Text, &mut cleaned);
        for (label, names, derived) in lists {
            if !written.ends_with(['.', '!', '?']) {
                written.push('.');
            }
            let _ = write!(written, " {label}: ");
            list(names, derived, &mut written, &mut cleaned);
        }
        let _ = write!(written, ". Conditions: {}.", condition.unwrap_or("none"));
        clean::add(condition.unwrap_or_default(), clean::Of::Condition, &mut cleaned);
        PolicyText { written, cleaned }
    }

    /// As people read it: `Policy: <name>. Description: <…>. Resources: <…>. Actions: <…>. Roles: <…>. Conditions: <in
    /// words>.`, with `any` for the wildcard and `none` for what there is none of.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// As it is embedded: what [`clean`] leaves of its parts, without their labels. The hash of this tells whether a vector is
    /// still the right one. It may be empty.
    #[must_use]
    pub fn cleaned(&self) -> &str {
        &self.cleaned
    }
}

fn list(names: &Names, derived: &[&str], written: &mut String, cleaned: &mut String) {
    let plain: &[String] = match names {
        Names::Any => {
            written.push_str("any");
            return;
        }
        Names::Of(names) => names,
    };
    let all = || plain.iter().map(String::as_str).chain(derived.iter().copied());
    for (position, name) in all().take(MAX_NAMES).enumerate() {
        if position > 0 {
            written.push_str(", ");
        }
        written.push_str(name);
        clean::add(name, clean::Of::Text, cleaned);
    }
    match all().count() {
        0 => written.push_str("none"),
        count if count > MAX_NAMES => drop(write!(written, " and {} more", count - MAX_NAMES)),
        _ => {}
    }
}
