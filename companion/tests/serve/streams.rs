use std::time::Duration;

use tollgate::feed::proto::{self, worker_message};
use tonic::Code;

use crate::harness::{Site, SnapshotId};

#[tokio::test]
async fn a_stream_that_does_not_begin_with_hello_is_refused() {
    let site = Site::with("view");
    let companion = site.start().await;
    let vm = companion.stranger().await;
    vm.beat(None, true).await;
    assert_eq!(vm.end().await.code(), Code::InvalidArgument);
    companion.stop().await;
}

#[tokio::test]
async fn a_malformed_id_is_refused() {
    let site = Site::with("view");
    let companion = site.start().await;
    let vm = companion.stranger().await;
    vm.say(worker_message::Body::Hello(proto::Hello { vm_id: vec![1; 3], ..proto::Hello::default() })).await;
    assert_eq!(vm.end().await.code(), Code::InvalidArgument);
    let vm = companion.vm(1, Some(SnapshotId { epoch: u64::MAX, version: 1 })).await;
    assert_eq!(vm.end().await.code(), Code::InvalidArgument);
    companion.stop().await;
}

#[tokio::test]
async fn a_message_beyond_the_limit_ends_the_stream() {
    let site = Site::with("view");
    let companion = site.start().await;
    let vm = companion.vm(1, None).await;
    vm.nack(SnapshotId::default(), &"x".repeat(1 << 20), false).await;
    assert_eq!(vm.end().await.code(), Code::OutOfRange);
    companion.stop().await;
}

#[tokio::test]
async fn a_new_stream_of_the_same_vm_replaces_the_old_one() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut old = companion.vm(1, None).await;
    let held = old.snapshot().await;
    let id = held.id();
    let new = companion.vm_with_snapshot(1, held).await;
    assert_eq!(old.end().await.code(), Code::Aborted);
    new.beat(Some(id), true).await;
    companion.until_metric("tollgate_feed_workers{state=\"serving\"}", 1.0).await;
    assert_eq!(companion.json("/v1/workers").await.1["workers"].as_array().unwrap().len(), 1);
    companion.stop().await;
}

#[tokio::test]
async fn a_client_that_never_speaks_is_let_go() {
    let site = Site::with("view").beating(Duration::from_millis(20));
    let companion = site.start().await;
    assert_eq!(companion.stranger().await.end().await.code(), Code::DeadlineExceeded);
    companion.stop().await;
}

#[tokio::test]
async fn stopping_says_goodbye_to_every_stream() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    vm.snapshot().await;
    let (end, ()) = tokio::join!(vm.end(), companion.stop());
    assert_eq!(end.code(), Code::Unavailable);
}
