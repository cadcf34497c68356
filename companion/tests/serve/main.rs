//! The daemon in this process, on free ports, with clients in the place of plugin VMs.

mod deltas;
mod edits;
#[cfg(test)]
mod harness;
mod numbering;
mod streams;
mod workers;
