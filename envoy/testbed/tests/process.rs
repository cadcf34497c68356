//! No process outlives its owner.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use tollgate_testbed::{Process, until};

fn sleeper(folder: &Path) -> Result<Process> {
    let mut command = Command::new("sleep");
    command.arg("600");
    Process::spawn("sleeper", command, &folder.join("log"))
}

fn runs(id: u32) -> bool {
    // A zombie has ended too: it only waits for its parent to look.
    fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_process_ends_with_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let id = {
        let process = sleeper(folder.path()).unwrap();
        assert!(runs(process.id()));
        process.id()
    };
    assert!(!runs(id));
}

#[test]
fn a_process_ends_when_its_owner_panics() {
    let folder = tempfile::tempdir().unwrap();
    let mut id = None;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let process = sleeper(folder.path()).unwrap();
        id = Some(process.id());
        panic!("as a failing assertion would");
    }));
    assert!(outcome.is_err());
    assert!(!runs(id.unwrap()));
}

#[test]
fn a_process_that_ignores_sigterm_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' TERM; touch \"$0\"; while :; do sleep 1; done"]).arg(&ready);
    let mut process = Process::spawn("stubborn", command, &folder.path().join("log")).unwrap();
    until("the shell ignores the signal", || Ok(ready.exists().then_some(()))).unwrap();
    assert!(!process.terminate().unwrap().success());
    assert!(!runs(process.id()));
}

#[test]
fn a_process_that_fails_shows_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "echo no such policy; exit 3"]);
    let mut process = Process::spawn("failing", command, &folder.path().join("log")).unwrap();
    let error = until("the process fails", || Ok(process.require_running().err())).unwrap();
    assert!(error.to_string().contains("no such policy"), "{error}");
}
