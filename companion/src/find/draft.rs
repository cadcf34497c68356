use std::sync::Arc;

use tollgate_policy::set::{Policy, PolicySet};
use tollgate_policy::source::tree::{self, Node, Problem, Value};
use tollgate_policy::source::{Diagnostics, Shape, SourceFile, load_beside};

/// What a draft without a name is called in messages.
const NAMELESS: &str = "draft";

/// A policy that is in no set yet.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Its name is empty if the draft has none.
    pub(crate) policy: Arc<Policy>,
}

impl Draft {
    /// Reads one policy, as fields alone or as the only one of a policy file, and checks it against a set. `file` is what
    /// messages call the text. A policy of the set that has its name is the one it would replace.
    ///
    /// # Errors
    /// Lists all that is wrong with it.
    pub(crate) fn read(file: &str, text: &str, set: &PolicySet) -> Result<Self, Diagnostics> {
        let mut file = SourceFile::new(file, text);
        let name = tree::read(&file, |root, _| Some(name(root)))?;
        file.shape = match &name {
            Name::InFile(1) => Shape::Sections,
            // Before anything is checked: conditions of any number would be compiled.
            Name::InFile(_) => return Err(refused(&file)),
            Name::Given(name) => Shape::Policy(name.clone()),
            Name::Absent => Shape::Policy(NAMELESS.to_owned()),
        };
        let mut policies = load_beside(&file, set)?.into_iter();
        if let (Some(mut policy), None) = (policies.next(), policies.next()) {
            if name == Name::Absent {
                Arc::make_mut(&mut policy).name.clear();
            }
            return Ok(Draft { policy });
        }
        Err(refused(&file))
    }
}

/// What is said of what is no draft.
fn refused(file: &SourceFile) -> Diagnostics {
    let one = "a draft is one policy: its fields, or a policy file with one entry in `policies`";
    let refused = tree::read(file, |root, file| -> Option<()> {
        file.refuse(root.at, Problem::new(one));
        None
    });
    refused.err().unwrap_or_default()
}

/// Where the name of a draft is.
#[derive(Debug, PartialEq, Eq)]
enum Name {
    /// In the policies of a policy file, of which there are so many.
    InFile(usize),
    /// Among the fields of the policy.
    Given(String),
    Absent,
}

/// A mapping with policies in it is a policy file; anything else, a policy.
fn name(root: &Node<'_>) -> Name {
    let Value::Map(entries) = &root.value else { return Name::Absent };
    if let Some((_, policies)) = entries.iter().find(|(key, _)| key.name == "policies") {
        return Name::InFile(if let Value::List(policies) = &policies.value { policies.len() } else { 1 });
    }
    let name = entries.iter().find(|(key, _)| key.name == "name").and_then(|(_, node)| match &node.value {
        Value::Text(name) => Some(name.to_string()),
        _ => None,
    });
    name.map_or(Name::Absent, Name::Given)
}

#[cfg(test)]
mod tests {
    use tollgate_policy::source::load;

    use super::*;

    const SET: &str =
        "scopes: [acme]\npolicies:\n  - {name: reader, resource: document, actions: [view], roles: [a]}\n";

    fn read(text: &str) -> Result<Draft, String> {
        let set = load(&[SourceFile::new("a.yaml", SET)]).unwrap();
        Draft::read("draft", text, &set).map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_draft_is_the_fields_of_a_policy_or_a_file_with_one() {
        let fields = "{\"resource\": \"document\", \"actions\": [\"view\"], \"roles\": [\"a\"], \"scope\": \"acme\"}";
        assert_eq!(read(fields).unwrap().policy.scope.as_deref(), Some("acme"));
        assert_eq!(read("name: x\nresource: a\nactions: [b]\nroles: [c]").unwrap().policy.name, "x");
        assert_eq!(read(&SET.replace("scopes: [acme]\n", "")).unwrap().policy.name, "reader");
    }

    #[test]
    fn what_is_wrong_with_it_is_located() {
        let cases = [
            ("resource: a\nactoins: [b]\nroles: [c]", "draft:2:1: "),
            ("resource: a\nactions: [b]\nroles: [c]\nscope: acm", "did you mean `acme`?"),
            ("resource: a\nactions: [b]\nroles: [c]\ncondition: a ==", "draft:4:"),
            (
                "policies: [{name: a, resource: a, actions: [b], roles: [c]}, {name: b, resource: a, actions: [b], roles: [c]}]",
                "one policy",
            ),
            ("# nothing", "draft:"),
            ("[", "draft:1:"),
            ("5", "draft:1:"),
            ("", "draft:1:"),
            (SET, "other sections"),
        ];
        for (text, expected) in cases {
            let problems = read(text).unwrap_err();
            assert!(problems.contains(expected), "{text}: {problems}");
        }
    }

    #[test]
    fn what_else_is_in_a_file_with_one_policy_is_not_compiled() {
        let broken = "resource.x.matches('(')";
        let file = format!(
            "variables: {{v: \"{broken}\"}}\nderivedRoles: [{{name: d, roles: [a], condition: \"{broken}\"}}]\n\
             policies: [{{name: a, resource: a, actions: [b], roles: [c, d], condition: resource.y}}]"
        );
        let problems = read(&file).unwrap_err();
        assert!(problems.contains("other sections") && !problems.contains("pattern"), "{problems}");
        let own = read(&file.replace("resource.y", "variables.v")).unwrap_err();
        assert!(own.contains("variables.v") && !own.contains("pattern"), "{own}");
    }
}
