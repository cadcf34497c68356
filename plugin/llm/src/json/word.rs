//! The words of JSON.

use super::Token;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    True,
    False,
    Null,
}

impl Word {
    pub(super) fn text(self) -> &'static [u8] {
        match self {
            Word::True => b"true",
            Word::False => b"false",
            Word::Null => b"null",
        }
    }

    pub(super) fn token(self) -> Token<'static> {
        match self {
            Word::True => Token::Bool(true),
            Word::False => Token::Bool(false),
            Word::Null => Token::Null,
        }
    }
}
