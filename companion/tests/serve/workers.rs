use std::time::Duration;

use tollgate_policy::snapshot::FORMAT;

use crate::harness::Site;

#[tokio::test]
async fn an_ack_is_counted_and_measured_once() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let id = vm.whole().await.id();
    companion.until_metric("tollgate_feed_workers{state=\"behind\"}", 1.0).await;
    vm.ack(id).await;
    vm.ack(id).await;
    vm.beat(Some(id), true).await;
    companion.until_metric("tollgate_feed_acks_total", 2.0).await;
    companion.until_metric("tollgate_feed_workers{state=\"serving\"}", 1.0).await;
    assert_eq!(companion.metric("tollgate_feed_publish_to_enforced_seconds_count").await, 1.0);
    assert_eq!(companion.metric("tollgate_feed_workers{state=\"behind\"}").await, 0.0);
    assert_eq!(companion.metric("tollgate_feed_workers_expected").await, 2.0);
    assert_eq!(companion.metric("tollgate_policies").await, 1.0);
    assert!(companion.metric("tollgate_snapshot_bytes").await > 0.0);
    assert_eq!(companion.metric("tollgate_compile_duration_seconds_count").await, 1.0);
    let body = companion.json("/v1/workers").await.1;
    let worker = &body["workers"][0];
    assert_eq!(worker["vmId"], "01".repeat(16));
    assert_eq!(worker["applied"]["version"], id.version);
    assert_eq!((&worker["node"], &worker["cluster"]), (&"envoy-1".into(), &"edge".into()));
    assert_eq!((&worker["alive"], &worker["state"]), (&true.into(), &"ok".into()));
    assert_eq!((&worker["versionsBehind"], &worker["behindMs"]), (&0.into(), &0.into()));
    assert_eq!(worker["lastApplyMicros"], 300);
    assert_eq!(worker["format"], FORMAT);
    assert_eq!(body["current"]["policies"], 1);
    companion.stop().await;
}

#[tokio::test]
async fn a_nack_is_counted_and_its_reason_shown() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let id = vm.whole().await.id();
    vm.nack(id, "snapshot is damaged", false).await;
    companion.until_metric("tollgate_feed_nacks_total", 1.0).await;
    let worker = &companion.json("/v1/workers").await.1["workers"][0];
    assert_eq!(worker["lastNack"]["reason"], "snapshot is damaged");
    assert_eq!(worker["lastNack"]["version"], id.version);
    assert_eq!((&worker["applied"], &worker["state"]), (&serde_json::Value::Null, &"nacked".into()));
    assert_eq!(companion.metric("tollgate_feed_workers{state=\"nacked\"}").await, 1.0);
    companion.stop().await;
}

#[tokio::test]
async fn a_vm_that_falls_silent_is_dead_although_its_connection_is_open() {
    let site = Site::with("view").beating(Duration::from_millis(100));
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let id = vm.snapshot().await.id();
    companion.until_metric("tollgate_feed_workers{state=\"silent\"}", 1.0).await;
    assert_eq!(companion.metric("tollgate_feed_workers{state=\"alive\"}").await, 0.0);
    let body = companion.until("/v1/workers", |_, body| body["workers"][0]["state"] == "silent").await;
    assert_eq!(body["workers"][0]["alive"], false);
    assert_eq!(body["workers"][0]["applied"]["version"], id.version);
    assert_eq!(vm.end().await.code(), tonic::Code::DeadlineExceeded);
    companion.stop().await;
}

#[tokio::test]
async fn metrics_are_an_open_metrics_text() {
    let site = Site::with("view");
    let companion = site.start().await;
    companion.until_ready_is(200, "ready").await;
    let (status, text) = companion.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(text.contains("tollgate_build_info{version="), "{text}");
    assert!(text.trim_end().ends_with("# EOF"), "{text}");
    companion.stop().await;
}

#[tokio::test]
async fn the_table_of_workers_tells_scripts_whether_all_are_level() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let id = vm.whole().await.id();
    companion.until_metric("tollgate_feed_workers{state=\"behind\"}", 1.0).await;
    let (code, text) = companion.workers_command(&["--fail-if-behind"]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("behind"), "{text}");
    vm.ack(id).await;
    companion.until_metric("tollgate_feed_workers{state=\"behind\"}", 0.0).await;
    let (code, text) = companion.workers_command(&["--fail-if-behind", "--format", "json"]).await;
    assert_eq!(code, Some(0), "{text}");
    let body: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["workers"][0]["state"], "ok");
    companion.stop().await;
}
