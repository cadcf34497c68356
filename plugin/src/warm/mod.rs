//! What the VMs of one Envoy leave for each other in its shared data, where it outlives them: the *mark*, which is the
//! newest snapshot that any of them has had in force, and the *content* of it, with which a VM that is started again
//! decides before the companion has said a word.
//!
//! All of it is bound to the feed's configuration: its cluster, audience and keys. None of it is trusted more than what a
//! stream brings, and whoever finds it damaged does without.

mod mark;
mod writer;

use std::rc::Rc;

use tollgate_policy::snapshot::SnapshotId;

use crate::config::FeedConfig;

pub use mark::Mark;
pub use writer::Writer;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

/// How often a write is tried again that another VM has come before.
const TRIES: usize = 4;

/// A value of the shared data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The value.
    pub bytes: Vec<u8>,
    /// Names this state of it.
    pub version: u32,
}

/// The proxy's shared data.
pub trait SharedData {
    /// What is stored under the key.
    fn get(&self, key: &str) -> Option<Shared>;
    /// Stores a value, if the state of what is there is the one of this version; any state will do if there is none.
    /// Whether it is stored.
    fn set(&self, key: &str, value: &[u8], version: Option<u32>) -> bool;
    /// Tells the operator of something that cannot be used.
    fn warn(&self, message: &str);
}

/// A feed's part of the shared data.
pub struct Memory {
    data: Rc<dyn SharedData>,
    binding: String,
}

impl Memory {
    /// The part that this feed's VMs share.
    #[must_use]
    pub fn new(data: Rc<dyn SharedData>, feed: &FeedConfig) -> Self {
        let mut binding = feed.cluster.as_str().to_owned();
        if let Some(trust) = &feed.trust {
            let keys = trust.keys.iter().map(|key| &*key.id);
            for part in [&*trust.audience].into_iter().chain(keys) {
                binding.push('\0');
                binding.push_str(part);
            }
        }
        Memory { data, binding }
    }

    /// The mark, if there is a sound one.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        self.read_mark().1
    }

    /// Raises the mark, or the time at which what it marks was last confirmed. It never falls.
    pub fn raise(&self, mark: &Mark) {
        for _ in 0..TRIES {
            let (version, before) = self.read_mark();
            if before.is_some_and(|before| !before.is_below(mark))
                || self.data.set(&self.key("mark"), &mark.encode(), version)
            {
                return;
            }
        }
    }

    /// The snapshot that was left, encoded; unchecked.
    #[must_use]
    pub fn content(&self) -> Option<Vec<u8>> {
        self.data.get(&self.key("content")).map(|shared| shared.bytes)
    }

    /// Claims the writing of this snapshot. One VM gets to write it (two, if they come at once before there has been any), and
    /// none what is older than what another has written.
    #[must_use]
    pub fn claim(&self, id: SnapshotId) -> bool {
        let before = self.data.get(&self.key("writer"));
        let claimed = before.as_ref().and_then(|before| mark::read_id(&before.bytes));
        claimed.is_none_or(|claimed| claimed < id)
            && self.data.set(&self.key("writer"), &mark::id_bytes(id), before.map(|before| before.version))
    }

    /// Leaves a snapshot.
    pub fn leave(&self, content: &[u8]) {
        if !self.data.set(&self.key("content"), content, None) {
            self.data.warn("the snapshot in force cannot be left for VMs that are started again");
        }
    }

    fn read_mark(&self) -> (Option<u32>, Option<Mark>) {
        let Some(shared) = self.data.get(&self.key("mark")) else { return (None, None) };
        let mark = Mark::read(&shared.bytes);
        if mark.is_none() {
            self.data.warn("the mark of the newest snapshot is damaged: an older one would be taken for new");
        }
        (Some(shared.version), mark)
    }

    fn key(&self, name: &str) -> String {
        format!("tollgate.{name}\0{}", self.binding)
    }
}
