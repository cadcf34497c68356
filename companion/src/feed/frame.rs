use prost::Message;
use prost::bytes::{BufMut, Bytes, BytesMut};
use prost::encoding::{WireType, encode_key, encode_varint};
use tollgate_policy::snapshot::SnapshotId;

use super::offers::Offer;
use super::parts::PartOffer;
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

    /// Settlements that are durable.
    pub(super) fn settled(sequences: Vec<u64>) -> Self {
        let settled = proto::Settled { sequences };
        let message = proto::CompanionMessage { body: Some(companion_message::Body::Settled(settled)) };
        Frame::new(&message.encode_to_vec(), Bytes::new())
    }

    /// A snapshot or a delta. The same bytes as the generated code writes for `CompanionMessage`, without a copy of the
    /// content.
    pub(super) fn offer(offer: &Offer) -> Self {
        let id = Some(offer.target.id.into());
        let (inner, numbers) = match offer.base {
            None => (proto::Snapshot { id, content: Bytes::new() }.encode_to_vec(), [1, 2]),
            Some(base) => {
                let delta = proto::Delta { id, base: Some(base.into()), content: Bytes::new() };
                (delta.encode_to_vec(), [2, 3])
            }
        };
        Frame::carrying(inner, numbers, &offer.content)
    }

    /// A part of the index snapshot, in the same way.
    pub(super) fn part(offer: &PartOffer) -> Self {
        let part = proto::IndexSnapshot { part: Some(offer.id), content: Bytes::new() };
        Frame::carrying(part.encode_to_vec(), [4, 2], &offer.content)
    }

    /// A message of this kind with its content in this field, after what precedes it.
    fn carrying(mut inner: Vec<u8>, [kind, field]: [u32; 2], content: &Bytes) -> Self {
        encode_key(field, WireType::LengthDelimited, &mut inner);
        encode_varint(content.len() as u64, &mut inner);
        let mut head = Vec::new();
        encode_key(kind, WireType::LengthDelimited, &mut head);
        encode_varint((inner.len() + content.len()) as u64, &mut head);
        head.extend(inner);
        Frame::new(&head, content.clone())
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
            let delta = proto::Delta { id: Some(ID.into()), base: Some(BASE.into()), content: content.clone() };
            assert_eq!(read(Frame::offer(&offer)), companion_message::Body::Delta(delta));
            let id = proto::IndexPart { generation: 1, revision: u64::MAX, number: 511 };
            let part = proto::IndexSnapshot { part: Some(id), content: content.clone() };
            assert_eq!(read(Frame::part(&PartOffer { id, content })), companion_message::Body::IndexSnapshot(part));
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
