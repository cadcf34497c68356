use std::sync::Arc;

/// A policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path, as messages show it.
    pub name: String,
    /// The content: one YAML or JSON document.
    pub text: Arc<str>,
    /// What the document is.
    pub shape: Shape,
}

/// What the root of a policy file is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// A mapping of sections, each with entries.
    #[default]
    Sections,
    /// One policy, of this name. A field `name` in it is optional, and says the same.
    Policy(String),
}

impl SourceFile {
    /// A file of sections.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        SourceFile { name: name.into(), text: text.into(), shape: Shape::Sections }
    }
}
