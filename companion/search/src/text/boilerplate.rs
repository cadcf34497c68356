use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// Words that say nothing about what a policy is about: the grammar of English, and what is said of every policy.
const COMMON: &str = "\
    a able about access all allow allowed allowing allows also an and any anyone anything applies apply are as at be \
    been being both but by can cannot could did do does each either every everyone everything for from gets grant \
    granted grants had has have he her his how i id ids if in into is it its just let lets may me might must my no \
    nobody not of on only or other others our permission permissions permit permits permitted policies policy rule \
    rules shall she should so some somebody someone such than that the their them then there these they this those \
    to uuid very was we were what when where whether which while who whoever whom whose why will with would you your";

/// What conditions are said with; elsewhere these are words like others.
const OF_CONDITIONS: &str = "\
    absent attributes contains else ends equal equals false item least less list more most null one pattern present \
    principal query request resource size starts true unless variable";

static IS_COMMON: LazyLock<FxHashSet<&str>> = LazyLock::new(|| COMMON.split(' ').collect());
static IS_OF_CONDITIONS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| OF_CONDITIONS.split(' ').collect());

pub(super) fn is_common(word: &str) -> bool {
    IS_COMMON.contains(word)
}

pub(super) fn is_of_conditions(word: &str) -> bool {
    IS_OF_CONDITIONS.contains(word)
}
