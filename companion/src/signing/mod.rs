//! Signing keys, and what they sign: that a snapshot of this number and digest is meant for these plugins.

mod file;
mod public;
mod signer;

pub use file::{KeyFile, KeyFileError};
pub use public::PublicKey;
pub use signer::{Signer, SignerError};
