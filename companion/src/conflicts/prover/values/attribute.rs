use tollgate_policy::data::Data;

use super::super::said::Rumour;
use super::super::space::Variable;
use super::draft::Draft;
use super::texts::Texts;
use super::{Candidate, Values, hints, numbers};

/// Most elements of which every set is tried.
const MAX_ELEMENTS: usize = 4;

/// An attribute, or a member of one: anything that JSON knows, or nothing.
pub(super) fn values(variable: &Variable, rumour: &Rumour, fresh: &[String]) -> Values {
    let mut draft = Draft::new(None);
    let is_flag = rumour.boolean || rumour.values.iter().any(|value| matches!(value, Data::Bool(_)));
    if variable.has_members {
        draft.push(Candidate::Object);
    }
    if is_flag {
        flags(&mut draft);
    }
    let texts = Texts::of(rumour);
    if !texts.is_empty() {
        texts.add(rumour, fresh, &mut draft);
        draft.texts(fresh);
    }
    if numbers::are_named(rumour) {
        numbers::add(rumour, &mut draft);
    }
    for value in &rumour.values {
        draft.is(value.clone());
    }
    lists(&rumour.elements, &mut draft);
    if rumour.variables > 1 && !rumour.elements.is_empty() {
        // Lists that have the same of what is looked for may still be different.
        draft.lacks();
    }
    hints::add(rumour, &mut draft);
    if draft.is_empty() || rumour.variables > 1 {
        draft.texts(fresh);
    }
    draft.push(Candidate::Absent);
    // What is of another type is all the same to what is said, one of each.
    draft.texts(fresh);
    numbers::add(rumour, &mut draft);
    flags(&mut draft);
    draft.list(&[]);
    draft.is(Data::Null);
    draft.finish()
}

fn flags(draft: &mut Draft) {
    draft.is(Data::Bool(true));
    draft.is(Data::Bool(false));
}

/// Lists with and without elements that are looked for.
fn lists(elements: &[Data], draft: &mut Draft) {
    let mut distinct: Vec<Data> = Vec::new();
    for element in elements {
        if !distinct.contains(element) {
            distinct.push(element.clone());
        }
    }
    if distinct.is_empty() {
        return;
    }
    if distinct.len() > MAX_ELEMENTS {
        draft.lacks();
        draft.list(&[]);
        distinct.iter().for_each(|element| draft.list(std::slice::from_ref(element)));
        draft.list(&distinct);
        for without in 0..distinct.len() {
            let others = distinct.iter().enumerate().filter(|(number, _)| *number != without);
            draft.list(&others.map(|(_, element)| element.clone()).collect::<Vec<_>>());
        }
        return;
    }
    let mut sets: Vec<u32> = (0..1 << distinct.len()).collect();
    // An element more or less, before all of them.
    sets.sort_by_key(|set| set.count_ones());
    for set in sets {
        let chosen = distinct.iter().enumerate().filter(|(number, _)| set >> number & 1 == 1);
        draft.list(&chosen.map(|(_, element)| element.clone()).collect::<Vec<_>>());
    }
}
