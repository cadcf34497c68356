//! The labelled set in `quality/`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use tollgate_policy::source::{SourceFile, load};
use tollgate_search::{PolicyText, clean};

/// Policies, and what should be found among them.
pub(crate) struct LabelledSet {
    /// By name.
    pub(crate) policies: BTreeMap<String, PolicyText>,
    pub(crate) questions: Vec<Question>,
}

/// A query and the policies that it should find.
pub(crate) struct Question {
    pub(crate) kind: String,
    /// Cleaned.
    pub(crate) text: String,
    /// The policy that is asked with, which should not be found.
    pub(crate) policy: Option<String>,
    pub(crate) relevant: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: String,
    text: Option<String>,
    policy: Option<String>,
    relevant: Vec<String>,
}

impl LabelledSet {
    pub(crate) fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("quality");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let set = load(&[SourceFile::new("policies.yaml", read("policies.yaml"))])
            .unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        let policies: BTreeMap<String, PolicyText> =
            set.policies.iter().map(|policy| (policy.name.clone(), PolicyText::of(policy))).collect();
        let written: Vec<Written> = serde_json::from_str(&read("queries.json")).unwrap();
        let question = |written: Written| {
            let text = match (&written.text, &written.policy) {
                (Some(text), None) => clean(text),
                (None, Some(policy)) => policies[policy].cleaned().to_owned(),
                _ => panic!("a query has a text or a policy"),
            };
            Question { kind: written.kind, text, policy: written.policy, relevant: written.relevant }
        };
        let questions = written.into_iter().map(question).collect();
        LabelledSet { policies, questions }
    }
}
