use std::collections::{BTreeSet, VecDeque};

use super::{DEAD, MATCH, Pattern};

/// Most states that are looked at.
const MAX_STATES: usize = 10_000;

/// What stands in an example where it can.
const PLAIN: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./@: ";

impl Pattern {
    /// One of the shortest ASCII texts in which it occurs, if one is found.
    pub(crate) fn example(&self) -> Option<String> {
        let mut pending = VecDeque::from([(0_usize, String::new())]);
        let mut seen = BTreeSet::from([0_usize]);
        while let Some((at, text)) = pending.pop_front() {
            let state = self.state(at)?;
            if state.matches {
                return Some(text);
            }
            let mut first = 0;
            for (end, target) in state.ends.iter().zip(state.targets) {
                let byte = within(first, *end);
                first = end.saturating_add(1);
                let (Some(byte), target) = (byte, u32::from_le_bytes(*target)) else { continue };
                let next = || format!("{text}{}", char::from(byte));
                match target {
                    MATCH => return Some(next()),
                    DEAD => {}
                    target if seen.len() < MAX_STATES && seen.insert(target as usize) => {
                        pending.push_back((target as usize, next()));
                    }
                    _ => {}
                }
            }
        }
        None
    }
}

fn within(first: u8, last: u8) -> Option<u8> {
    let plain = PLAIN.iter().copied().find(|byte| (first..=last).contains(byte));
    plain.or_else(|| (b'!'..=b'~').find(|byte| (first..=last).contains(byte)))
}
