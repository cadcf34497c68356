use tollgate_policy::data::{Data, Fields};

/// What an object of the configuration has too much, too little, or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMember {
    /// It is none that is known.
    #[error("unknown field `{0}`, expected {1}")]
    Unknown(String, String),
    /// It is not there.
    #[error("missing field `{0}`")]
    Missing(&'static str),
    /// It is not what it has to be.
    #[error("`{0}` is not {1}")]
    Type(&'static str, &'static str),
}

/// The members of these names, if they are there. There may be no others.
pub(super) fn members<'d, const N: usize>(
    object: &'d Data,
    own: &'static str,
    names: [&str; N],
) -> Result<[Option<&'d Data>; N], InvalidMember> {
    let fields = known(object, own, &names)?;
    Ok(names.map(|name| fields.get(name)))
}

fn known<'d>(object: &'d Data, own: &'static str, names: &[&str]) -> Result<&'d Fields, InvalidMember> {
    let Data::Map(fields) = object else { return Err(InvalidMember::Type(own, "an object")) };
    match fields.iter().find(|(name, _)| !names.contains(name)) {
        Some((unknown, _)) => Err(InvalidMember::Unknown(unknown.to_owned(), names.join(", "))),
        None => Ok(fields),
    }
}

/// The text that a member has to be.
pub(super) fn text<'d>(name: &'static str, member: &'d Data) -> Result<&'d str, InvalidMember> {
    member.as_str().ok_or(InvalidMember::Type(name, "a string"))
}
