//! Readers for what the proxy hands over as protobuf: bounded, strict, without panics.

mod same;
mod structure;
mod wire;

pub(crate) use same::{object_hash, same_object};
pub(crate) use structure::{InvalidStruct, entry, struct_fields, value};

#[cfg(test)]
pub(crate) mod build;
