//! One version of the files after another: whatever a loader has seen before, it says what [`load`] says, and policies that
//! are the same are shared.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::file;
use crate::set::{Policy, PolicySet};
use crate::source::{Diagnostics, Loader, Shape, SourceFile, load};

const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];

/// Files of policies, and documents, which hold one policy of the name after the slash.
const FILES: [&str; 9] = ["a.yaml", "m.yaml", "n.yaml", "z.yaml", "doc/a", "doc/b", "doc/c", "doc/x", "mixed.yaml"];

pub(super) const KINDS: [&str; 5] = ["document", "page", "[document, page]", "stranger", "\"*\""];

pub(super) const ROLES: [&str; 5] = ["[editor]", "[owner, editor]", "[editor, reader, owner]", "[reader]", "[\"*\"]"];

pub(super) const EXTRAS: [&str; 18] = [
    "",
    "",
    "",
    "effect: deny",
    "description: changed",
    "scope: acme",
    "scope: acme.eu",
    "scope: acmee",
    "labels: {team: a}",
    "condition: principal.department == 'legal'",
    "condition: resource.status == 'draft'",
    "condition: resource.statuss == 'draft'",
    "condition: resource.kind == 'page'",
    "condition: variables.isOwner",
    "condition: variables.isOwner && resource.size > 3",
    "condition: resource.ownerId ==",
    "condition: resource.size > 'x'",
    "effect: perhaps",
];

/// Everything else that a set holds, by file: the files that a step chooses among, the absent one first.
const OTHERS: [(&str, &[&str]); 6] = [
    (
        "derived.yaml",
        &[
            "",
            "derivedRoles: [{name: owner, roles: [editor], condition: resource.ownerId == principal.id}]",
            "derivedRoles: [{name: owner, roles: [editor, author]}]",
            "derivedRoles: [{name: owner, roles: [editor], condition: resource.kind == 'page'}]",
            "derivedRoles:\n- {name: owner, roles: [editor], condition: variables.isOwner}\n- {name: reader, roles: [author]}",
            "derivedRoles: [{name: reader, roles: [owner]}]",
            "derivedRoles: [{name: owner, roles: []}]",
        ],
    ),
    (
        "variables.yaml",
        &[
            "",
            "variables: {isOwner: resource.ownerId == principal.id}",
            "variables: {isOwner: resource.status == principal.id}",
            "variables: {isOwner: resource.owner ==}",
            "variables: {isOwner: ",
        ],
    ),
    ("scopes.yaml", &["", "scopes: [acme]", "scopes: [acme, acme.eu]", "scopes: [acme.eu]", "scopes: [\"acme\", "]),
    (
        "schemas.yaml",
        &[
            "",
            "schemas: {resources: {document: {properties: {status: {type: string}, size: {type: integer}}}}}",
            "schemas: {resources: {document: {properties: {status: {}, ownerId: {}, size: {}}}, page: {properties: {ownerId: {}}}}}",
            "schemas: {principal: {properties: {department: {type: integer}}, additionalProperties: false}}",
            "schemas: {resources: [",
        ],
    ),
    (
        "routes.yaml",
        &[
            "",
            "routes: [{match: {path: /a}, action: view, resource: {kind: document}}]",
            "routes: [{match: {path: /a}, action: view, resource: {kind: stranger}, scope: \"'acme.eu'\"}]",
            "routes: [{match: {path: /a}, action: view, resource: {kind: page}}, {match: {path: /a}, action: edit, resource: {kind: page}}]",
            "unmatched: allow",
            "routes: [{match: {path: /a}, action: view, resource: {kind: page, attr: {model: \"'m'\"}}, budget: {}}]",
        ],
    ),
    (
        "budgets.yaml",
        &[
            "",
            "budgets: {models: [{name: m, provider: p, context: 9, maxOutput: 9}]}",
            "budgets: {models: [{name: m, provider: p, context: 9, maxOutput: 9}], environments: {dev: {}}}",
            "budgets: {environments: {dev: {limits: [{scope: model, name: m, tokens: 5}]}}}",
            "budgets: {environments: {prod: {limits: [{scope: org, tokens: 5}]}}}",
            "budgets: {environments: {prod: {limits: [{scope: org, tokens: 6}]}}}",
            "budgets: {environments: [",
        ],
    ),
];

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Puts a policy into a file, in place of the one of that name.
    Put {
        file: usize,
        name: usize,
        kind: usize,
        roles: usize,
        extra: usize,
    },
    Remove {
        file: usize,
        name: usize,
    },
    Move {
        from: usize,
        to: usize,
        name: usize,
    },
    RenameFile {
        from: usize,
        to: usize,
    },
    /// Spoils the text of a file, or mends it.
    Spoil {
        file: usize,
    },
    Mend,
    Other {
        file: usize,
        text: usize,
    },
    Nothing,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let (file, name) = (0..FILES.len(), 0..NAMES.len());
    let policy = (file.clone(), name.clone(), 0..KINDS.len(), 0..ROLES.len(), 0..EXTRAS.len());
    let other = (0..OTHERS.len(), 0..7usize);
    prop_oneof![
        12 => policy.prop_map(|(file, name, kind, roles, extra)| Step::Put { file, name, kind, roles, extra }),
        3 => (file.clone(), name.clone()).prop_map(|(file, name)| Step::Remove { file, name }),
        3 => (file.clone(), file.clone(), name).prop_map(|(from, to, name)| Step::Move { from, to, name }),
        1 => (file.clone(), file.clone()).prop_map(|(from, to)| Step::RenameFile { from, to }),
        1 => file.prop_map(|file| Step::Spoil { file }),
        8 => Just(Step::Mend),
        4 => other.prop_map(|(file, text)| Step::Other { file, text }),
        1 => Just(Step::Nothing),
    ]
}

/// The files as steps leave them.
#[derive(Default)]
pub(super) struct World {
    /// By file, the fields of policies by name.
    policies: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
    others: BTreeMap<&'static str, &'static str>,
    spoilt: Option<&'static str>,
    /// Texts as they were handed over last, to be shared.
    texts: BTreeMap<String, Arc<str>>,
}

impl World {
    pub(super) fn take(&mut self, step: Step) {
        match step {
            Step::Put { file, name, kind, roles, extra } => {
                let fields = format!(
                    "resource: {}, actions: [view], roles: {}{}{}",
                    KINDS[kind],
                    ROLES[roles],
                    if EXTRAS[extra].is_empty() { "" } else { ", " },
                    flow(EXTRAS[extra])
                );
                self.policies.entry(FILES[file]).or_default().insert(NAMES[name], fields);
            }
            Step::Remove { file, name } => {
                self.policies.entry(FILES[file]).or_default().remove(NAMES[name]);
            }
            Step::Move { from, to, name } => {
                if let Some(fields) = self.policies.entry(FILES[from]).or_default().remove(NAMES[name]) {
                    self.policies.entry(FILES[to]).or_default().insert(NAMES[name], fields);
                }
            }
            Step::RenameFile { from, to } => {
                if let Some(policies) = self.policies.remove(FILES[from]) {
                    self.policies.insert(FILES[to], policies);
                }
            }
            Step::Spoil { file } => self.spoilt = Some(FILES[file]),
            Step::Mend => self.mend(),
            Step::Other { file, text } => {
                let (name, texts) = OTHERS[file];
                self.others.insert(name, texts[text % texts.len()]);
            }
            Step::Nothing => {}
        }
    }

    /// Takes away what is refused, so that there is something to begin with again.
    pub(super) fn mend(&mut self) {
        self.spoilt = None;
        while let Err(problems) = load(&self.files()) {
            let broken: Vec<String> = problems.iter().map(|problem| problem.file.clone()).collect();
            self.policies.retain(|name, _| !broken.iter().any(|broken| broken == name));
            self.others.retain(|name, _| !broken.iter().any(|broken| broken == name));
        }
    }

    pub(super) fn files(&mut self) -> Vec<SourceFile> {
        let mut files = Vec::new();
        for (name, policies) in &self.policies {
            if let Some(document) = name.strip_prefix("doc/") {
                // A document has one policy, and its own name.
                if let Some(fields) = policies.values().next() {
                    let shape = Shape::Policy(document.to_owned());
                    files.push(SourceFile { shape, ..file(name, &format!("{{{fields}}}")) });
                }
                continue;
            }
            let entry = |(name, fields): (&&str, &String)| format!("- {{name: {name}, {fields}}}\n");
            let mut text: String = policies.iter().map(entry).collect();
            text.insert_str(0, if text.is_empty() { "# none" } else { "policies:\n" });
            if *name == "mixed.yaml" {
                text.push_str(
                    "\nprincipals: [{source: tokens, id: x, roles: [a]}]\nidentity: [{name: tokens, jwt: {}}]\n",
                );
            }
            files.push(file(name, &text));
        }
        files.extend(self.others.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| file(name, text)));
        for file in &mut files {
            if self.spoilt == Some(file.name.as_str()) {
                file.text = format!("{}\n  }} - [", file.text).into();
            }
            let shared = self.texts.entry(file.name.clone()).or_default();
            match **shared == *file.text {
                true => file.text = Arc::clone(shared),
                false => *shared = Arc::clone(&file.text),
            }
        }
        files
    }
}

/// Conditions hold characters that end a value in braces.
pub(super) fn flow(extra: &str) -> String {
    match extra.split_once("condition: ") {
        Some((_, condition)) => format!("condition: \"{condition}\""),
        None => extra.to_owned(),
    }
}

fn text(result: Result<&PolicySet, &Diagnostics>) -> String {
    result.map_or_else(ToString::to_string, |set| format!("{set:#?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_version_is_read_as_if_it_were_the_first(steps in prop::collection::vec((step(), prop::bool::weighted(0.2)), 1..40)) {
        let (mut world, mut loader) = (World::default(), Loader::default());
        let mut last_good: Arc<PolicySet> = Arc::default();
        for (step, backwards) in steps {
            world.take(step);
            let mut files = world.files();
            if backwards {
                files.reverse();
            }
            let (again, once) = (loader.load(&files), load(&files));
            prop_assert_eq!(text(again.as_deref()), text(once.as_ref()), "after {:?}", step);
            prop_assert_eq!(again.as_deref(), once.as_ref());
            if let Ok(set) = again {
                for policy in &set.policies {
                    let before = last_good.policies.iter().find(|before| before.name == policy.name);
                    prop_assert!(before.is_none_or(|before| before != policy || Arc::ptr_eq(before, policy)), "{}", policy.name);
                }
                // Some callers keep a set, most do not.
                last_good = if backwards { set } else { Arc::new(PolicySet::clone(&set)) };
            }
        }
    }
}

const SCHEMAS: &str = "schemas: {resources: {document: {properties: {status: {type: string}}}}}\nscopes: [acme]\n\
    derivedRoles: [{name: owner, roles: [editor], condition: resource.kind == 'document'}]\n";

/// A loader that has read twelve policies, every second one in a document.
fn loaded(settings: &str) -> (Loader, Vec<SourceFile>) {
    let policy = |index: usize| match index % 2 {
        0 => document(index, ""),
        _ => section(index, ""),
    };
    let mut files: Vec<SourceFile> = (0..12).map(policy).collect();
    files.push(file("zz.yaml", settings));
    let mut loader = Loader::default();
    loader.load(&files).unwrap();
    (loader, files)
}

fn document(index: usize, more: &str) -> SourceFile {
    let name = format!("p-{index:02}");
    let text = format!("{{\"resource\": \"document\", \"actions\": [\"view\"], \"roles\": [\"editor\"]{more}}}");
    SourceFile { shape: Shape::Policy(name.clone()), ..file(&name, &text) }
}

fn section(index: usize, more: &str) -> SourceFile {
    let name = format!("p-{index:02}");
    file(&name, &format!("policies: [{{name: {name}, resource: document, actions: [view], roles: [editor]{more}}}]"))
}

/// Whether the loader took the files over by what changed in them alone, and that they say the same either way.
fn is_by_itself(loader: &mut Loader, files: &[SourceFile]) -> bool {
    let refs: Vec<&SourceFile> = files.iter().collect();
    let by_itself = loader.edit(&refs).is_some();
    assert_eq!(loader.load(files).as_deref(), load(files).as_ref());
    by_itself
}

#[test]
fn edits_of_policies_are_taken_over_by_themselves() {
    let (mut loader, mut files) = loaded(SCHEMAS);
    files[4] = document(4, ", \"condition\": \"resource.status == 'draft'\"");
    assert!(is_by_itself(&mut loader, &files), "changed");
    files[5] = section(5, ", scope: acme, effect: deny");
    files[6] = document(6, ", \"description\": \"both at once\"");
    assert!(is_by_itself(&mut loader, &files), "two changed");
    let removed = files.remove(3);
    assert!(is_by_itself(&mut loader, &files), "removed");
    files.insert(3, removed);
    assert!(is_by_itself(&mut loader, &files), "added");
    files[3].name = "p-03b".to_owned();
    assert!(is_by_itself(&mut loader, &files), "its file renamed");
    files[3] = file("p-03b", "# nothing any more");
    assert!(is_by_itself(&mut loader, &files), "emptied");
    files[5] = file("p-05", &format!("{}\n", section(3, "").text));
    assert!(is_by_itself(&mut loader, &files), "another policy in its place");
}

#[test]
fn what_concerns_the_whole_set_is_not_taken_over_by_itself() {
    let unlike = |change: fn(&mut Vec<SourceFile>)| {
        let (mut loader, mut files) = loaded(SCHEMAS);
        change(&mut files);
        !is_by_itself(&mut loader, &files)
    };
    assert!(unlike(|files| files[12] = file("zz.yaml", &format!("{SCHEMAS}unmatched: allow"))), "another section");
    assert!(
        unlike(|files| files[1] = file("p-01", &section(1, "").text.replace("document", "page"))),
        "a kind without schema"
    );
    assert!(unlike(|files| files[1] = file("p-01", &section(1, "").text.replace("editor", "owner"))), "a derived role");
    assert!(unlike(|files| files[1] = section(1, ", scope: acme.eu")), "an unknown scope");
    assert!(unlike(|files| files[1] = section(1, ", condition: \"resource.size == 1\"")), "an unknown attribute");
    assert!(unlike(|files| files[1] = section(1, ", condition: \"resource.\"")), "no expression");
    assert!(unlike(|files| files[1] = section(1, ", effct: deny")), "an unknown field");
    assert!(unlike(|files| files[1] = file("p-01", "policies: [")), "no YAML");
    assert!(unlike(|files| files[1] = file("p-01", &section(2, "").text)), "a name that is taken");
    assert!(unlike(|files| files[1] = file("p-01", &format!("{}\nscopes: [b]", section(1, "").text))), "a new section");
}

#[test]
fn a_new_kind_matters_only_beside_schemas() {
    let (mut loader, mut files) = loaded("scopes: [acme]");
    files[1] = file("p-01", &section(1, "").text.replace("document", "page"));
    assert!(is_by_itself(&mut loader, &files));
}

#[test]
fn policies_of_a_derived_role_are_edited_by_themselves_if_they_stay_about_the_same() {
    let (mut loader, mut files) = loaded(SCHEMAS);
    let owned = |more: &str| file("p-01", &section(1, more).text.replace("[editor]", "[reader, owner]"));
    files[1] = owned("");
    assert!(!is_by_itself(&mut loader, &files));
    files[1] = owned(", effect: deny");
    assert!(is_by_itself(&mut loader, &files));
    files[1] = section(1, "");
    assert!(!is_by_itself(&mut loader, &files));
}

#[test]
fn an_edit_of_another_section_leaves_the_policies_shared() {
    let (mut loader, mut files) = loaded(SCHEMAS);
    let before: Vec<Arc<Policy>> = loader.load(&files).unwrap().policies.clone();
    files[12] = file(
        "zz.yaml",
        &format!("{SCHEMAS}routes: [{{match: {{path: /a}}, action: view, resource: {{kind: document}}}}]"),
    );
    files[2] = document(2, ", \"effect\": \"deny\"");
    let after = loader.load(&files).unwrap();
    let shared = before.iter().zip(&after.policies).filter(|(one, other)| Arc::ptr_eq(one, other)).count();
    assert_eq!((before.len(), after.policies.len(), shared), (12, 12, 11));
}

#[test]
fn a_set_that_is_kept_does_not_change() {
    let (mut loader, mut files) = loaded(SCHEMAS);
    let kept = loader.load(&files).unwrap();
    let copy = PolicySet::clone(&kept);
    files[2] = document(2, ", \"effect\": \"deny\"");
    assert!(is_by_itself(&mut loader, &files));
    assert_eq!(*kept, copy);
}

#[test]
fn conditions_that_no_policy_has_any_more_are_forgotten() {
    let (mut loader, mut files) = loaded(SCHEMAS);
    for round in 0..100 {
        files[2] = document(2, &format!(", \"condition\": \"resource.status == '{round}'\""));
        files[3] = section(3, &format!(", condition: \"resource.status == '{}'\"", round / 3));
        assert!(is_by_itself(&mut loader, &files));
        assert!(loader.conditions_known() <= 3, "{}", loader.conditions_known());
    }
}
