use std::sync::Arc;

use tollgate_policy::set::PolicySet;
use tollgate_policy::source::{Loader, SourceFile};

use crate::format::split;
use crate::policies::CompileError;

use super::desk::Desk;
use super::documents::{self, Documents, SET, SETS};
use super::refused::Refused;

/// Takes policy files apart into documents of their own, and says what they are together. They are validated as they came
/// first, so that problems are found where their author sees them.
pub(super) fn take_apart(files: &[SourceFile], desk: &mut Desk) -> Result<(Documents, Arc<PolicySet>), Refused> {
    let sent = Loader::of(desk.environment()).load(files).map_err(CompileError::Policies)?;
    let mut apart = Documents::new();
    for file in files {
        let parts = split(file)?;
        apart.extend(parts.policies.into_iter().map(|(name, text)| documents::of_policy(name, text)));
        let name = if files.len() == 1 { SET.to_owned() } else { format!("{SETS}{}", file.name) };
        apart.extend(parts.rest.map(|rest| SourceFile::new(name, rest)));
    }
    let apart = documents::sorted(apart);
    let set = desk.loader.load(&apart).map_err(CompileError::Policies)?;
    if set == sent { Ok((apart, set)) } else { Err(Refused::SplitDiffers) }
}
