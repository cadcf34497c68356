use std::sync::Arc;

use tollgate_policy::engine::Query;
use tollgate_policy::set::PolicySet;
use tollgate_policy::snapshot::{Snapshot, SnapshotId};
use tollgate_policy::source::{Loader, SourceFile};

use crate::ask::{Answer, Asked, ask, send};
use crate::policies::{CompileError, compile, load};

use super::{Case, Question};

/// A policy set that questions are asked of.
#[derive(Debug)]
pub(crate) struct Policies {
    pub(crate) set: Arc<PolicySet>,
    pub(crate) snapshot: Snapshot,
}

impl Policies {
    /// Compiles files as one set.
    pub(crate) fn of(files: &[SourceFile]) -> Result<Self, CompileError> {
        let set = load(files, &mut Loader::default())?;
        let snapshot = compile(&set, SnapshotId::default())?.snapshot;
        Ok(Policies { set, snapshot })
    }

    /// The answer to a case; `watch` sees the question as the engine does.
    ///
    /// # Errors
    /// If the set has no identity source that the principal could come from.
    pub(crate) fn answer(&self, case: &Case, watch: &mut dyn FnMut(&Query<'_>)) -> anyhow::Result<Answer> {
        let principal = case.principal.value.as_ref().as_ref();
        match &case.question {
            Question::Resource { action, resource, request } => {
                let asked = Asked { action, resource: &resource.value, request: request.as_deref() };
                ask(&self.snapshot, &self.set, principal, asked, case.circumstances, watch)
            }
            Question::Request(request) => {
                send(&self.snapshot, &self.set, principal, &request.value, case.circumstances, watch)
            }
        }
    }
}
