use std::fs;

use crate::harness::{Site, allow, allow_among_many, rename_over, wire};

#[tokio::test]
async fn a_vm_receives_the_snapshot_and_then_every_edit() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let first = vm.snapshot().await;
    site.write(&allow("edit"));
    let second = vm.snapshot().await;
    assert!(second.id() > first.id());
    assert_ne!(second.digest(), first.digest());
    rename_over(&site.policy_file(), &allow("delete"));
    assert!(vm.snapshot().await.id() > second.id());
    companion.stop().await;
}

#[tokio::test]
async fn a_bad_edit_degrades_and_keeps_the_good_snapshot() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let good = vm.snapshot().await;
    site.write("policies:\n  - name: reader\n    actoins: [view]\n");
    let body = companion.until_ready_is(200, "degraded").await;
    assert!(body["problem"].as_str().unwrap().contains("a.yaml:"), "{body}");
    assert_eq!(body["snapshot"], good.id().to_string());
    assert_eq!(companion.metric("tollgate_degraded").await, 1.0);
    assert_eq!(companion.metric("tollgate_policy_load_failures_total").await, 1.0);
    // The same content again is no edit, also for the rescans of the meantime.
    site.write(&allow("view"));
    companion.until_ready_is(200, "ready").await;
    assert_eq!(companion.metric("tollgate_policy_load_failures_total").await, 1.0);
    assert_eq!(companion.json("/v1/workers").await.1["current"]["version"], good.id().version);
    site.write(&allow("edit"));
    assert_eq!(vm.snapshot().await.id().version, good.id().version + 1);
    companion.stop().await;
}

#[tokio::test]
async fn without_good_policies_it_runs_unready_until_they_are_corrected() {
    let site = Site::new();
    site.write("policies: what\n");
    let companion = site.start().await;
    let body = companion.until("/readyz", |_, body| body["problem"].is_string()).await;
    assert_eq!(body["status"], "unready");
    assert_eq!(companion.get("/readyz").await.0, 503);
    assert_eq!(companion.get("/healthz").await.0, 200);
    let mut vm = companion.vm(1, None).await;
    site.write(&allow("view"));
    vm.snapshot().await;
    companion.until_ready_is(200, "ready").await;
    companion.stop().await;
}

#[tokio::test]
async fn bad_policies_at_boot_leave_the_last_good_snapshot_in_force() {
    let site = Site::with("view");
    let companion = site.start().await;
    let good = companion.vm(1, None).await.snapshot().await;
    companion.stop().await;
    site.write("policies: what\n");
    let companion = site.start().await;
    let served = companion.vm(1, None).await.snapshot().await;
    assert_eq!((served.id(), served.digest()), (good.id(), good.digest()));
    companion.until_ready_is(200, "degraded").await;
    companion.stop().await;
}

#[tokio::test]
async fn a_folder_that_vanishes_degrades_and_a_returning_one_recovers() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let good = vm.snapshot().await;
    let folder = site.policy_file().parent().unwrap().to_owned();
    let aside = folder.with_file_name("aside");
    for age in [0, 200] {
        // Young files are read again anyway.
        tokio::time::sleep(std::time::Duration::from_millis(age)).await;
        fs::rename(&folder, &aside).unwrap();
        companion.until_ready_is(200, "degraded").await;
        fs::rename(&aside, &folder).unwrap();
        companion.until_ready_is(200, "ready").await;
    }
    site.write(&allow("edit"));
    assert_eq!(vm.snapshot().await.id().version, good.id().version + 1);
    companion.stop().await;
}

#[tokio::test]
async fn a_slow_vm_is_skipped_to_the_newest_snapshot() {
    let site = Site::with("view");
    site.write(&allow_among_many("a0"));
    let companion = site.start().await;
    let mut slow = companion.vm(1, None).await;
    let first = slow.whole().await;
    let mut quick = companion.vm(2, None).await;
    quick.snapshot().await;
    for edit in 1..=5 {
        site.write(&allow_among_many(&format!("a{edit}")));
        quick.snapshot().await;
    }
    slow.ack(first.id()).await;
    let next = slow.delta().await;
    assert_eq!(next.base, Some(wire(first.id())));
    assert_eq!(next.id.unwrap().version, first.id().version + 5);
    companion.stop().await;
}
