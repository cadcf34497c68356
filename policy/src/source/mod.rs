//! The loader: policy files, YAML or JSON, become one validated [`PolicySet`], or located [`Diagnostics`].
//!
//! Each file is parsed to a tree of nodes that know their place (`document`, `node`). The tree is decoded by hand
//! (`mapping`, `value`, and a module for each kind of entry) into an `assembly`, so that all problems of all files are
//! found in one run. The assembly then checks what only the whole set can show: dangling references, ambiguous routes.
//!
//! A [`Loader`] remembers what the files came to. Where only policies changed and nothing else depends on them, it takes these
//! changes over by themselves (`edit`); everything else, and every problem, is a matter of the whole set (`loader`).

mod ambiguity;
mod assembly;
mod attributes;
mod beside;
mod body;
mod budget;
mod condition;
mod derived_role;
mod diagnostic;
mod document;
mod draft;
mod edit;
mod file;
mod files;
mod host;
mod identity;
mod labels;
mod loader;
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
mod splice;
mod suggest;
mod template;
#[cfg(test)]
mod tests;
pub mod tree;
mod value;
mod variable;
mod window;

use std::sync::Arc;

use crate::set::PolicySet;

pub use beside::load_beside;
pub use diagnostic::{Diagnostic, Diagnostics, Excerpt};
pub use file::{Shape, SourceFile};
pub use loader::Loader;
pub use order::fields_at;

/// The JSON Schema of policy files, for editors. What it accepts may still be refused by [`load`], which knows the whole set.
pub const JSON_SCHEMA: &str = include_str!("policy.schema.json");

/// Reads policy files as one set. The order of the files does not matter: they are read in the order of their names.
///
/// # Errors
/// Lists every problem of every file, in the order of file, line and column.
pub fn load(files: &[SourceFile]) -> Result<PolicySet, Diagnostics> {
    // The loader goes first, so that nothing has to be copied.
    let set = Loader::default().load(files)?;
    Ok(Arc::unwrap_or_clone(set))
}
