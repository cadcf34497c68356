//! Calls of models on routes with a budget: reserved, sent on, followed to their end, settled.

mod admission;
mod answers;
mod caller;
mod cost;
mod downgrades;
mod ends;
mod hostile;
mod renewals;
mod settlements;
mod silence;
mod spent;
mod wire;
