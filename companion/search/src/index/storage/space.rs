use std::io;
#[cfg(test)]
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicU64, Ordering};

/// The disk, as far as it can be full.
#[derive(Clone, Debug, Default)]
pub(in crate::index) struct Space {
    /// How many bytes can still be written; tests set it.
    #[cfg(test)]
    pub(in crate::index) left: Option<Arc<AtomicU64>>,
}

impl Space {
    /// Writes bytes, of which only the first get through if there is no more room.
    #[cfg(not(test))]
    pub(super) fn write(&self, bytes: &[u8], write: impl FnOnce(&[u8]) -> io::Result<()>) -> io::Result<()> {
        write(bytes)
    }

    #[cfg(test)]
    pub(super) fn write(&self, bytes: &[u8], write: impl FnOnce(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let Some(left) = &self.left else {
            return write(bytes);
        };
        let wanted = bytes.len() as u64;
        let had = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(wanted)));
        let had = had.unwrap_or_default();
        write(&bytes[..wanted.min(had) as usize])?;
        if had < wanted { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}
