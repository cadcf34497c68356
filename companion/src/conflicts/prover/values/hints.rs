//! Values where more is done with them than comparing: near what is named, and mixed with what is read beside them.

use tollgate_policy::condition::Origin;
use tollgate_policy::data::Data;

use super::super::said::Rumour;
use super::super::space::Variable;
use super::draft::Draft;
use super::moments::{later, some_time};
use super::{Candidate, Values, addresses};

/// Longest list or text that is made for its size.
const MAX_SIZE: i64 = 64;

/// How many candidates of one variable are tried in another.
const MIXED: usize = 6;

pub(super) fn add(rumour: &Rumour, draft: &mut Draft) {
    let hints = &rumour.hints;
    if !hints.any {
        return;
    }
    for text in &hints.texts {
        draft.text(text);
        draft.list(&[Data::from(text.as_str())]);
    }
    for address in addresses::of(hints) {
        draft.text(&address);
    }
    for value in &hints.values {
        near(value, draft);
    }
    if !draft.takes_only_texts() && hints.values.len() > 1 {
        draft.list(&hints.values);
    }
    let times = hints.times.iter().copied();
    let base = some_time();
    let around = hints.spans.iter().flat_map(|span| {
        let seconds = span.nanos() / 1_000_000_000;
        [seconds, -seconds, 2 * seconds, -2 * seconds, seconds / 2, -seconds / 2]
            .map(|by| later(base?, by))
            .into_iter()
            .flatten()
    });
    for time in times.flat_map(|time| [Some(time), later(time, 1), later(time, -1)]).flatten().chain(around).chain(base)
    {
        draft.text(&time.to_string());
    }
    if hints.sized {
        let sizes = hints.values.iter().filter_map(|value| match value {
            Data::Int(size) => Some(*size),
            _ => None,
        });
        for size in
            sizes.chain([0]).flat_map(|size| [size - 1, size, size + 1]).filter(|size| (0..=MAX_SIZE).contains(size))
        {
            let size = usize::try_from(size).unwrap_or_default();
            draft.text(&"x".repeat(size));
            draft.list(&vec![Data::from("x"); size]);
        }
    }
    draft.list(&[]);
}

fn near(value: &Data, draft: &mut Draft) {
    draft.is(value.clone());
    match value {
        Data::String(text) => {
            let variants =
                [text.to_lowercase(), text.to_uppercase(), format!("{text}x"), format!("x{text}"), format!("x{text}x")];
            draft.texts(&variants);
        }
        Data::Int(number) => {
            let by = [1, -1, 2, -2].map(|by| number.checked_add(by));
            let times = [number.checked_mul(2), number.checked_mul(10), Some(number / 2), Some(number / 10)];
            for near in by.into_iter().chain(times).flatten() {
                draft.is(Data::Int(near));
            }
        }
        Data::Double(number) => {
            for near in [number + 1.0, number - 1.0, number * 2.0, number / 2.0] {
                draft.is(Data::from_double(near));
            }
        }
        _ => {}
    }
    if !draft.takes_only_texts() {
        draft.list(std::slice::from_ref(value));
        draft.list(&[value.clone(), Data::from("other")]);
    }
}

/// Lists that have what may be looked for in them.
pub(super) fn seek(element: usize, list: usize, values: &mut [Values]) {
    let sought = firsts(values.get(element));
    let Some(list) = values.get_mut(list) else { return };
    let mut made = vec![Candidate::Is(Data::List(Box::default()))];
    made.extend(sought.iter().map(|value| Candidate::Is(Data::List([value.clone()].into()))));
    // The likeliest come first.
    for candidate in made.into_iter().rev().filter(|candidate| !list.candidates.contains(candidate)).collect::<Vec<_>>()
    {
        if !list.candidates.iter().any(|candidate| matches!(candidate, Candidate::Roles(_))) {
            list.candidates.insert(0, candidate);
        }
    }
    let roles: Vec<String> = list.candidates.iter().filter_map(roles_of).flatten().cloned().collect();
    if let Some(element) = values.get_mut(element) {
        for role in roles {
            let candidate = Candidate::Is(Data::from(role.as_str()));
            if !element.candidates.contains(&candidate) {
                element.candidates.push(candidate);
            }
        }
    }
}

/// Each has some of what the others may be, alone and in lists.
pub(super) fn mix(together: &[usize], variables: &[Variable], values: &mut [Values]) {
    let all: Vec<Vec<Data>> = together.iter().map(|variable| firsts(values.get(*variable))).collect();
    for (place, variable) in together.iter().enumerate() {
        let is_attribute = variables.get(*variable).is_some_and(|variable| {
            matches!(variable.place.origin, Origin::Principal(_) | Origin::Resource(_) | Origin::Body)
        });
        let Some(own) = values.get_mut(*variable).filter(|_| is_attribute) else { continue };
        let others = all.iter().enumerate().filter(|(other, _)| *other != place).flat_map(|(_, values)| values);
        for value in others.filter(|value| !matches!(value, Data::List(_) | Data::Map(_))) {
            for made in [value.clone(), Data::List([value.clone()].into())] {
                let candidate = Candidate::Is(made);
                if !own.candidates.contains(&candidate) {
                    own.candidates.push(candidate);
                }
            }
        }
    }
}

fn firsts(values: Option<&Values>) -> Vec<Data> {
    let candidates = values.map(|values| values.candidates.as_slice()).unwrap_or_default();
    let values = candidates.iter().filter_map(|candidate| match candidate {
        Candidate::Is(value) => Some(value.clone()),
        _ => None,
    });
    values.take(MIXED).collect()
}

fn roles_of(candidate: &Candidate) -> Option<&Vec<String>> {
    match candidate {
        Candidate::Roles(roles) => Some(roles),
        _ => None,
    }
}
