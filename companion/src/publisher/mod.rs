//! From policies, as files or by the API, to the current snapshot: judged, numbered, durable, and only then seen by anyone.
//!
//! `publish` takes what happens one thing after the other: edits of files (`judge`), requests of operators (`change`),
//! workers that are ahead. The work is done at the `desk`, which knows what is in force and makes the next version of it.

mod apart;
mod change;
mod desk;
mod documents;
mod environment;
mod etag;
mod health;
mod history;
mod judge;
mod numbering;
mod publish;
mod published;
mod recover;
mod refused;
mod replica;
mod request;
mod shelf;
mod summary;

pub(crate) use etag::{Condition, Etag};
pub(crate) use health::{Health, Problems};
pub(crate) use history::History;
pub(crate) use numbering::is_credible;
pub(crate) use publish::{Publisher, Source};
pub(crate) use published::{Current, Published};
pub(crate) use refused::Refused;
pub(crate) use request::{Change, Changes, Done};
pub(crate) use shelf::Shelf;
