use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

/// Writes a file so that whoever reads or watches it finds the old content or the new, and no part of either.
pub(super) fn whole(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let written = match fs::symlink_metadata(path) {
        // A pipe, a device, or a link to one of them, is not to be replaced by a file.
        Ok(there) if !there.is_file() => fs::write(path, content),
        _ => replace(path, content),
    };
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let Some(name) = path.file_name() else { return Err(io::ErrorKind::IsADirectory.into()) };
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(beside);
    let replaced = write_new(&beside, content).and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        // Nothing is left of it; that it may not have been there is no news.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}
