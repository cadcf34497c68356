/// What an operator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Build a generation of the configured model, and serve it once it is complete.
    Migrate,
    /// Give up what is being built.
    Cancel,
    /// Serve the generation again that served before.
    RollBack,
    /// Remove the generation that is kept for a rollback.
    Forget,
    /// Try these again, or all that could not be embedded.
    Retry(Option<Vec<String>>),
}

/// Why that is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Declined {
    #[error("model {0} serves already, which is the one that is configured")]
    Serves(String),
    #[error("a migration to model {0} goes on already")]
    GoesOn(String),
    #[error("no migration goes on")]
    NoMigration,
    #[error("there is no generation to go back to: none is kept")]
    NothingKept,
    #[error("nothing serves yet")]
    NothingServes,
    #[error("no policy of these could not be embedded")]
    NoLetter,
    #[error("the search folder cannot be written: {0}")]
    Store(String),
    #[error("policy search does not answer; its state says why")]
    Silent,
}
