use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// Who runs this process, as the history of files names it.
pub(super) fn name() -> String {
    let named =
        ["USER", "LOGNAME"].into_iter().find_map(|variable| env::var(variable).ok().filter(|name| !name.is_empty()));
    named.unwrap_or_else(|| match fs::metadata("/proc/self") {
        Ok(process) => format!("uid {}", process.uid()),
        Err(_) => String::new(),
    })
}
