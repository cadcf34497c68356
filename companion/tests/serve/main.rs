//! The daemon in this process, on free ports, with clients in the place of plugin VMs.

mod access;
mod budgets;
#[cfg(test)]
mod certificates;
mod conflicts;
#[cfg(test)]
mod deltas;
mod edits;
#[cfg(test)]
mod harness;
mod history;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod limits;
mod numbering;
mod publishing;
#[cfg(test)]
mod redis;
#[cfg(test)]
mod related;
#[cfg(test)]
mod reserves;
#[cfg(test)]
mod search;
#[cfg(test)]
mod shared_budgets;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod silence;
mod streams;
mod workers;
