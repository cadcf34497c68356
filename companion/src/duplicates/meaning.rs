use std::collections::BTreeSet;

use tollgate_policy::condition::Outline;
use tollgate_policy::engine::Effect;
use tollgate_policy::set::{Enforcement, Names, Policy};
use tollgate_policy::time::Timestamp;

/// What a policy says, whatever it is called and in whatever order it says it. Policies of one set that have the same
/// meaning decide the same.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Meaning {
    denies: bool,
    shadow: bool,
    scope: Option<String>,
    kinds: Option<BTreeSet<String>>,
    actions: Option<BTreeSet<String>>,
    roles: Option<BTreeSet<String>>,
    /// Derived roles have names of their own.
    derived: BTreeSet<String>,
    window: [Option<Timestamp>; 2],
    condition: Option<String>,
}

impl Meaning {
    pub(super) fn of(policy: &Policy) -> Self {
        let set = |names: &Names| match names {
            Names::Any => None,
            Names::Of(names) => Some(names.iter().cloned().collect()),
        };
        Meaning {
            denies: policy.effect == Effect::Deny,
            shadow: policy.enforcement == Enforcement::Shadow,
            scope: policy.scope.clone(),
            kinds: set(&policy.kinds),
            actions: set(&policy.actions),
            roles: set(&policy.roles),
            derived: policy.derived_roles.iter().map(|role| role.name.clone()).collect(),
            window: [policy.window.not_before, policy.window.not_after],
            condition: policy.condition.as_ref().map(|condition| form(&condition.program.outline())),
        }
    }
}

/// The same for conditions that differ in the order of what `&&` and `||` join, in repetitions, brackets, and in whether
/// variables are named or written out.
fn form(outline: &Outline) -> String {
    match outline {
        Outline::All(of) => joined("all", of),
        Outline::Any(of) => joined("any", of),
        Outline::Not(inner) => match &**inner {
            Outline::Not(inner) if is_logic(inner) => form(inner),
            inner => format!("not({})", form(inner)),
        },
        Outline::Choice(of) => format!("choice({})", of.iter().map(form).collect::<Vec<_>>().join(";")),
        Outline::Part(part) => format!("{:?}", part.program),
    }
}

fn joined(operator: &str, of: &[Outline]) -> String {
    let parts: BTreeSet<String> = of.iter().map(form).collect();
    format!("{operator}({})", parts.into_iter().collect::<Vec<_>>().join(";"))
}

/// Whether it is a boolean or an error whatever it reads, so that negating it twice is nothing.
fn is_logic(outline: &Outline) -> bool {
    matches!(outline, Outline::All(_) | Outline::Any(_) | Outline::Not(_))
}
