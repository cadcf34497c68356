use prost::Message;
use prost::bytes::{Buf, Bytes};
use prost::encoding::{WireType, decode_key, decode_varint};

use super::proto;

/// Messages larger than this, in bytes, are refused unread.
pub const MAX_FRAME: usize = 64 << 20;

/// How many bytes of an oversized message are enough to see which snapshot it carries.
const HEAD: usize = 64;

/// A message from the companion, as far as the VM is willing to hold it.
#[derive(Clone, Debug)]
pub enum Frame {
    /// All of it.
    Whole(Bytes),
    /// Only its beginning: it is larger than [`MAX_FRAME`].
    Oversized {
        /// Its size in bytes.
        size: usize,
        /// Its first bytes.
        head: Bytes,
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
        let bytes = Bytes::from(fetched);
        if size > MAX_FRAME { Frame::Oversized { size, head: bytes } } else { Frame::Whole(bytes) }
    }
}

/// The id of the snapshot whose message begins with these bytes, if they tell.
pub(super) fn snapshot_id(mut head: Bytes) -> Option<proto::SnapshotId> {
    // CompanionMessage.snapshot, then Snapshot.id: both are field 1.
    open(&mut head)?;
    let length = open(&mut head)?;
    let id = head.get(..length).map(|id| head.slice_ref(id))?;
    proto::SnapshotId::decode(id).ok()
}

/// Steps into field 1, if it is the next one, and tells its length.
fn open(head: &mut Bytes) -> Option<usize> {
    match decode_key(head).ok()? {
        (1, WireType::LengthDelimited) => usize::try_from(decode_varint(head).ok()?).ok(),
        _ => None,
    }
    .filter(|_| head.has_remaining())
}

#[cfg(test)]
mod tests {
    use super::proto::companion_message::Body;
    use super::*;

    fn message(content: usize) -> Vec<u8> {
        let id = Some(proto::SnapshotId { epoch: 3, version: u64::MAX });
        let snapshot = proto::Snapshot { id, content: vec![0; content].into() };
        proto::CompanionMessage { body: Some(Body::Snapshot(snapshot)) }.encode_to_vec()
    }

    #[test]
    fn the_head_of_a_message_tells_the_snapshots_id() {
        let head = Bytes::copy_from_slice(&message(100_000)[..HEAD]);
        assert_eq!(snapshot_id(head), Some(proto::SnapshotId { epoch: 3, version: u64::MAX }));
    }

    #[test]
    fn a_head_of_anything_else_tells_nothing() {
        let whole = message(0);
        for cut in 0..whole.len() - 2 {
            assert_eq!(snapshot_id(Bytes::copy_from_slice(&whole[..cut])), None);
        }
        assert_eq!(snapshot_id(Bytes::from_static(b"\xff\xff\xff\xff")), None);
        assert_eq!(snapshot_id(Bytes::from_static(b"\x0a\x7f\x0a\x7f\x08\x01")), None);
    }

    #[test]
    fn only_the_head_of_an_oversized_message_is_fetched() {
        assert_eq!(Frame::wanted(MAX_FRAME), MAX_FRAME);
        assert_eq!(Frame::wanted(MAX_FRAME + 1), HEAD);
    }
}
