//! Where the programs under test are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The workspace this crate was built in.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Envoy: `ENVOY`, or the first `envoy` on `PATH`, or the one that `make envoy` installs under `.tools/`.
///
/// # Errors
///
/// When there is none.
pub fn envoy() -> Result<PathBuf> {
    if let Some(path) = env::var_os("ENVOY") {
        return existing(PathBuf::from(path), "the variable `ENVOY` names it");
    }
    let path = env::var_os("PATH").unwrap_or_default();
    if let Some(found) = env::split_paths(&path).map(|folder| folder.join("envoy")).find(|file| file.is_file()) {
        return Ok(found);
    }
    existing(workspace().join(".tools/envoy-1.40.0/envoy"), "`make envoy` installs it")
}

/// The plugin: `TOLLGATE_PLUGIN`, or what `make plugin` builds.
///
/// # Errors
///
/// When it has not been built.
pub fn plugin() -> Result<PathBuf> {
    match env::var_os("TOLLGATE_PLUGIN") {
        Some(path) => existing(PathBuf::from(path), "the variable `TOLLGATE_PLUGIN` names it"),
        None => built("wasm32-wasip1/wasm/tollgate_plugin.wasm", "`make plugin` builds it"),
    }
}

/// A module that only tests and benches run, as `make wasm` builds it.
///
/// # Errors
///
/// When it has not been built.
pub fn guest(name: &str) -> Result<PathBuf> {
    built(&format!("wasm32-wasip1/wasm/{name}.wasm"), "`make wasm` builds it")
}

/// The companion: `TOLLGATE`, or what `make companion` builds.
///
/// # Errors
///
/// When it has not been built.
pub fn companion() -> Result<PathBuf> {
    match env::var_os("TOLLGATE") {
        Some(path) => existing(PathBuf::from(path), "the variable `TOLLGATE` names it"),
        None => built("debug/tollgate", "`make companion` builds it"),
    }
}

/// A Python that has the official SDKs: `TOLLGATE_SDKS`, or the one that `make sdks` installs under `.tools/`.
///
/// # Errors
///
/// When there is none.
pub fn sdks() -> Result<PathBuf> {
    let python = env::var_os("TOLLGATE_SDKS").map_or_else(|| workspace().join(".tools/sdks/bin/python"), PathBuf::from);
    // Not where its links lead: from there it would not find what is installed.
    if !python.is_file() {
        bail!("there is no file `{}`: `make sdks` installs it", python.display());
    }
    Ok(python)
}

/// The sample policies in `envoy/policies/`.
#[must_use]
pub fn sample_policies() -> PathBuf {
    workspace().join("envoy/policies")
}

/// A file of the target directory that this program was built into: tests run from `<target>/<profile>/deps/`.
fn built(file: &str, hint: &str) -> Result<PathBuf> {
    let program = env::current_exe()?;
    let found = program.ancestors().map(|folder| folder.join(file)).find(|path| path.is_file());
    found.with_context(|| format!("there is no `{file}` in the target directory: {hint}"))
}

fn existing(path: PathBuf, hint: &str) -> Result<PathBuf> {
    if !path.is_file() {
        bail!("there is no file `{}`: {hint}", path.display());
    }
    path.canonicalize().with_context(|| format!("`{}`", path.display()))
}
