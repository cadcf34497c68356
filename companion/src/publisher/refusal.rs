use tokio::task::JoinError;

use crate::policies::{CompileError, ReadError};

/// Why an edit is not published.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Everything, for the log.
    pub(super) text: String,
    /// The first problem and how many there are, for a status page.
    pub(super) summary: String,
}

impl From<CompileError> for Refusal {
    fn from(error: CompileError) -> Self {
        Refusal { text: error.to_string(), summary: error.summary() }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        let text = error.to_string();
        Refusal { summary: text.clone(), text }
    }
}

impl From<JoinError> for Refusal {
    fn from(crash: JoinError) -> Self {
        let text = format!("reading the policies failed inside the program: {crash}");
        Refusal { summary: text.clone(), text }
    }
}
