use std::cmp::Ordering;

use tollgate_policy::source::{Shape, SourceFile};

use crate::store::Edit;

/// Texts that policies are written in.
pub(super) type Documents = Vec<SourceFile>;

/// Leads the names of documents that are one policy each.
const POLICIES: &str = "policies/";

/// The document of everything that is no policy, and what leads the names of several.
pub(super) const SET: &str = "set";
pub(super) const SETS: &str = "set/";

/// The name of a policy's own document.
pub(super) fn name_of(policy: &str) -> String {
    format!("{POLICIES}{policy}")
}

/// The policy whose own document has this name.
pub(super) fn policy_of(document: &str) -> Option<&str> {
    document.strip_prefix(POLICIES)
}

/// A policy's own document.
pub(super) fn of_policy(policy: String, text: String) -> SourceFile {
    SourceFile { name: name_of(&policy), text: text.into(), shape: Shape::Policy(policy) }
}

/// Whether the documents are as the API keeps them.
pub(super) fn are_apart(documents: &[SourceFile]) -> bool {
    documents.iter().all(|document| match document.shape {
        Shape::Policy(_) => document.name.starts_with(POLICIES),
        Shape::Sections => document.name == SET || document.name.starts_with(SETS),
    })
}

/// As all functions here want them.
pub(super) fn sorted(mut documents: Documents) -> Documents {
    documents.sort_by(|a, b| a.name.cmp(&b.name));
    documents
}

/// The document of this name, among those sorted by name.
pub(super) fn find<'d>(documents: &'d [SourceFile], name: &str) -> Option<&'d SourceFile> {
    let place = documents.binary_search_by(|document| document.name.as_str().cmp(name)).ok()?;
    documents.get(place)
}

/// Makes an edit, and returns the one that undoes it.
pub(super) fn make(documents: &mut Documents, edit: Edit) -> Option<Edit> {
    match edit {
        Edit::Write(document) => match documents.binary_search_by(|other| other.name.cmp(&document.name)) {
            Ok(place) => {
                let kept = documents.get_mut(place)?;
                Some(Edit::Write(std::mem::replace(kept, document)))
            }
            Err(place) => {
                let name = document.name.clone();
                documents.insert(place, document);
                Some(Edit::Remove(name))
            }
        },
        Edit::Remove(name) => {
            let place = documents.binary_search_by(|other| other.name.cmp(&name)).ok()?;
            Some(Edit::Write(documents.remove(place)))
        }
    }
}

/// What leads from some documents to others; both are sorted by name.
pub(super) fn between(old: &[SourceFile], new: &[SourceFile]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some(before), Some(after)) => before.name.cmp(&after.name),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return edits,
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        match (before, after) {
            (before, Some(after)) if before != Some(after) => edits.push(Edit::Write(after.clone())),
            (Some(before), None) => edits.push(Edit::Remove(before.name.clone())),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(policy: &str, text: &str) -> SourceFile {
        of_policy(policy.to_owned(), text.to_owned())
    }

    #[test]
    fn edits_lead_from_one_state_to_the_other_and_back() {
        let old = vec![document("a", "1"), document("b", "2"), document("d", "4")];
        let new = vec![document("b", "changed"), document("c", "3"), document("d", "4")];
        let edits = between(&old, &new);
        assert_eq!(edits.len(), 3);
        let mut documents = old.clone();
        let mut undone: Vec<Edit> = edits.into_iter().filter_map(|edit| make(&mut documents, edit)).collect();
        assert_eq!(documents, new);
        undone.reverse();
        undone.into_iter().for_each(|edit| {
            make(&mut documents, edit);
        });
        assert_eq!(documents, old);
    }

    #[test]
    fn removing_what_is_not_there_is_no_edit() {
        assert_eq!(make(&mut vec![document("a", "1")], Edit::Remove(name_of("b"))), None);
    }
}
