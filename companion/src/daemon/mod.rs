//! The daemon: starts every part, and ends the process when one of them ends.

mod config;
mod run;
mod shutdown;
mod supervisor;
mod user;

pub use config::{Config, PolicySource, Timing};
pub use run::{Daemon, StartError};
pub(crate) use shutdown::Shutdown;
pub use supervisor::TaskError;
