use std::process::Command;

use anyhow::{Context, Result, bail};

/// One core for Envoy, one for everything else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) proxy: usize,
    pub(crate) load: usize,
}

impl Cores {
    /// Takes the first two cores that this process may use, and confines this process, with all that it starts without
    /// saying otherwise, to the second.
    pub(crate) fn claim() -> Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let cores = expand(list.context("/proc/self/status does not list cores")?.trim())?;
        let &[proxy, load, ..] = cores.as_slice() else { bail!("two cores are needed, and there is only {cores:?}") };
        let pin = Command::new("taskset").args(["-pc", &load.to_string(), &std::process::id().to_string()]).output();
        let pin = pin.context("`taskset`, of the package util-linux, is needed")?;
        if !pin.status.success() {
            bail!("taskset refuses core {load}: {}", String::from_utf8_lossy(&pin.stderr));
        }
        Ok(Cores { proxy, load })
    }

    /// A command that runs `program` on Envoy's core.
    pub(crate) fn on_proxy(self, program: &std::path::Path) -> Command {
        let mut command = Command::new("taskset");
        command.args(["-c", &self.proxy.to_string()]).arg(program);
        command
    }
}

/// `0-1,4` is 0, 1 and 4.
fn expand(list: &str) -> Result<Vec<usize>> {
    let mut cores = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        cores.extend(first.parse::<usize>()?..=last.parse()?);
    }
    Ok(cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores_hold_numbers_and_ranges() {
        assert_eq!(expand("0-1,4").unwrap(), [0, 1, 4]);
        assert!(expand("all").is_err());
    }
}
