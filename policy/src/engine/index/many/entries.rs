use super::super::super::candidate::CandidateRef;
use super::super::rules::{Lists, Rule};

/// Role, order and condition of a candidate.
pub(super) type Entry = [u32; 3];

pub(super) fn candidate([_, order, condition]: &Entry) -> CandidateRef {
    CandidateRef::from_words([*order, *condition])
}

/// The entries of rules, each with its action; sorted.
pub(super) fn of(rules: &[&Rule], lists: &Lists) -> Vec<(u32, Entry)> {
    let mut entries: Vec<(u32, Entry)> = Vec::new();
    for rule in rules {
        for action in lists.actions(rule) {
            let of_action = lists.roles(rule).iter().map(|role| (*action, [*role, rule.order, rule.condition]));
            entries.extend(of_action);
        }
    }
    entries.sort_unstable();
    entries
}

/// Takes those of the same role and order as any of `gone` away, and returns them. Moves each entry once, at most.
pub(super) fn remove(entries: &mut Vec<Entry>, gone: &[Entry]) -> Vec<Entry> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    for [role, order, _] in gone {
        let start = entries.partition_point(|entry| entry < &[*role, *order, 0]);
        let run = entries.get(start..).unwrap_or_default().iter();
        let len = run.take_while(|[own_role, own_order, _]| (own_role, own_order) == (role, order)).count();
        if len > 0 && ranges.last().is_none_or(|last| last.start < start) {
            ranges.push(start..start + len);
        }
    }
    let mut removed = Vec::new();
    let Some(mut end) = ranges.first().map(|first| first.start) else { return removed };
    let nexts = ranges.iter().skip(1).map(|next| next.start).chain([entries.len()]);
    for (range, next) in ranges.iter().zip(nexts.collect::<Vec<_>>()) {
        removed.extend_from_slice(entries.get(range.clone()).unwrap_or_default());
        entries.copy_within(range.end..next, end);
        end += next - range.end;
    }
    entries.truncate(end);
    removed
}

/// Puts sorted entries where they belong. Moves each entry once, at most, unless there is no room left.
pub(super) fn insert(entries: &mut Vec<Entry>, new: &[Entry]) {
    let mut end = entries.len();
    if entries.capacity() < end + new.len() {
        entries.reserve_exact(new.len() + end / 16);
    }
    let places: Vec<usize> = new.iter().map(|entry| entries.partition_point(|own| own < entry)).collect();
    entries.resize(end + new.len(), [0; 3]);
    for (before, (entry, at)) in new.iter().zip(places).enumerate().rev() {
        entries.copy_within(at..end, at + before + 1);
        if let Some(place) = entries.get_mut(at + before) {
            *place = *entry;
        }
        end = at;
    }
}
