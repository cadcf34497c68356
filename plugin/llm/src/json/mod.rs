//! JSON as it comes, in pieces: read to the letter, and nothing kept but what a lexeme takes that is torn apart.

mod find;
mod name;
mod number;
mod quote;
mod scanner;
mod token;
mod walk;
mod word;

pub(crate) use find::line_end;
pub use quote::quoted;
pub(crate) use scanner::Scanner;
pub(crate) use token::{Invalid, Token};
pub(crate) use walk::Walk;

#[cfg(test)]
mod tests;

/// Deepest nesting of lists and objects.
pub(crate) const MAX_DEPTH: usize = 64;

/// Longest name of a member that is known as a whole, in bytes. Of a longer one this much is known.
pub(crate) const MAX_NAME: usize = 64;
