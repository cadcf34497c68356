//! Where the build puts modules.

use std::path::PathBuf;

use super::error::HostError;

/// Names a directory to look in instead of the target directory.
const DIRECTORY_VARIABLE: &str = "TOLLGATE_WASM_DIR";

/// Finds a built module by its file name, such as `tollgate_plugin.wasm`: in the directory that
/// `TOLLGATE_WASM_DIR` names, or else in the target directory that the running test or bench was
/// built into.
///
/// # Errors
///
/// [`HostError::NotBuilt`] if it is not there.
pub fn built_module(file: &str) -> Result<PathBuf, HostError> {
    let found = match std::env::var_os(DIRECTORY_VARIABLE) {
        Some(directory) => Some(PathBuf::from(directory).join(file)),
        None => in_target_directory(file),
    };
    found.filter(|path| path.is_file()).ok_or_else(|| HostError::NotBuilt { file: file.to_owned() })
}

/// A test runs from `<target>/<profile>/deps/`.
fn in_target_directory(file: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program.ancestors().map(|directory| directory.join("wasm32-wasip1/wasm").join(file)).find(|path| path.is_file())
}
