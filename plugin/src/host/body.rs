use std::cell::Cell;

use super::abi::{self, BufferKind};

/// Most bytes of bodies that a VM keeps at a time. Memory that a VM cannot have ends it.
const MAX_HELD: usize = 256 << 20;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// The body of a request that is held, as far as it has come. Each chunk is copied when the proxy announces it: what the
/// proxy itself has buffered cannot be read any more when trailers end the body.
pub(super) struct HeldBody {
    bytes: Vec<u8>,
    max: usize,
}

/// What came of a chunk.
pub(super) enum Incoming {
    Kept,
    TooLarge,
    /// It, or the proxy, is to blame for this.
    Unreadable(String),
}

impl HeldBody {
    /// Empty, and never to be longer than this many bytes.
    pub(super) fn new(max: usize) -> Self {
        HeldBody { bytes: Vec::new(), max }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes what is new of a body of which the proxy has buffered this many bytes.
    pub(super) fn grow(&mut self, size: usize) -> Incoming {
        if size > self.max {
            return Incoming::TooLarge;
        }
        let have = self.bytes.len();
        let Some(new) = size.checked_sub(have) else {
            return Incoming::Unreadable("the request's body has shrunk while it was held".to_owned());
        };
        if new == 0 {
            return Incoming::Kept;
        }
        if HELD.get().saturating_add(new) > MAX_HELD {
            return Incoming::Unreadable("more bodies of requests are held than there is room for".to_owned());
        }
        match abi::buffer(BufferKind::RequestBody, have, new) {
            Ok(chunk) if chunk.len() == new => {
                HELD.set(HELD.get().saturating_add(new));
                self.bytes.extend(chunk);
                Incoming::Kept
            }
            Ok(_) => Incoming::Unreadable("the request's body is not as long as announced".to_owned()),
            Err(status) => Incoming::Unreadable(format!("the request's body cannot be read: {status}")),
        }
    }
}

impl Drop for HeldBody {
    fn drop(&mut self) {
        HELD.set(HELD.get().saturating_sub(self.bytes.len()));
    }
}
