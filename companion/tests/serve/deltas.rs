use std::time::Duration;

use tollgate::feed::proto::{companion_message::Body, worker_message};

use crate::harness::{Companion, Site, SnapshotId, allow_among_many, hello, wire};

const FULL: &str = "tollgate_feed_snapshots_sent_total{kind=\"full\"}";
const DELTA: &str = "tollgate_feed_snapshots_sent_total{kind=\"delta\"}";

async fn start() -> (Site, Companion) {
    let site = Site::new();
    site.write(&allow_among_many("a0"));
    let companion = site.start().await;
    (site, companion)
}

#[tokio::test]
async fn an_edit_travels_as_a_delta_to_whoever_has_the_version_before() {
    let (site, companion) = start().await;
    let mut vm = companion.vm(1, None).await;
    let first = vm.snapshot().await;
    site.write(&allow_among_many("a1"));
    let delta = vm.delta().await;
    assert_eq!(delta.base, Some(wire(first.id())));
    assert!(delta.content.len() < 2048, "{} bytes", delta.content.len());
    let mut late = companion.vm(2, None).await;
    let whole = late.whole().await;
    let mut patched = first;
    patched.apply(&delta.content).unwrap();
    assert_eq!((patched.id(), patched.digest()), (whole.id(), whole.digest()));
    assert_eq!((companion.metric(FULL).await, companion.metric(DELTA).await), (2.0, 1.0));
    assert_eq!(
        companion.metric("tollgate_feed_snapshots_sent_bytes_total{kind=\"delta\"}").await,
        delta.content.len() as f64
    );
    companion.stop().await;
}

#[tokio::test]
async fn a_vm_that_comes_back_gets_one_delta_over_all_that_it_missed() {
    let (site, companion) = start().await;
    let mut absent = companion.vm(1, None).await;
    let held = absent.snapshot().await;
    let id = held.id();
    drop(absent);
    let mut other = companion.vm(2, None).await;
    other.snapshot().await;
    for edit in 1..=3 {
        site.write(&allow_among_many(&format!("a{edit}")));
        other.snapshot().await;
    }
    let mut back = companion.vm_with_snapshot(1, held).await;
    let next = back.snapshot().await.id();
    assert_eq!(next.version, id.version + 3);
    assert_eq!(companion.metric(DELTA).await, 4.0);
    companion.stop().await;
}

#[tokio::test]
async fn a_vm_whose_content_is_not_what_was_published_gets_the_whole() {
    let (site, companion) = start().await;
    let mut other = companion.vm(2, None).await;
    let old = other.snapshot().await.id();
    site.write(&allow_among_many("a1"));
    let new = other.snapshot().await.id();
    // The id is known, the digest is another one.
    assert_eq!(companion.vm(1, Some(old)).await.whole().await.id(), new);
    companion.stop().await;
}

#[tokio::test]
async fn another_content_under_the_current_id_raises_the_epoch() {
    let (_site, companion) = start().await;
    let current = companion.vm(2, None).await.whole().await.id();
    let raised = companion.vm(1, Some(current)).await.whole().await.id();
    assert!(raised.epoch > current.epoch, "{raised} after {current}");
    companion.stop().await;
}

#[tokio::test]
async fn a_vm_that_cannot_use_a_delta_gets_the_whole_at_once() {
    let (site, companion) = start().await;
    let mut vm = companion.vm(1, None).await;
    vm.snapshot().await;
    site.write(&allow_among_many("a1"));
    let refused: SnapshotId =
        vm.delta().await.id.map(|id| SnapshotId { epoch: id.epoch, version: id.version }).unwrap();
    vm.nack(refused, "another base", true).await;
    assert_eq!(vm.whole().await.id(), refused);
    companion.stop().await;
}

#[tokio::test]
async fn a_refused_whole_is_offered_again_without_an_edit() {
    let (_site, companion) = start().await;
    let mut vm = companion.vm(1, None).await;
    let id = vm.whole().await.id();
    vm.nack(id, "out of memory", true).await;
    assert_eq!(vm.whole().await.id(), id);
    vm.ack(id).await;
    companion.until("/v1/workers", |_, body| body["workers"][0]["state"] == "ok").await;
    companion.stop().await;
}

#[tokio::test]
async fn every_heartbeat_is_told_what_is_current() {
    let (_site, companion) = start().await;
    let mut vm = companion.vm(1, None).await;
    let id = vm.snapshot().await.id();
    for _ in 0..3 {
        vm.beat(Some(id), false).await;
        let Body::Current(current) = vm.message().await else { panic!("not what is current") };
        assert_eq!(current.id, Some(wire(id)));
    }
    companion.stop().await;
}

#[tokio::test]
async fn a_plugin_of_another_format_is_told_so_and_listed() {
    let site = Site::with("view").beating(Duration::from_secs(1));
    let companion = site.start().await;
    let mut other = hello(1);
    other.format -= 1;
    let status = companion.vm_with(other).await.end().await;
    assert_eq!(status.code(), tonic::Code::FailedPrecondition);
    assert!(status.message().contains("format"), "{status}");
    assert_eq!(companion.metric("tollgate_feed_refused_total{reason=\"format\"}").await, 1.0);
    let (_, body) = companion.json("/v1/workers").await;
    assert_eq!(body["workers"][0]["state"], "incompatible");
    companion.stop().await;
}

#[tokio::test]
async fn what_a_vm_could_not_even_read_is_offered_again() {
    let (_site, companion) = start().await;
    let mut vm = companion.vm(1, None).await;
    let id = vm.whole().await.id();
    vm.say(worker_message::Body::Nack(tollgate::feed::proto::Nack::default())).await;
    assert_eq!(vm.whole().await.id(), id);
    companion.stop().await;
}

#[tokio::test]
async fn after_a_restart_an_edit_is_a_delta_for_who_kept_the_last_version() {
    let (site, companion) = start().await;
    let mut vm = companion.vm(1, None).await;
    let held = vm.snapshot().await;
    companion.stop().await;
    let companion = site.start().await;
    companion.until_ready_is(200, "ready").await;
    let mut vm = companion.vm_with_snapshot(1, held).await;
    companion.until("/v1/workers", |_, body| body["workers"][0]["state"] == "ok").await;
    site.write(&allow_among_many("a1"));
    vm.delta().await;
    companion.stop().await;
}
