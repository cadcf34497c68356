/// Messages larger than this, in bytes, are refused unread.
pub const MAX_FRAME: usize = 64 << 20;

/// Envoy gives the stream up that brings a larger message than this, in bytes. The little that it is more than
/// [`MAX_FRAME`] lets the VM say what it refuses.
pub const MAX_MESSAGE: u32 = (64 << 20) + (64 << 10);

/// How many bytes of an oversized message are enough to see which snapshot it carries.
const HEAD: usize = 64;

/// A message from the companion, as far as the VM is willing to hold it.
#[derive(Clone, Debug)]
pub enum Frame {
    /// All of it.
    Whole(Vec<u8>),
    /// Only its beginning: it is larger than [`MAX_FRAME`].
    Oversized {
        /// Its size in bytes.
        size: usize,
        /// Its first bytes.
        head: Vec<u8>,
    },
}

impl Frame {
    /// How many bytes to fetch of a message of this size.
    #[must_use]
    pub fn wanted(size: usize) -> usize {
        if size > MAX_FRAME { HEAD } else { size }
    }

    /// The frame of a message of `size` bytes, of which the [`Frame::wanted`] ones have been fetched.
    #[must_use]
    pub fn new(size: usize, fetched: Vec<u8>) -> Self {
        if size > MAX_FRAME { Frame::Oversized { size, head: fetched } } else { Frame::Whole(fetched) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_head_of_an_oversized_message_is_fetched() {
        assert_eq!(Frame::wanted(MAX_FRAME), MAX_FRAME);
        assert_eq!(Frame::wanted(MAX_FRAME + 1), HEAD);
    }
}
