use prost::Message;
use prost::bytes::{BufMut, Bytes, BytesMut};
use prost::encoding::{WireType, encode_key, encode_varint};
use tollgate_policy::snapshot::SnapshotId;

use super::offers::Offer;
use super::proto::{self, companion_message};

/// Below this content is copied to its head: it travels in one piece then.
const SMALL: usize = 16 << 10;

/// A message to a VM as it travels: gRPC's own head of five bytes, what precedes the content, and the content, which all
/// streams share.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) head: Bytes,
    pub(super) content: Option<Bytes>,
}

impl Frame {
    /// What is published now.
    pub(super) fn current(id: Option<SnapshotId>) -> Self {
        let current = proto::Current { id: id.map(Into::into) };
        let message = proto::CompanionMessage { body: Some(companion_message::Body::Current(current)) };
        Frame::new(&message.encode_to_vec(), Bytes::new())
    }

    /// A snapshot or a delta. The same bytes as the generated code writes for `CompanionMessage`, without a copy of the
    /// content.
    pub(super) fn offer(offer: &Offer) -> Self {
        let id = Some(offer.target.id.into());
        let (mut inner, kind, field) = match offer.base {
            None => (proto::Snapshot { id, content: Bytes::new() }.encode_to_vec(), 1, 2),
            Some(base) => {
                let delta = proto::Delta { id, base: Some(base.into()), content: Bytes::new() };
                (delta.encode_to_vec(), 2, 3)
            }
        };
        encode_key(field, WireType::LengthDelimited, &mut inner);
        encode_varint(offer.content.len() as u64, &mut inner);
        let mut head = Vec::new();
        encode_key(kind, WireType::LengthDelimited, &mut head);
        encode_varint((inner.len() + offer.content.len()) as u64, &mut head);
        head.extend(inner);
        Frame::new(&head, offer.content.clone())
    }

    fn new(message: &[u8], content: Bytes) -> Self {
        let length = message.len() + content.len();
        let is_small = content.len() < SMALL;
        let mut head = BytesMut::with_capacity(5 + if is_small { length } else { message.len() });
        head.put_u8(0);
        // INVARIANT: a snapshot is smaller than 64 MiB.
        head.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        head.put(message);
        if is_small {
            head.put(content);
            return Frame { head: head.freeze(), content: None };
        }
        Frame { head: head.freeze(), content: Some(content) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tollgate_policy::digest::Digest;

    use super::super::supply::Held;
    use super::*;

    const ID: SnapshotId = SnapshotId { epoch: 3, version: u64::MAX };
    const BASE: SnapshotId = SnapshotId { epoch: 2, version: 5 };

    fn read(frame: Frame) -> companion_message::Body {
        let bytes = [frame.head, frame.content.unwrap_or_default()].concat();
        let (head, message) = bytes.split_at(5);
        assert_eq!(head[0], 0);
        assert_eq!(u32::from_be_bytes(head[1..].try_into().unwrap()) as usize, message.len());
        proto::CompanionMessage::decode(message).unwrap().body.unwrap()
    }

    #[test]
    fn an_offer_is_what_the_generated_code_reads() {
        for size in [1, 200, SMALL - 1, SMALL, 5 << 20] {
            let content = Bytes::from(vec![7; size]);
            let target = Held { id: ID, digest: Digest([0; 32]) };
            let mut offer = Offer { target, base: None, content: content.clone(), published_at: Instant::now() };
            let whole = proto::Snapshot { id: Some(ID.into()), content: content.clone() };
            assert_eq!(read(Frame::offer(&offer)), companion_message::Body::Snapshot(whole));
            offer.base = Some(BASE);
            let delta = proto::Delta { id: Some(ID.into()), base: Some(BASE.into()), content };
            assert_eq!(read(Frame::offer(&offer)), companion_message::Body::Delta(delta));
        }
    }

    #[test]
    fn large_content_is_shared() {
        let content = Bytes::from(vec![7; 1 << 20]);
        let target = Held { id: ID, digest: Digest([0; 32]) };
        let offer = Offer { target, base: None, content: content.clone(), published_at: Instant::now() };
        assert_eq!(Frame::offer(&offer).content.unwrap().as_ptr(), content.as_ptr());
    }

    #[test]
    fn what_is_current_can_be_nothing() {
        for id in [None, Some(ID)] {
            let current = proto::Current { id: id.map(Into::into) };
            assert_eq!(read(Frame::current(id)), companion_message::Body::Current(current));
        }
    }
}
