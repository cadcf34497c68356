use std::fs;

use crate::harness::{Site, SnapshotId, allow};

#[tokio::test]
async fn a_restart_with_unchanged_policies_keeps_the_number() {
    let site = Site::with("view");
    let companion = site.start().await;
    let first = companion.vm(1, None).await.snapshot().await;
    companion.stop().await;
    let companion = site.start().await;
    let second = companion.vm(1, None).await.snapshot().await;
    assert_eq!((first.id(), first.digest()), (second.id(), second.digest()));
    companion.stop().await;
}

#[tokio::test]
async fn a_restart_with_changed_policies_begins_an_epoch() {
    let site = Site::with("view");
    let companion = site.start().await;
    let first = companion.vm(1, None).await.snapshot().await.id();
    companion.stop().await;
    site.write(&allow("edit"));
    let companion = site.start().await;
    let second = companion.vm(1, Some(first)).await.snapshot().await.id();
    assert!(second.epoch > first.epoch, "{second} after {first}");
    assert_eq!(second.version, 1);
    companion.stop().await;
}

#[tokio::test]
async fn after_a_lost_state_file_workers_get_a_snapshot_above_what_they_have() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    vm.snapshot().await;
    site.write(&allow("edit"));
    let before = vm.snapshot().await.id();
    companion.stop().await;
    site.lose_state();
    let companion = site.start().await;
    let after = companion.vm(1, Some(before)).await.snapshot().await.id();
    assert!(after > before, "{after} is not above {before}");
    companion.stop().await;
}

#[tokio::test]
async fn what_another_companion_has_given_to_the_same_envoy_is_gone_beyond() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let first = vm.snapshot().await;
    let ahead = SnapshotId { epoch: first.id().epoch + 3, version: 2 };
    vm.nack_for(first.id(), ahead).await;
    let second = vm.snapshot().await;
    assert_eq!((second.id(), second.digest()), (SnapshotId { epoch: ahead.epoch + 1, version: 1 }, first.digest()));
    companion.stop().await;
}

#[tokio::test]
async fn a_worker_that_is_ahead_raises_the_epoch_for_everyone() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut other = companion.vm(1, None).await;
    let first = other.snapshot().await;
    let ahead = SnapshotId { epoch: first.id().epoch + 5, version: 9 };
    let mut vm = companion.vm(2, Some(ahead)).await;
    let raised = SnapshotId { epoch: ahead.epoch + 1, version: 1 };
    for vm in [&mut vm, &mut other] {
        let snapshot = vm.snapshot().await;
        assert_eq!((snapshot.id(), snapshot.digest()), (raised, first.digest()));
    }
    // A heartbeat says the same as a hello.
    let further = SnapshotId { epoch: raised.epoch, version: 2 };
    other.beat(Some(further), true).await;
    assert_eq!(other.snapshot().await.id(), SnapshotId { epoch: raised.epoch + 1, version: 1 });
    companion.stop().await;
    let companion = site.start().await;
    companion.until("/v1/workers", |_, body| body["current"]["epoch"] == raised.epoch + 1).await;
    companion.stop().await;
}

#[tokio::test]
async fn a_damaged_state_file_is_refused_at_boot() {
    let site = Site::with("view");
    fs::write(site.state(), "not a database at all".repeat(100)).unwrap();
    let error = site.try_start().await.err().expect("it does not start").to_string();
    assert!(error.contains(site.state().to_str().unwrap()), "{error}");
    assert!(error.contains("move it away"), "{error}");
}

#[tokio::test]
async fn a_state_file_that_fails_at_run_time_degrades_and_loses_nothing() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let good = vm.snapshot().await.id();
    // Another program's database in its place: it must not be written to.
    site.lose_state();
    fs::write(site.state(), "not a database at all".repeat(100)).unwrap();
    site.write(&allow("edit"));
    let body = companion.until_ready_is(200, "degraded").await;
    assert!(body["problem"].as_str().unwrap().contains("state"), "{body}");
    assert!(companion.metric("tollgate_state_errors_total").await >= 1.0);
    site.lose_state();
    assert_eq!(vm.snapshot().await.id().version, good.version + 1);
    companion.until_ready_is(200, "ready").await;
    companion.stop().await;
}
