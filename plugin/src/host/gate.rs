use crate::request::Filter;

use super::desk::Desk;

/// What requests pass under one configuration.
pub(super) struct Gate {
    pub(super) filter: Filter,
    /// Missing where the configuration names no companion.
    pub(super) desk: Option<Desk>,
}
