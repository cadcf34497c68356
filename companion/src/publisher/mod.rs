//! From policy files to the current snapshot: judged, numbered, durable, and only then seen by anyone.

mod health;
mod judge;
mod numbering;
mod publish;
mod published;
mod recover;
mod refusal;

pub(crate) use health::{Health, Problems};
pub(crate) use numbering::is_credible;
pub(crate) use publish::Publisher;
pub(crate) use published::{Current, Published};
