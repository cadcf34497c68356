use std::collections::VecDeque;
use std::sync::Arc;

use crate::publisher::Published;

use super::limits::{MAX_KNOWN, MAX_KNOWN_BYTES};
use super::supply::Held;

/// What was published lately, oldest first: what deltas can start from. Versions share what did not change between them.
#[derive(Debug, Default)]
pub(super) struct Known {
    versions: VecDeque<Version>,
    /// What all of them take.
    bytes: usize,
}

#[derive(Debug)]
struct Version {
    published: Arc<Published>,
    /// What it takes beside the one before.
    bytes: usize,
}

impl Known {
    pub(super) fn push(&mut self, published: Arc<Published>) {
        let content = &published.content;
        let bytes = match self.versions.back() {
            Some(before) => content.size_beside(&before.published.content),
            None => content.size(),
        };
        self.bytes += bytes;
        while self.versions.len() >= MAX_KNOWN || self.bytes > MAX_KNOWN_BYTES {
            let Some(oldest) = self.versions.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
        }
        self.versions.push_back(Version { published, bytes });
    }

    /// What the VM holds, if it is what was published under that id.
    pub(super) fn find(&self, held: Held) -> Option<Arc<Published>> {
        let is_held = |published: &Published| published.id == held.id && published.digest == held.digest;
        self.versions.iter().rev().map(|version| &version.published).find(|published| is_held(published)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tollgate_policy::snapshot::{Content, SnapshotId};

    use super::*;

    fn version(version: u64) -> (Arc<Published>, Held) {
        let (content, id) = (Content::default(), SnapshotId { epoch: 1, version });
        let held = Held { id, digest: content.digest() };
        (Arc::new(Published { id, digest: held.digest, policies: 0, content, at: Instant::now() }), held)
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut known = Known::default();
        let versions: Vec<_> = (0..100).map(version).collect();
        for (published, _) in &versions {
            known.push(Arc::clone(published));
        }
        let found = versions.iter().filter(|(_, held)| known.find(*held).is_some()).count();
        assert_eq!(found, MAX_KNOWN);
        assert!(known.find(versions[99].1).is_some());
        let mut other = versions[99].1;
        other.digest.0[0] ^= 1;
        assert!(known.find(other).is_none());
    }
}
