//! Policies that contradict each other: which pairs might, and a question that shows it, or why there is none.

mod prover;
