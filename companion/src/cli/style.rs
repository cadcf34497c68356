//! How results look on a terminal.

use anstyle::{AnsiColor, Style};

/// What is as it should be.
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What is not.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What may want a look.
pub(super) const ODD: Style = AnsiColor::Yellow.on_default();
/// Names and places.
pub(super) const STRONG: Style = Style::new().bold();
/// Labels and what can be passed over.
pub(super) const FAINT: Style = Style::new().dimmed();
