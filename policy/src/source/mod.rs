//! The loader: policy files, YAML or JSON, become one validated [`PolicySet`], or located [`Diagnostics`].
//!
//! Each file is parsed to a tree of nodes that know their place (`document`, `node`). The tree is decoded by hand
//! (`mapping`, `value`, and a module for each kind of entry) into an `assembly`, so that all problems of all files are
//! found in one run. The assembly then checks what only the whole set can show: dangling references, ambiguous routes.

mod ambiguity;
mod assembly;
mod attributes;
mod condition;
mod diagnostic;
mod document;
mod host;
mod identity;
mod location;
mod mapping;
mod method;
mod names;
mod node;
mod policy;
mod principal;
mod printable;
mod registry;
mod report;
mod route;
mod scalar;
mod section;
mod suggest;
mod template;
#[cfg(test)]
mod tests;
mod value;

use std::mem;

use assembly::Assembly;
use condition::Conditions;
use report::Report;

use crate::set::PolicySet;

pub use diagnostic::{Diagnostic, Diagnostics, Excerpt};

/// A policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path, as messages show it.
    pub name: String,
    /// The content: one YAML or JSON document.
    pub text: String,
}

/// Reads policy files as one set. The order of the files does not matter: they are read in the order of their names.
///
/// # Errors
/// Lists every problem of every file, in the order of file, line and column.
pub fn load(files: &[SourceFile]) -> Result<PolicySet, Diagnostics> {
    Loader::default().load(files)
}

/// Reads one version of the policy files after another: conditions that were in the version before are not parsed again.
#[derive(Debug, Default)]
pub struct Loader {
    conditions: Conditions,
}

impl Loader {
    /// As [`load`].
    ///
    /// # Errors
    /// As [`load`].
    pub fn load(&mut self, files: &[SourceFile]) -> Result<PolicySet, Diagnostics> {
        let mut files: Vec<&SourceFile> = files.iter().collect();
        files.sort_by(|a, b| (&a.name, &a.text).cmp(&(&b.name, &b.text)));
        let mut report = Report::new(&files);
        let mut assembly = Assembly::new(mem::take(&mut self.conditions).next());
        for id in report.file_ids() {
            section::decode(&mut report.file(id), &mut assembly);
        }
        self.conditions = mem::take(&mut assembly.conditions);
        let set = assembly.finish(&mut report);
        report.into_result(set)
    }
}
