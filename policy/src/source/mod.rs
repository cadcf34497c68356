//! The loader: policy files, YAML or JSON, become one validated [`PolicySet`], or located [`Diagnostics`].
//!
//! Each file is parsed to a tree of nodes that know their place (`document`, `node`). The tree is decoded by hand
//! (`mapping`, `value`, and a module for each kind of entry) into an `assembly`, so that all problems of all files are
//! found in one run. The assembly then checks what only the whole set can show: dangling references, ambiguous routes.

mod ambiguity;
mod assembly;
mod attributes;
mod body;
mod condition;
mod derived_role;
mod diagnostic;
mod document;
mod file;
mod host;
mod identity;
mod labels;
mod location;
mod mapping;
mod method;
mod names;
mod node;
mod order;
mod policy;
mod principal;
mod printable;
mod references;
mod registry;
mod report;
mod route;
mod scalar;
mod schema;
mod scope;
mod section;
mod suggest;
mod template;
#[cfg(test)]
mod tests;
pub mod tree;
mod value;
mod variable;
mod window;

use std::mem;

use assembly::Assembly;
use condition::Conditions;
use report::Report;

use crate::set::PolicySet;

pub use diagnostic::{Diagnostic, Diagnostics, Excerpt};
pub use file::{Shape, SourceFile};
pub use order::fields_at;

/// The JSON Schema of policy files, for editors. What it accepts may still be refused by [`load`], which knows the whole set.
pub const JSON_SCHEMA: &str = include_str!("policy.schema.json");

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
        files.sort_by(|a, b| (&a.name, &a.text, &a.shape).cmp(&(&b.name, &b.text, &b.shape)));
        let mut report = Report::new(&files);
        let mut assembly = Assembly::default();
        for (id, file) in report.file_ids().zip(&files) {
            section::decode(&file.shape, &mut report.file(id), &mut assembly);
        }
        let surroundings = assembly.surroundings();
        let variables = mem::take(&mut assembly.variables).finish(&surroundings, &mut report);
        self.conditions = mem::take(&mut self.conditions).next(variables, surroundings);
        let set = assembly.finish(&mut self.conditions, &mut report);
        report.into_result(set)
    }
}
