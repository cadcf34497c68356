//! Signing keys, and what they sign: that a snapshot of this number and digest is meant for these plugins.

mod file;
mod signer;

pub use file::{KeyFile, KeyFileError, PublicKey};
pub use signer::{Signer, SignerError};
