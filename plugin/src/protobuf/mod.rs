//! Protobuf as the proxy and the companion hand it over: readers bounded, strict, without panics; and a writer.

mod same;
mod structure;
mod wire;

pub(crate) use same::{object_hash, same_object};
pub(crate) use structure::{InvalidStruct, entry, struct_fields, value};
pub(crate) use wire::{Malformed, Value, fields, head, packed, push_bytes, push_number};

#[cfg(test)]
pub(crate) mod build;
