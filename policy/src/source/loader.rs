use std::mem;
use std::sync::Arc;

use crate::set::PolicySet;
use crate::set::budget::Environment;

use super::assembly::Assembly;
use super::condition::Conditions;
use super::diagnostic::Diagnostics;
use super::edit::Edit;
use super::files::Files;
use super::report::Report;
use super::splice::splice;
use super::{SourceFile, section};

/// Reads one version of the policy files after another. Files that were in the version before are not read again, their
/// policies are shared with that version's set, and conditions that were in it are not parsed again.
#[derive(Debug, Default)]
pub struct Loader {
    files: Files,
    conditions: Conditions,
    environment: Option<Environment>,
    /// The last set without problems.
    set: Arc<PolicySet>,
    /// How often its routes and policies name a kind of resource that has no schema, where others have one.
    strangers: usize,
    /// Whether it is what the files came to.
    is_current: bool,
}

impl Loader {
    /// Reads files for where they are to serve: what that place cannot do without is looked for, too.
    #[must_use]
    pub fn of(environment: Environment) -> Self {
        Loader { environment: Some(environment), ..Loader::default() }
    }

    /// As [`super::load`]. The set is the loader's own: once it is dropped, the next version takes its place without a copy.
    ///
    /// # Errors
    /// As [`super::load`].
    pub fn load(&mut self, files: &[SourceFile]) -> Result<Arc<PolicySet>, Diagnostics> {
        let mut files: Vec<&SourceFile> = files.iter().collect();
        if self.is_current && self.edit(&files).is_some() {
            return Ok(Arc::clone(&self.set));
        }
        files.sort_by(|a, b| (&a.name, &a.text, &a.shape).cmp(&(&b.name, &b.text, &b.shape)));
        if self.is_current && self.edit(&files).is_some() {
            return Ok(Arc::clone(&self.set));
        }
        self.load_all(&files)
    }

    /// Takes over what changed, if that is policies alone.
    pub(super) fn edit(&mut self, files: &[&SourceFile]) -> Option<()> {
        let changes = self.files.changes(files)?;
        let Edit { policies, files, gone, strangers } =
            Edit::of(&self.set, self.strangers, &self.files, &changes, &mut self.conditions)?;
        // A panic must not leave half of it behind.
        self.is_current = false;
        for condition in gone.iter().filter_map(|policy| policy.condition.as_ref()) {
            self.conditions.release(&condition.text);
        }
        splice(&mut self.files.0, files);
        splice(&mut Arc::make_mut(&mut self.set).policies, policies);
        self.strangers = strangers;
        self.is_current = true;
        Some(())
    }

    /// How many conditions it remembers.
    #[cfg(test)]
    pub(super) fn conditions_known(&self) -> usize {
        self.conditions.len()
    }

    fn load_all(&mut self, files: &[&SourceFile]) -> Result<Arc<PolicySet>, Diagnostics> {
        self.is_current = false;
        let mut report = Report::new(files);
        let mut assembly = Assembly::default();
        let mut is_plain = Vec::with_capacity(files.len());
        let known = mem::take(&mut self.files).recall(files);
        for ((id, file), known) in report.file_ids().zip(files).zip(known) {
            is_plain.push(match known {
                Some(policies) => {
                    assembly.recall(id, policies, &mut report);
                    true
                }
                None => {
                    let problems = report.count();
                    section::decode(&file.shape, &mut report.file(id), &mut assembly) && report.count() == problems
                }
            });
        }
        let surroundings = assembly.surroundings();
        let variables = mem::take(&mut assembly.variables).finish(&surroundings, &mut report);
        self.conditions = mem::take(&mut self.conditions).next(variables, surroundings);
        let (set, finished) = assembly.finish(&self.set, self.environment, &mut self.conditions, &mut report);
        self.files = Files::of(files, &is_plain, finished);
        self.set = Arc::new(report.into_result(set)?);
        self.strangers = self.set.strangers();
        self.is_current = true;
        Ok(Arc::clone(&self.set))
    }
}
