//! Listening: where, for whom, and with bounds on what those who connect can take up.

mod address;
mod attended;
mod connection;
mod listener;
mod secured;
mod socket_file;
mod tls;

pub use address::{Address, AddressError};
pub(crate) use attended::Presence;
pub(crate) use listener::BoundedListener;
pub(crate) use secured::{HandshakeFailure, secured};
pub(crate) use tls::Tls;
pub use tls::{TlsError, TlsFiles};
