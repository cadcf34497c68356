//! Which policies are like this one, or about this? Asked of the policies in force, or of a folder's.
//!
//! A `corpus` is what is asked: policies, their vectors of one generation, and their keywords.

mod corpus;
mod standin;

pub(crate) use corpus::{Corpus, CorpusError, Generation};
