use std::fs;

use crate::harness::{ALICE, Site, SnapshotId};

const READER: &str = "resource: document\nactions: [view]\nroles: [editor]\n";
const WRITER: &str = r#"{"name": "writer", "resource": "document", "actions": ["edit"], "roles": ["editor"]}"#;
const YAML: (&str, &str) = ("content-type", "application/yaml");
const ROUTES: &str = "routes:\n  - {match: {path: /a}, action: view, resource: {kind: document}}\n";

#[tokio::test]
async fn nothing_at_all_is_no_set_without_policies() {
    let site = Site::by_api();
    let companion = site.start().await;
    companion.change("PUT", "/v1/policies/reader", &[YAML, ("if-none-match", "*")], READER).await;
    let files = ("content-type", "application/vnd.tollgate.files+json");
    for (kind, nothing) in [
        (YAML, ""),
        (YAML, "\n  \n"),
        (files, r#"{"files": []}"#),
        (files, r#"{"files": [{"name": "a", "text": ""}]}"#),
    ] {
        let refused = companion.change("POST", "/v1/snapshots", &[kind], nothing).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains("a comment alone"), "{}", refused.body);
    }
    assert_eq!(companion.json("/v1/policies").await.1["policies"].as_array().unwrap().len(), 1);
    assert!(companion.change("POST", "/v1/snapshots", &[YAML], "# none\n").await.status < 300);
    companion.stop().await;
}

#[tokio::test]
async fn policies_are_put_read_and_removed_one_by_one() {
    let site = Site::by_api();
    let companion = site.start().await;
    companion.until_ready_is(503, "unready").await;
    let created = companion.change("PUT", "/v1/policies/reader", &[YAML, ("if-none-match", "*")], READER).await;
    assert_eq!(created.status, 201);
    let mut vm = companion.vm(1, None).await;
    let first = vm.snapshot().await;
    assert_eq!(first.id(), created.id());
    assert_eq!(created.json()["digest"], first.digest().to_string());
    vm.ack(first.id()).await;

    let written = companion.change("PUT", "/v1/policies/writer", &[("content-type", "application/json")], WRITER).await;
    assert_eq!((written.status, written.id().version), (201, first.id().version + 1));
    assert_eq!(vm.snapshot().await.policy_count(), 2);

    let answer = companion.ask("GET", "/v1/policies/reader", &[], "").await;
    assert_eq!((answer.body.as_str(), answer.header("content-type")), (READER, Some("application/yaml")));
    let etag = answer.header("etag").unwrap().to_owned();
    assert_eq!(Some(etag.as_str()), created.header("etag"));
    let list = companion.ask("GET", "/v1/policies", &[], "").await;
    assert_eq!(list.json()["policies"][0]["name"], "reader");
    assert_eq!(list.json()["policies"][0]["etag"], etag);
    assert_eq!(list.header("etag"), Some(format!("\"{}\"", written.id()).as_str()));
    let page = companion.json("/v1/policies?limit=1").await.1;
    assert_eq!((&page["next"], page["policies"].as_array().unwrap().len()), (&"reader".into(), 1));
    assert_eq!(companion.json("/v1/policies?after=reader").await.1["policies"][0]["name"], "writer");

    let removed = companion.change("DELETE", "/v1/policies/reader", &[("if-match", &etag)], "").await;
    assert_eq!((removed.status, removed.header("etag")), (200, None));
    assert_eq!(companion.get("/v1/policies/reader").await.0, 404);
    assert_eq!(companion.change("DELETE", "/v1/policies/reader", &[], "").await.status, 404);
    companion.stop().await;
}

#[tokio::test]
async fn an_update_that_was_not_seen_is_not_lost() {
    let site = Site::by_api();
    let companion = site.start().await;
    let put = async |headers: &[(&str, &str)], text: &str| {
        companion.change("PUT", "/v1/policies/reader", headers, text).await
    };
    let other = READER.replace("view", "edit");
    assert_eq!(put(&[("if-match", "\"0\"")], READER).await.status, 412);
    let first = put(&[], READER).await;
    let etag = first.header("etag").unwrap();
    let blind = put(&[], &other).await;
    assert_eq!((blind.status, &blind.json()["code"]), (428, &"PRECONDITION_REQUIRED".into()));
    assert_eq!(blind.header("content-type"), Some("application/problem+json"));
    assert_eq!(put(&[("if-none-match", "*")], &other).await.status, 412);
    assert_eq!(put(&[("if-match", "\"0\"")], &other).await.status, 412);
    assert_eq!(put(&[("if-match", etag), ("if-none-match", "*")], &other).await.status, 400);
    // Nothing is published for what is there already.
    let again = put(&[("if-match", "\"0\"")], READER).await;
    assert_eq!((again.status, again.id()), (200, first.id()));
    let second = put(&[("if-match", &format!("\"0\", {etag}"))], &other).await;
    assert_eq!((second.status, second.id().version), (200, first.id().version + 1));
    assert_eq!(put(&[("if-match", etag)], READER).await.status, 412);
    assert_eq!(put(&[("if-match", "*")], READER).await.id().version, first.id().version + 2);
    companion.stop().await;
}

#[tokio::test]
async fn changes_made_at_once_get_numbers_of_their_own() {
    let site = Site::by_api();
    let companion = site.start().await;
    let puts = (0..20).map(|number| {
        let companion = &companion;
        async move { companion.change("PUT", &format!("/v1/policies/p{number}"), &[], READER).await.id() }
    });
    let mut ids = futures::future::join_all(puts).await;
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    let race = (0..10).map(|number| {
        let companion = &companion;
        async move {
            let text = READER.replace("view", &format!("a{number}"));
            companion.change("PUT", "/v1/policies/same", &[("if-none-match", "*")], &text).await.status
        }
    });
    let mut outcomes = futures::future::join_all(race).await;
    outcomes.sort_unstable();
    assert_eq!(outcomes, [201, 412, 412, 412, 412, 412, 412, 412, 412, 412]);
    companion.stop().await;
}

#[tokio::test]
async fn refused_policies_are_explained_and_change_nothing() {
    let site = Site::by_api();
    let companion = site.start().await;
    let good = companion.change("PUT", "/v1/policies/reader", &[], READER).await;
    let bad = READER.replace("actions", "actoins");
    let refused = companion.change("PUT", "/v1/policies/reader", &[("if-match", "*")], &bad).await;
    assert_eq!((refused.status, &refused.json()["code"]), (422, &"INVALID_POLICIES".into()));
    let problem = &refused.json()["diagnostics"][0];
    assert_eq!(
        (&problem["file"], &problem["line"], &problem["column"]),
        (&"policies/reader".into(), &2.into(), &1.into())
    );
    assert!(problem["message"].as_str().unwrap().contains("actoins"), "{problem}");
    let misnamed = companion.change("PUT", "/v1/policies/reader", &[("if-match", "*")], WRITER).await;
    assert_eq!(misnamed.status, 422);
    let file = format!("policies:\n  - name: a\n    resource: b\n{ROUTES}");
    let refused = companion.change("POST", "/v1/snapshots", &[], &file).await;
    assert_eq!((refused.status, &refused.json()["diagnostics"][0]["file"]), (422, &"body".into()));
    companion.until_ready_is(200, "ready").await;
    assert_eq!(companion.ask("GET", "/v1/policies/reader", &[], "").await.body, READER);
    assert_eq!(companion.json("/v1/snapshots/current").await.1["version"], good.id().version);
    companion.stop().await;
}

#[tokio::test]
async fn a_whole_set_is_taken_apart_and_survives_a_restart() {
    let site = Site::by_api();
    let companion = site.start().await;
    let file = format!(
        "# All.\npolicies:\n  # Reads.\n  - name: reader\n    {}\n  - {WRITER}\n{ROUTES}",
        READER.trim_end().replace('\n', "\n    ")
    );
    let posted = companion.change("POST", "/v1/snapshots", &[YAML], &file).await;
    assert_eq!((posted.status, posted.header("etag")), (201, Some(format!("\"{}\"", posted.id()).as_str())));
    let text = companion.get("/v1/policies/reader").await.1;
    assert!(text.starts_with("# Reads.\nname: reader\n"), "{text}");
    let mut vm = companion.vm(1, None).await;
    let snapshot = vm.snapshot().await;
    assert_eq!((snapshot.policy_count(), snapshot.route_count()), (2, 1));
    assert_eq!(companion.change("POST", "/v1/snapshots", &[], &file).await.id(), posted.id());
    let stale = companion.change("POST", "/v1/snapshots", &[("if-match", "\"1.1\"")], READER).await;
    assert_eq!(stale.status, 412);
    companion.stop().await;

    let companion = site.start().await;
    assert_eq!(companion.vm(1, None).await.snapshot().await.id(), posted.id());
    let etag = companion.ask("GET", "/v1/policies/writer", &[], "").await.header("etag").unwrap().to_owned();
    let removed = companion.change("DELETE", "/v1/policies/writer", &[("if-match", &etag)], "").await.id();
    assert!(removed > posted.id());
    let shown = companion.json("/v1/snapshots/current?documents=all").await.1;
    let names: Vec<_> = shown["documents"].as_array().unwrap().iter().map(|document| &document["name"]).collect();
    assert_eq!(names, ["policies/reader", "set"]);
    companion.stop().await;
}

#[tokio::test]
async fn several_files_are_published_as_one_set() {
    let site = Site::by_api();
    let companion = site.start().await;
    let kind = ("content-type", "application/vnd.tollgate.files+json");
    let policies = format!("policies:\n  - {WRITER}\n");
    let body = serde_json::json!({"files": [{"name": "p.yaml", "text": policies}, {"name": "r.yaml", "text": ROUTES}]});
    assert_eq!(companion.change("POST", "/v1/snapshots", &[kind], &body.to_string()).await.status, 201);
    let shown = companion.json("/v1/snapshots/current?documents=all").await.1;
    assert_eq!(
        (&shown["documents"][0]["name"], &shown["documents"][1]["name"]),
        (&"policies/writer".into(), &"set/r.yaml".into())
    );
    let twice = serde_json::json!({"files": [{"name": "p", "text": ""}, {"name": "p", "text": ""}]});
    assert_eq!(companion.change("POST", "/v1/snapshots", &[kind], &twice.to_string()).await.status, 400);
    companion.stop().await;
}

#[tokio::test]
async fn nobody_changes_anything_without_a_token() {
    let site = Site::by_api();
    let companion = site.start().await;
    let ask = async |value: Option<&str>| {
        let header: Vec<_> = value.map(|value| ("authorization", value)).into_iter().collect();
        companion.ask("PUT", "/v1/policies/reader", &header, READER).await
    };
    for shown in [None, Some("Bearer wrong"), Some("Basic b3BlbiBzZXNhbWU="), Some("Bearer"), Some("Bearer ")] {
        let refused = ask(shown).await;
        assert_eq!((refused.status, &refused.json()["code"]), (401, &"UNAUTHENTICATED".into()), "{shown:?}");
        assert!(refused.header("www-authenticate").unwrap().starts_with("Bearer"));
    }
    let token = format!("bearer {ALICE}");
    assert_eq!(ask(Some(&token)).await.status, 201);
    let entry = companion.json("/v1/snapshots").await.1;
    assert_eq!((&entry["snapshots"][0]["author"], &entry["snapshots"][0]["source"]), (&"alice".into(), &"api".into()));
    // Taken out of the file, a token is worth nothing at once.
    fs::write(site.tokens(), "# nobody\n").unwrap();
    assert_eq!(ask(Some(&token)).await.status, 401);
    fs::remove_file(site.tokens()).unwrap();
    assert_eq!(ask(Some(&token)).await.status, 403);
    for (method, path) in
        [("POST", "/v1/snapshots"), ("DELETE", "/v1/policies/a"), ("POST", "/v1/snapshots/1.1/rollback")]
    {
        assert_eq!(companion.change(method, path, &[], "").await.status, 403, "{method} {path}");
    }
    companion.stop().await;
}

#[tokio::test]
async fn what_is_no_policy_is_refused_by_its_size_and_type() {
    let site = Site::by_api();
    let companion = site.start().await;
    let put = async |headers: &[(&str, &str)], text: &str| {
        let answer = companion.change("PUT", "/v1/policies/reader", headers, text).await;
        (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
    };
    let form = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(put(&[form], READER).await, (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    assert_eq!(put(&[], &"#".repeat((1 << 20) + 1)).await, (413, "BODY_TOO_LARGE".to_owned()));
    assert_eq!(companion.get("/v1/nothing").await.0, 404);
    let wrong = companion.change("PUT", "/v1/snapshots", &[], "").await;
    assert_eq!((wrong.status, wrong.header("content-type")), (405, Some("application/problem+json")));
    assert_eq!(companion.get("/v1/snapshots/x").await.0, 400);
    assert_eq!(companion.get("/v1/snapshots?limit=x").await.0, 400);
    companion.stop().await;
}

#[tokio::test]
async fn where_files_are_the_source_the_api_changes_no_policies() {
    let site = Site::with("view");
    let companion = site.start().await;
    companion.until_ready_is(200, "ready").await;
    for (method, path) in [("PUT", "/v1/policies/a"), ("DELETE", "/v1/policies/a"), ("POST", "/v1/snapshots")] {
        let refused = companion.change(method, path, &[], READER).await;
        assert_eq!((refused.status, &refused.json()["code"]), (409, &"WRONG_SOURCE".into()), "{method} {path}");
    }
    companion.stop().await;
}

#[tokio::test]
async fn the_api_goes_on_from_what_files_said_and_files_from_what_the_api_was_told() {
    let site = Site::with("view");
    let companion = site.start().await;
    let by_files = companion.vm(1, None).await.snapshot().await;
    companion.stop().await;
    let site = site.switched();
    let companion = site.start().await;
    assert_eq!(companion.vm(1, None).await.snapshot().await.id(), by_files.id());
    companion.until("/v1/policies", |_, body| body["policies"][0]["name"] == "reader").await;
    let id = companion.change("PUT", "/v1/policies/writer", &[], WRITER).await.id();
    let shown = companion.json("/v1/snapshots/current?documents=all").await.1;
    let names: Vec<_> = shown["documents"].as_array().unwrap().iter().map(|document| &document["name"]).collect();
    assert_eq!(names, ["policies/reader", "policies/writer"]);
    companion.stop().await;
    let site = site.switched();
    let companion = site.start().await;
    let back = companion.vm(1, Some(id)).await.snapshot().await;
    assert_eq!(back.digest(), by_files.digest());
    companion.stop().await;
}

#[tokio::test]
async fn a_worker_that_is_ahead_of_a_restored_state_converges() {
    let site = Site::by_api();
    let companion = site.start().await;
    let id = companion.change("PUT", "/v1/policies/reader", &[], READER).await.id();
    let ahead = SnapshotId { epoch: id.epoch + 5, version: 1 };
    let mut vm = companion.vm(1, Some(ahead)).await;
    let raised = vm.snapshot().await.id();
    assert_eq!(raised, SnapshotId { epoch: ahead.epoch + 1, version: 1 });
    let entries = companion.json("/v1/snapshots").await.1;
    assert_eq!(entries["snapshots"][0]["of"], id.to_string());
    assert_eq!(companion.change("PUT", "/v1/policies/writer", &[], WRITER).await.id().version, 2);
    companion.stop().await;
}
