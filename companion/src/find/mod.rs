//! Which policies are like this one, or about this? Asked of the policies in force, or of a folder's.
//!
//! A [`Corpus`] is what is asked: policies, their vectors of one generation, and their keywords. A [`Question`] names words, a
//! policy or a draft; [`search`] answers it with policies, each with what it shares with what was asked for, and
//! [`recommend`] with policies to begin with. Whatever the index lacks, there is an answer, which says so.

mod asking;
mod corpus;
mod draft;
mod filters;
mod object;
mod outline;
mod question;
mod reasons;
mod recommend;
mod search;
mod standing;
mod turns;

pub(crate) use asking::Asking;
pub(crate) use corpus::Corpus;
pub(crate) use filters::Filters;
pub(crate) use object::object;
pub(crate) use outline::{listed, roles};
pub(crate) use question::Question;
pub(crate) use reasons::Fields;
pub(crate) use recommend::{NewKind, Recommendation, Share, recommend};
pub(crate) use search::{Found, SearchError, Similar, search};
pub(crate) use turns::{NoTurn, Pace, Queue, Turn, give_way};
