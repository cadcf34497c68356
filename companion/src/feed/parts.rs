use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use prost::bytes::Bytes;

use crate::related::{Extract, Part};
use crate::signing::Signer;

use super::limits::MAX_SIGNATURE_AGE;
use super::proto;

/// Makes every part of an index snapshot ready to travel once, however many VMs take it.
#[derive(Debug)]
pub(super) struct Parts {
    signer: Option<Arc<Signer>>,
    /// By their numbers.
    made: Mutex<Vec<Option<Made>>>,
}

#[derive(Debug)]
struct Made {
    of: Arc<Part>,
    at: Instant,
    content: Bytes,
}

/// A part, ready to travel.
#[derive(Clone, Debug)]
pub(super) struct PartOffer {
    pub(super) id: proto::IndexPart,
    pub(super) content: Bytes,
}

impl Parts {
    /// Everything is signed, if there is someone to sign it.
    pub(super) fn new(signer: Option<Arc<Signer>>) -> Self {
        Parts { signer, made: Mutex::default() }
    }

    /// The part of this number, if there is one. It is small, and so is what signing it takes.
    pub(super) fn make(&self, extract: &Extract, number: usize, now: Instant) -> Option<PartOffer> {
        let part = extract.parts.get(number)?;
        let id = proto::IndexPart {
            generation: extract.generation,
            revision: part.revision,
            number: u32::try_from(number).unwrap_or(u32::MAX),
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() != extract.parts.len() {
            made.clear();
            made.resize_with(extract.parts.len(), || None);
        }
        let place = made.get_mut(number)?;
        let is_fresh = |made: &Made| self.signer.is_none() || now.duration_since(made.at) < MAX_SIGNATURE_AGE;
        let known = place.as_ref().filter(|made| Arc::ptr_eq(&made.of, part) && is_fresh(made));
        let content = match known {
            Some(made) => made.content.clone(),
            None => {
                let sign = |signer: &Arc<Signer>| signer.attest_part(&part.content.digest(), SystemTime::now());
                let attestations: Vec<_> = self.signer.as_ref().map(sign).into_iter().collect();
                let content = Bytes::from(part.content.encode(&attestations));
                *place = Some(Made { of: Arc::clone(part), at: now, content: content.clone() });
                content
            }
        };
        Some(PartOffer { id, content })
    }
}
