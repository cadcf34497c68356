use super::abi::{self, Level};

/// Nothing can be done about a log line that the proxy does not take.
fn write(level: Level, message: &str) {
    let _ = abi::log(level, message);
}

pub(super) fn debug(message: &str) {
    write(Level::Debug, message);
}

pub(super) fn info(message: &str) {
    write(Level::Info, message);
}

pub(super) fn warn(message: &str) {
    write(Level::Warn, message);
}

pub(super) fn error(message: &str) {
    write(Level::Error, message);
}

/// Whether the proxy's log shows debug messages.
pub(super) fn is_verbose() -> bool {
    abi::log_level().is_ok_and(|level| level <= Level::Debug as u32)
}
