use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done; for `check`: allowed.
    Success,
    /// Something is wrong with the input or the environment.
    Error,
    /// `check`: denied.
    Denied,
    /// What was to be proved is not so: a test fails, a decision flips, a file is not formatted.
    Failed,
    /// Nothing can be said, because the input cannot be used.
    Unusable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Error | Exit::Failed => 1,
            Exit::Denied | Exit::Unusable => 2,
        })
    }
}
