/// What the text brings next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// An object begins.
    Object,
    /// A list begins.
    List,
    /// The object or list ends that began last.
    End,
    /// The name of a member, which [`super::Scanner::name`] tells. Its value is next.
    Name,
    /// A string, or more of it, as it stands in the text.
    Text(&'a [u8]),
    /// More of a string: a UTF-16 unit that was escaped.
    Unit(u16),
    /// The string ends. One that is empty is nothing else.
    EndText,
    /// A number, with its value if it is a whole one that is not negative. What is too large is the largest there is.
    Number(Option<u64>),
    Bool(bool),
    Null,
}

/// The text is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    Syntax,
    TooDeep,
}
