//! Readers for what the proxy hands over as protobuf: bounded, strict, without panics.

mod structure;
mod wire;

pub(crate) use structure::{InvalidStruct, entry, struct_fields, value};

#[cfg(test)]
pub(crate) mod build;
