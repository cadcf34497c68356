use crate::data::Fields;

/// What the set's directory knows of a principal: united with what its token says.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectoryEntry {
    /// Name of the identity source that the entry belongs to.
    pub source: String,
    /// The principal's id in that source.
    pub id: String,
    /// Added to the roles the token carries.
    pub roles: Vec<String>,
    /// Fill what the token lacks; the token's own attributes win.
    pub attributes: Fields,
}
