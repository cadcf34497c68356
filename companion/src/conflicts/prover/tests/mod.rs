mod conditions;
mod meetings;
mod oracle;

use std::sync::Arc;

use tollgate_policy::set::PolicySet;
use tollgate_policy::source::{SourceFile, load};

use crate::catalogue::Surroundings;
use crate::conflicts::Study;

use super::{Apart, Effort, Prover, Statement, Verdict};

fn set(text: &str) -> PolicySet {
    load(&[SourceFile::new("policies.yaml", text)]).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

struct Pair {
    prover: Prover,
    first: Statement,
    second: Statement,
}

impl Pair {
    /// The policies `a` and `b` of a set.
    fn of(set: &PolicySet) -> Self {
        Pair::within(set, Study::default())
    }

    fn within(set: &PolicySet, study: Study) -> Self {
        let policy = |name: &str| {
            let found = set.policies.iter().find(|policy| policy.name == name).unwrap();
            Statement::of(Arc::clone(found))
        };
        let prover = Prover::new(Arc::new(Surroundings::of(set)), Effort::default(), study).unwrap();
        Pair { prover, first: policy("a"), second: policy("b") }
    }

    fn verdict(&self) -> Verdict {
        self.prover.conflict(&self.first, &self.second)
    }
}

/// In a word: `conflict`, `fault`, `unknown`, or why they are disjoint.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Conflict(conflict) if conflict.by_fault => "fault",
        Verdict::Conflict(_) => "conflict",
        Verdict::Unknown { .. } => "unknown",
        Verdict::Disjoint(apart) => match apart {
            Apart::Kinds => "kinds",
            Apart::Actions => "actions",
            Apart::Roles => "roles",
            Apart::Scopes => "scopes",
            Apart::Windows => "windows",
            Apart::Conditions { by_schemas: false } => "conditions",
            Apart::Conditions { by_schemas: true } => "schemas",
        },
    }
}
