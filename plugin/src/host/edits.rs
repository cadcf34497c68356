use crate::request::HeaderEdit;

use super::abi::{self, HeaderMap, Status};

/// Makes changes to headers, in order, up to the first that fails.
pub(super) fn apply(map: HeaderMap, edits: &[HeaderEdit<'_>]) -> Result<(), Status> {
    edits.iter().try_for_each(|edit| match edit {
        HeaderEdit::Remove(name) => match abi::remove_header(map, name) {
            Ok(()) | Err(abi::NOT_FOUND) => Ok(()),
            Err(status) => Err(status),
        },
        HeaderEdit::Set(name, value) => abi::set_header(map, name.as_bytes(), value.as_bytes()),
    })
}
