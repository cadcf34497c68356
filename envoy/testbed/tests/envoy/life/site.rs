use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;
use tollgate_testbed::client::Http1;
use tollgate_testbed::{Testbed, TestbedOptions, artifacts, until};

use crate::decided::telling;
use crate::gate::plugin_configuration;

/// A policy set that lets everyone see one page and no other. It has enough else in it to be a snapshot of some size.
pub(crate) fn only(page: &str) -> String {
    let mut text = format!(
        "routes:
  - {{match: {{path: '/{{page}}'}}, action: view, resource: {{kind: page, id: path.page}}, auth: optional}}
policies:
  - {{name: only-{page}, resource: page, actions: [view], roles: [anonymous], condition: resource.id == '{page}'}}
"
    );
    for number in 0..50 {
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "  - {{name: p{number}, resource: kind{number}, actions: [view], roles: [role{number}]}}");
    }
    text
}

/// Options for a testbed whose policies are [`only`] this page.
pub(crate) fn options(folder: &TempDir, page: &str) -> Result<TestbedOptions> {
    fs::write(folder.path().join("pages.yaml"), only(page))?;
    Ok(TestbedOptions {
        policies: folder.path().to_owned(),
        plugin_configuration: Some(plugin_configuration()),
        ..TestbedOptions::default()
    })
}

/// A testbed whose workers all enforce that everyone may see this page.
pub(crate) fn start(page: &str) -> Result<Testbed> {
    start_with(page, |_| {})
}

/// The same, with other options.
pub(crate) fn start_with(page: &str, change: impl FnOnce(&mut TestbedOptions)) -> Result<Testbed> {
    let folder = TempDir::new()?;
    let mut options = options(&folder, page)?;
    change(&mut options);
    let testbed = Testbed::start(&options)?;
    testbed.wait_enforced()?;
    Ok(testbed)
}

/// The same, with one worker whose VM a request can end, and answers that tell by which snapshot they were decided.
pub(crate) fn start_trapping(page: &str) -> Result<Testbed> {
    let guest = artifacts::guest("tollgate_trapping_guest")?;
    start_with(page, |options| {
        options.workers = 1;
        options.module = Some(guest);
        options.plugin_configuration = Some(telling());
        // Every trap is an error that is meant.
        options.log_level = "critical".to_owned();
    })
}

/// Saves the policy file as editors do: beside it, then renamed.
pub(crate) fn save(testbed: &Testbed, text: &str) -> Result<()> {
    let draft = testbed.folder().join("draft");
    fs::write(&draft, text)?;
    Ok(fs::rename(&draft, testbed.policies().join("pages.yaml"))?)
}

/// The status of a GET on a connection of its own.
pub(crate) fn status(testbed: &Testbed, page: &str) -> Result<u16> {
    Ok(Http1::connect(testbed.envoy.address())?.request("GET", &format!("/{page}"), &[], b"")?.status)
}

/// Connections to every worker: the kernel spreads them, so more are opened until each worker has served one.
pub(crate) fn connections(testbed: &Testbed, workers: usize) -> Result<Vec<Http1>> {
    let mut all = Vec::new();
    until("every worker serves a connection", || {
        for _ in 0..4 {
            let mut connection = Http1::connect(testbed.envoy.address())?;
            connection.request("GET", "/none", &[], b"")?;
            all.push(connection);
        }
        // Heartbeats bring the news once a second: no need for more connections than this.
        while all.len() >= 200 {
            all.pop();
        }
        let serving = testbed.companion.workers()?.workers.iter().filter(|worker| worker.serving).count();
        Ok((serving == workers).then_some(()))
    })?;
    Ok(all)
}

/// What every one of these connections answers about a page.
pub(crate) fn answers(connections: &mut [Http1], page: &str) -> Result<Vec<u16>> {
    let target = format!("/{page}");
    connections.iter_mut().map(|connection| Ok(connection.request("GET", &target, &[], b"")?.status)).collect()
}

/// Removes an SQLite database with what belongs to it.
pub(crate) fn remove_database(file: &Path) -> Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
