//! Starts, stops, edits and damage: what workers decide with, whatever happens to where it comes from.

pub(crate) mod site;

mod damage;
mod edits;
mod outage;
mod related;
mod replay;
mod restart;
mod signatures;
mod staleness;
mod transport;
mod warm;
