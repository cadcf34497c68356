use std::ops::RangeInclusive;

use crate::source::attributes::is_plain;
use crate::source::node::{Node, Value};
use crate::source::report::{InFile, Problem};

/// A whole number within bounds. `what` is what messages call it, `help` says what it is a number of.
pub(super) fn whole(
    node: &Node<'_>,
    what: &str,
    bounds: RangeInclusive<u64>,
    help: &str,
    file: &mut InFile<'_, '_>,
) -> Option<u64> {
    let number = match &node.value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::UInt(number) => Some(*number),
        _ => None,
    };
    if !is_plain(node, file) {
        return None;
    }
    let fits = number.filter(|number| bounds.contains(number));
    if fits.is_none() {
        let (least, most) = (bounds.start(), bounds.end());
        let problem = Problem::new(format!("{what} is a whole number from {least} to {most}"));
        file.refuse(node.at, problem.help(help));
    }
    fits
}

/// A share in per cent.
pub(super) fn share(node: &Node<'_>, what: &str, least: u8, file: &mut InFile<'_, '_>) -> Option<u8> {
    let share = whole(node, what, u64::from(least)..=100, "it is a share of a limit, in per cent", file)?;
    u8::try_from(share).ok()
}
