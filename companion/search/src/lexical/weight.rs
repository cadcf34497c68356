use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::term::terms;

/// Words that many policies have, whatever they are about. Written down instead of counted: a policy's vector depends on its
/// text alone, and not on which other policies there are.
const FREQUENT: &str = "\
    account add admin administrator after before change company create data date day delete department edit employee file \
    group hours list manage manager member modify name needs only organisation organization own owned owner people person \
    read record remove right role see service staff state status system team time type under update use user view within \
    without work write";

/// How much a frequent word counts, where others count 1.
const OF_FREQUENT: f32 = 0.7;

static IS_FREQUENT: LazyLock<FxHashSet<&str>> = LazyLock::new(|| terms(FREQUENT).map(|(term, _)| term).collect());

/// How much a term tells.
pub(super) fn of(term: &str) -> f32 {
    if IS_FREQUENT.contains(term) { OF_FREQUENT } else { 1.0 }
}
