use std::fs;

use tollgate_policy::snapshot::SnapshotId;

use crate::harness::{Companion, Site, allow};

async fn rollback(companion: &Companion, to: SnapshotId) -> SnapshotId {
    let answer = companion.change("POST", &format!("/v1/snapshots/{to}/rollback"), &[], "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.id()
}

#[tokio::test]
async fn every_version_is_listed_with_what_it_changed() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    vm.snapshot().await;
    let writer = "  - name: writer\n    resource: document\n    actions: [edit]\n    roles: [editor]\n";
    site.write(&format!("{}{writer}", allow("edit")));
    let second = vm.snapshot().await;
    let listed = companion.json("/v1/snapshots").await.1;
    let entries = listed["snapshots"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    let (newest, oldest) = (&entries[0], &entries[1]);
    assert_eq!((&newest["version"], &newest["source"]), (&second.id().version.into(), &"files".into()));
    assert_eq!(newest["digest"], second.digest().to_string());
    let summary = &newest["summary"]["policies"];
    assert_eq!((&summary["added"]["first"][0], &summary["changed"]["first"][0]), (&"writer".into(), &"reader".into()));
    assert_eq!(oldest["summary"]["policies"]["added"]["count"], 1);
    assert_ne!(newest["author"], "");
    let page = companion.json("/v1/snapshots?limit=1").await.1;
    let rest = companion.json(&format!("/v1/snapshots?before={}", page["next"].as_str().unwrap())).await.1;
    assert_eq!(rest["snapshots"], serde_json::json!([oldest]));

    vm.ack(second.id()).await;
    let path = format!("/v1/snapshots/{}?documents=changed", second.id());
    let shown = companion.until(&path, |_, body| body["enforcement"]["appliedBy"] == 1).await;
    assert_eq!(shown["current"], true);
    assert!(shown["enforcement"]["lastMs"].is_number(), "{shown}");
    let change = &shown["changes"][0];
    assert_eq!(change["before"], allow("view"));
    assert!(change["after"].as_str().unwrap().contains("writer"));
    assert_eq!(companion.get("/v1/snapshots/1.1").await.0, 404);
    companion.stop().await;
}

#[tokio::test]
async fn a_rollback_is_a_new_version_that_holds_until_the_files_change() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let good = vm.snapshot().await;
    site.write(&allow("edit"));
    let bad = vm.snapshot().await;
    let back = rollback(&companion, good.id()).await;
    let held = vm.snapshot().await;
    assert_eq!((held.id(), held.digest()), (back, good.digest()));
    assert!(back > bad.id());
    let body = companion.until_ready_is(200, "degraded").await;
    assert!(body["problem"].as_str().unwrap().contains(&format!("version {}", good.id())), "{body}");
    let newest = &companion.json("/v1/snapshots").await.1["snapshots"][0];
    assert_eq!((&newest["source"], &newest["of"]), (&"rollback".into(), &good.id().to_string().into()));
    assert_eq!(newest["author"], "alice");
    companion.stop().await;

    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    assert_eq!(vm.snapshot().await.id(), back);
    companion.until_ready_is(200, "degraded").await;
    site.write(&allow("delete"));
    assert!(vm.snapshot().await.id() > back);
    companion.until_ready_is(200, "ready").await;
    companion.stop().await;
}

#[tokio::test]
async fn a_rollback_holds_against_files_that_were_saved_just_before_it() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let good = vm.snapshot().await;
    // Whether these are looked at before the rollback or after it.
    site.write(&allow("edit"));
    let back = rollback(&companion, good.id()).await;
    companion.until_ready_is(200, "degraded").await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let (_, shown) = companion.json("/v1/snapshots/current").await;
    assert_eq!((&shown["epoch"], &shown["version"]), (&back.epoch.into(), &back.version.into()), "{shown}");
    companion.until_ready_is(200, "degraded").await;
    companion.stop().await;
}

#[tokio::test]
async fn files_that_change_to_what_is_held_end_the_hold() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let good = vm.snapshot().await;
    site.write(&allow("edit"));
    let bad = vm.snapshot().await;
    rollback(&companion, good.id()).await;
    let held = vm.snapshot().await;
    site.write(&allow("view"));
    let released = vm.snapshot().await;
    assert_eq!(released.digest(), held.digest());
    companion.until_ready_is(200, "ready").await;
    site.write(&allow("edit"));
    assert_eq!(vm.snapshot().await.digest(), bad.digest());
    companion.stop().await;
}

#[tokio::test]
async fn a_rollback_needs_a_version_and_a_token() {
    let site = Site::with("view");
    let companion = site.start().await;
    companion.until_ready_is(200, "ready").await;
    assert_eq!(companion.change("POST", "/v1/snapshots/1.1/rollback", &[], "").await.status, 404);
    assert_eq!(companion.change("POST", "/v1/snapshots/current/rollback", &[], "").await.status, 400);
    assert_eq!(companion.ask("POST", "/v1/snapshots/1.1/rollback", &[], "").await.status, 401);
    companion.stop().await;
}

#[tokio::test]
async fn a_rollback_brings_back_what_the_api_was_told() {
    let site = Site::by_api();
    let companion = site.start().await;
    let text = |action: &str| format!("resource: document\nactions: [{action}]\nroles: [editor]\n");
    let first = companion.change("PUT", "/v1/policies/a", &[], &text("view")).await.id();
    companion.change("PUT", "/v1/policies/b", &[], &text("view")).await.id();
    companion.change("PUT", "/v1/policies/a", &[("if-match", "*")], &text("edit")).await.id();
    rollback(&companion, first).await;
    assert_eq!(companion.get("/v1/policies/a").await.1, text("view"));
    assert_eq!(companion.get("/v1/policies/b").await.0, 404);
    companion.until_ready_is(200, "ready").await;
    companion.change("PUT", "/v1/policies/b", &[], &text("delete")).await.id();
    assert_eq!(companion.json("/v1/snapshots").await.1["snapshots"].as_array().unwrap().len(), 5);
    companion.stop().await;
}

#[tokio::test]
async fn bad_files_do_not_keep_a_worker_that_is_ahead_from_converging() {
    let site = Site::with("view");
    let companion = site.start().await;
    let good = companion.vm(1, None).await.snapshot().await;
    fs::write(site.policy_file(), "policies: what\n").unwrap();
    companion.until_ready_is(200, "degraded").await;
    let ahead = SnapshotId { epoch: good.id().epoch + 3, version: 1 };
    let raised = companion.vm(2, Some(ahead)).await.snapshot().await;
    assert!(raised.id() > ahead);
    assert_eq!(raised.digest(), good.digest());
    // The mistake in the files is still one.
    companion.until_ready_is(200, "degraded").await;
    companion.stop().await;
}
