use crate::warm::{Shared, SharedData};

use super::abi;
use super::log;

/// The proxy's shared data, which the VMs of one VM id have in common.
pub(super) struct HostShared;

impl SharedData for HostShared {
    fn get(&self, key: &str) -> Option<Shared> {
        match abi::shared_data(key) {
            Ok((bytes, version)) => Some(Shared { bytes, version }),
            Err(abi::NOT_FOUND) => None,
            Err(status) => {
                log::warn(&format!("the proxy's shared data cannot be read: {status}"));
                None
            }
        }
    }

    fn set(&self, key: &str, value: &[u8], version: Option<u32>) -> bool {
        match abi::set_shared_data(key, value, version.unwrap_or_default()) {
            Ok(()) => true,
            Err(abi::CAS_MISMATCH) => false,
            Err(status) => {
                log::warn(&format!("the proxy's shared data cannot be written: {status}"));
                false
            }
        }
    }

    fn warn(&self, message: &str) {
        log::warn(message);
    }
}
