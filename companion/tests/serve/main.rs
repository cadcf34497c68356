//! The daemon in this process, on free ports, with clients in the place of plugin VMs.

mod access;
#[cfg(test)]
mod certificates;
mod deltas;
mod edits;
#[cfg(test)]
mod harness;
mod hostile;
mod numbering;
mod signatures;
mod streams;
mod workers;
