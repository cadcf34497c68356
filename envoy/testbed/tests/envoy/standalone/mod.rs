//! No companion: Envoy's own configuration holds the snapshot, as `tollgate compile --envoy` writes it.

mod discovery;
mod inline;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use tempfile::TempDir;
use tollgate_testbed::artifacts;

use crate::decided::TOLD;
use crate::life::site::only;

/// A folder with a policy file, and what is compiled of it.
struct Site(TempDir);

impl Site {
    fn new() -> Result<Self> {
        Ok(Site(TempDir::new()?))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Compiles a policy set that lets everyone see one page and no other, for a plugin that can be made to trap.
    fn compile(&self, page: &str, form: &str, options: &[&str]) -> Result<PathBuf> {
        fs::write(self.path().join("pages.yaml"), only(page))?;
        let compiled = self.path().join(format!("{form}.json"));
        let mut command = Command::new(artifacts::companion()?);
        command.arg("compile").arg(self.path().join("pages.yaml")).arg("--output").arg(&compiled);
        command.args(["--envoy", form, "--module"]).arg(artifacts::guest("tollgate_trapping_guest")?);
        command.args(TOLD.iter().map(|(name, fact)| format!("--forward={name}={fact}"))).args(options);
        let output = command.output()?;
        ensure!(output.status.success(), "not compiled: {}", String::from_utf8_lossy(&output.stderr));
        Ok(compiled)
    }
}
