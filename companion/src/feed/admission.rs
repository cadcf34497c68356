use std::convert::Infallible;
use std::str::FromStr;
use std::time::Instant;

use crate::sparingly::Sparingly;

/// Which nodes are admitted: a node id in which `*` stands for any text, the empty one included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePattern(String);

impl FromStr for NodePattern {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(NodePattern(text.to_owned()))
    }
}

impl NodePattern {
    /// Whether a node of this id is meant.
    #[must_use]
    pub fn matches(&self, node: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == node;
        };
        let Some(mut node) = node.strip_prefix(first) else {
            return false;
        };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        // The first place where a part fits leaves the most for those that follow.
        for part in middle.split('*') {
            match node.split_once(part) {
                Some((_, rest)) => node = rest,
                None => return false,
            }
        }
        node.ends_with(last)
    }
}

/// Decides by node id who may have snapshots.
#[derive(Debug)]
pub(super) struct Admission {
    patterns: Vec<NodePattern>,
    log: Sparingly,
}

impl Admission {
    pub(super) fn new(patterns: Vec<NodePattern>) -> Self {
        Admission { patterns, log: Sparingly::default() }
    }

    /// Says in the log who is turned away, once a minute for each node.
    pub(super) fn admits(&self, node: &str, now: Instant) -> bool {
        let admits = self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.matches(node));
        if !admits && self.log.is_due(node, now) {
            tracing::warn!(node, "a node was turned away that no --admit-node names");
        }
        admits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, node, expected) in [
            ("envoy-1", "envoy-1", true),
            ("envoy-1", "envoy-12", false),
            ("", "", true),
            ("", "x", false),
            ("*", "", true),
            ("*", "anything", true),
            ("edge-*", "edge-", true),
            ("edge-*", "edge-7", true),
            ("edge-*", "an-edge-7", false),
            ("*-edge", "a-edge", true),
            ("*-edge", "a-edge-b", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "axbxbxc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("a**a", "aa", true),
            ("*é*", "caféx", true),
        ] {
            assert_eq!(NodePattern(pattern.to_owned()).matches(node), expected, "{pattern} {node}");
        }
    }

    #[test]
    fn without_patterns_every_node_is_admitted() {
        let now = Instant::now();
        assert!(Admission::new(Vec::new()).admits("x", now));
        let some = Admission::new(vec![NodePattern("a*".to_owned()), NodePattern("b".to_owned())]);
        assert!(some.admits("ax", now) && some.admits("b", now) && !some.admits("c", now));
    }
}
