use crate::condition::{Code, StringId};
use crate::identity::IdentitySource;
use crate::sort::sort_by;

use super::counts::Counts;
use super::program::Uses;

/// What of a request conditions or identity sources read.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Header names, lower-case, sorted.
    pub(super) headers: Vec<Box<str>>,
    /// Names of query parameters, sorted.
    pub(super) query: Vec<Box<str>>,
}

impl Reads {
    pub(super) fn of(uses: &Uses, code: &Code, identity: &[IdentitySource]) -> Self {
        let names = |counts: &Counts| -> Vec<Box<str>> {
            counts.numbers().map(|number| code.string(StringId(number)).into()).collect()
        };
        let (mut headers, mut query) = (names(&uses.headers), names(&uses.query));
        headers.extend(identity.iter().flat_map(IdentitySource::headers_read).map(Box::from));
        sort_by(&mut headers, |a, b| a < b);
        headers.dedup();
        sort_by(&mut query, |a, b| a < b);
        Reads { headers, query }
    }
}
