//! The daemon as a process of its own: killed, without room on its disk, and asked by the command line.

#[cfg(test)]
mod budgets;
mod commands;
mod disk;
#[cfg(test)]
mod harness;
mod kill;
#[cfg(test)]
mod search;
