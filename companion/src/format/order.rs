use tollgate_policy::source::fields_at;

use super::syntax::{Child, Scalar};

/// What a policy does is said before what it is about.
const FIRST: [&str; 4] = ["name", "description", "effect", "enforcement"];

/// The entries of the mapping at this path, in the order in which they are written: known fields as the language lists
/// them, the others after them. The sections of a file stay where their author put them.
pub(super) fn ordered<'d>(path: &[&str], entries: &'d [(Scalar, Child)]) -> Vec<&'d (Scalar, Child)> {
    let mut ordered: Vec<_> = entries.iter().collect();
    if path.is_empty() {
        return ordered;
    }
    let first: &[&str] = if path == ["policies"] { &FIRST } else { &[] };
    let fields = fields_at(path).iter().filter(|field| !first.contains(field));
    let fields: Vec<&str> = first.iter().chain(fields).copied().collect();
    let rank =
        |(key, _): &&(Scalar, Child)| fields.iter().position(|field| *field == key.value).unwrap_or(fields.len());
    ordered.sort_by_key(rank);
    ordered
}
