use crate::set::Window;
use crate::time::Timestamp;

use super::mapping::Mapping;
use super::node::Node;
use super::printable::shown;
use super::report::{InFile, Problem};
use super::value::text;

/// When a policy applies.
pub(super) fn read(policy: &Mapping<'_, '_>, file: &mut InFile<'_, '_>) -> Option<Window> {
    let mut end = |field: &str| match policy.get(field) {
        Some(node) => instant(node, &format!("`{field}`"), file).map(|time| Some((node, time))),
        None => Some(None),
    };
    let (from, until) = (end("notBefore"), end("notAfter"));
    let (from, until) = (from?, until?);
    if let (Some((_, from)), Some((node, until))) = (from, until)
        && from >= until
    {
        file.refuse(
            node.at,
            "`notAfter` is not later than `notBefore`, so that the policy never applies; correct one of the two",
        );
        return None;
    }
    Some(Window { not_before: from.map(|(_, time)| time), not_after: until.map(|(_, time)| time) })
}

fn instant(node: &Node<'_>, what: &str, file: &mut InFile<'_, '_>) -> Option<Timestamp> {
    let text = text(node, what, file)?;
    let time = Timestamp::parse(text);
    if time.is_none() {
        let problem = Problem::new(format!("{what} is not a point in time: {}", shown(text)));
        file.refuse(node.at, problem.help("write RFC 3339 with a time zone, such as `2026-01-31T09:00:00Z`"));
    }
    time
}
