//! The host against a guest that does what it is told (`guests/abi-probe`).

mod bodies;
mod bounds;
mod callouts;
mod contexts;
mod faults;
mod grpc;
mod headers;
mod hostile;
mod local_responses;
mod probe;
mod process;
mod properties;
mod record;
