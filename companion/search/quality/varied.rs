//! Any number of policies made of those in `policies.yaml`, for benches.

use std::path::Path;

use tollgate_policy::set::Policy;
use tollgate_policy::source::{SourceFile, load};

/// Reads the policies of the labelled set, and makes `count` of them: each takes its subject, roles and condition from
/// other ones, so that no two texts are the same.
pub(crate) fn varied(folder: &Path, count: usize) -> Vec<Policy> {
    let text = std::fs::read_to_string(folder.join("policies.yaml")).unwrap();
    let set = load(&[SourceFile::new("policies.yaml", text)]).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
    let of = |number: usize| &*set.policies[number % set.policies.len()];
    let policy = |number: usize| {
        let round = number / set.policies.len();
        let mut policy = of(number).clone();
        policy.name = format!("{}-{number}", policy.name);
        policy.kinds = of(number + round * 7).kinds.clone();
        policy.actions = of(number + round * 7).actions.clone();
        policy.roles = of(number + round * 13).roles.clone();
        policy.condition = of(number * 3 + round * 11).condition.clone();
        policy
    };
    (0..count).map(policy).collect()
}
