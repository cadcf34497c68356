use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::harness::{ANY_PORT, Site, policy, run, tollgate};

#[test]
fn a_full_disk_refuses_edits_keeps_what_is_in_force_and_is_recovered_from() {
    let site = Site::new();
    let process = site.start_with_files_of(800);
    let (status, good) = process.create("reader", &policy("view", 0));
    assert_eq!(status, 201, "{good}");
    let mut refused = None;
    for number in 0..20 {
        let (status, body) = process.put("reader", &policy(&format!("edit-{number}"), 100_000));
        if status != 200 {
            refused = Some((status, body));
            break;
        }
    }
    let (status, body) = refused.expect("the limit is reached");
    assert_eq!((status, &body["code"]), (503, &"STATE_UNAVAILABLE".into()), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("state file"), "{body}");
    let (_, current) = process.get("/v1/snapshots/current");
    let readiness = process.until("degraded");
    assert_eq!(readiness["snapshot"], format!("{}.{}", current["epoch"], current["version"]));
    assert!(readiness["problem"].as_str().unwrap().contains("state file"), "{readiness}");
    let (_, metrics) = process.get("/metrics");
    let metrics = metrics.as_str().unwrap();
    assert!(!metrics.contains("tollgate_state_errors_total 0\n"), "{metrics}");
    assert!(metrics.contains("tollgate_degraded 1\n"), "{metrics}");

    let pid = process.id().to_string();
    let (code, _, error) = run(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]));
    assert_eq!(code, 0, "{error}");
    process.until("ready");
    let (status, body) = process.put("reader", &policy("delete", 100_000));
    assert_eq!(status, 200, "{body}");
    process.kill();
    let process = site.start();
    assert_eq!(process.get("/v1/snapshots/current").1["version"], body["version"]);
}

#[test]
fn a_state_that_cannot_be_written_is_refused_at_start() {
    let site = Site::new();
    let process = site.start();
    process.create("reader", &policy("view", 0));
    process.kill();
    fs::set_permissions(site.path("."), Permissions::from_mode(0o755)).unwrap();
    // Root may write everything, so the process is somebody else's; what it runs must be in reach then.
    let program = site.path("tollgate");
    fs::copy(tollgate(), &program).unwrap();
    let start = || {
        let mut command = Command::new(&program);
        command.args(site.arguments()).args(ANY_PORT);
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.uid(65534).gid(65534);
        }
        run(&mut command)
    };
    fs::set_permissions(site.state(), Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(site.path("state"), Permissions::from_mode(0o555)).unwrap();
    let (code, _, error) = start();
    assert_eq!(code, 1, "{error}");
    assert!(error.contains(site.state().to_str().unwrap()) && error.contains("writable"), "{error}");
    fs::set_permissions(site.path("state"), Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(site.state()).unwrap();
    fs::set_permissions(site.path("state"), Permissions::from_mode(0o555)).unwrap();
    let (code, _, error) = start();
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("writable"), "{error}");
    fs::set_permissions(site.path("state"), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_state_file_that_is_damaged_or_removed_while_it_is_used_stops_nothing() {
    let site = Site::new();
    let process = site.start();
    // More than the database keeps in memory.
    for number in 0..40 {
        process.create(&format!("p{number}"), &policy(&format!("view-{number}"), 200_000));
    }
    let (_, current) = process.get("/v1/snapshots/current");
    for suffix in ["", "-wal"] {
        let path = format!("{}{suffix}", site.state().display());
        let file = OpenOptions::new().write(true).open(path).unwrap();
        let len = file.metadata().unwrap().len();
        file.write_all_at(&vec![0xa5; usize::try_from(len).unwrap()], 0).unwrap();
    }
    let (status, body) = process.get("/v1/snapshots/current?documents=all");
    assert_eq!((status, &body["code"]), (503, &"STATE_UNAVAILABLE".into()), "{}", body["detail"]);
    let (_, readiness) = process.get("/readyz");
    assert_eq!(readiness["snapshot"], format!("{}.{}", current["epoch"], current["version"]));
    for suffix in ["", "-wal"] {
        fs::remove_file(format!("{}{suffix}", site.state().display())).unwrap();
    }
    // It is made anew by itself, with all that is in force.
    process.until_version(|version| *version != current["version"]);
    process.until("ready");
    let (_, body) = process.get("/v1/snapshots/current");
    process.kill();
    let process = site.start();
    process.until("ready");
    let (_, recovered) = process.get("/v1/snapshots/current");
    assert_eq!((&recovered["version"], &recovered["policies"]), (&body["version"], &40.into()));
}
