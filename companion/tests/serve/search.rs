//! Questions about all policies: what is found, and what is refused.

use std::process::Command;

use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::harness::{Answer, Companion, Site};

const SET: &str = "\
scopes: [acme]
derivedRoles:
  - {name: author, roles: [editor], condition: resource.ownerId == principal.id}
policies:
  - {name: document-authors, description: Authors change their own documents, resource: document, actions: [view, edit], roles: [author], scope: acme}
  - {name: document-readers, description: Everybody reads documents, resource: document, actions: [view], roles: [\"*\"]}
  - {name: invoice-approval, description: Accountants approve invoices, resource: invoice, actions: [approve], roles: [accountant]}
  - {name: no-approval-at-night, resource: invoice, actions: [approve], roles: [\"*\"], effect: deny, condition: request.time.getHours() < 6}
";

async fn ask(companion: &Companion, question: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    companion.ask("POST", "/v1/policies/search", &headers, &question.to_string()).await
}

async fn found(companion: &Companion, question: Value) -> Value {
    let answer = ask(companion, &question).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn names(found: &Value) -> Vec<&str> {
    found["results"].as_array().unwrap().iter().map(|result| result["name"].as_str().unwrap()).collect()
}

async fn started(site: &Site) -> Companion {
    site.write(SET);
    let companion = site.start().await;
    companion.until_searchable(4).await;
    companion
}

#[tokio::test]
async fn policies_are_found_by_words_by_name_and_by_a_draft_without_a_token() {
    let site = Site::new();
    let companion = started(&site).await;
    let by_text = found(&companion, json!({"text": "who may approve an invoice", "k": 2})).await;
    assert_eq!(names(&by_text)[0], "invoice-approval");
    assert_eq!(by_text["results"].as_array().unwrap().len(), 2);
    let why = &by_text["results"][0]["why"];
    assert_eq!(why["fields"]["actions"], json!(["approve"]));
    assert!(!why["terms"].as_array().unwrap().is_empty(), "{why}");
    assert_eq!(by_text["model"], "v1");
    assert!(by_text["generation"].is_u64(), "{by_text}");
    assert_eq!(by_text["index"]["policies"], 4);
    assert_eq!(by_text["notes"], json!([]));

    let by_name = found(&companion, json!({"policy": "invoice-approval"})).await;
    assert_eq!(names(&by_name)[0], "no-approval-at-night");
    assert!(!names(&by_name).contains(&"invoice-approval"));

    let draft = "resource: document\nactions: [view, edit]\nroles: [author]\nscope: acme\n";
    let by_draft = found(&companion, json!({"draft": draft})).await;
    assert_eq!(names(&by_draft)[0], "document-authors");

    let filtered =
        found(&companion, json!({"text": "approve an invoice", "filters": {"kind": "document", "scope": "acme"}}))
            .await;
    assert_eq!(names(&filtered), ["document-authors"]);
    companion.stop().await;
}

#[tokio::test]
async fn what_is_no_question_is_a_problem_document() {
    let site = Site::new();
    let companion = started(&site).await;
    let long = "x".repeat(10_000);
    let cases = [
        (json!({}), 400, "say one of"),
        (json!({"text": "a", "policy": "b"}), 400, "say one of"),
        (json!({"text": " \n"}), 400, "blank"),
        (json!({"text": long}), 400, "longer than"),
        (json!({"text": "a", "k": 0}), 400, "from 1 to 1000, not 0"),
        (json!({"text": "a", "k": 1_000_000_000_000_u64}), 400, "from 1 to 1000"),
        (json!({"text": "a", "k": -1}), 400, "invalid value"),
        (json!({"text": "a", "limit": 3}), 400, "unknown field `limit`"),
        (json!({"text": "a", "filters": {"kinds": "b"}}), 400, "unknown field `kinds`"),
        (json!({"text": "a", "filters": {"effect": "perhaps"}}), 400, "unknown variant `perhaps`"),
        (json!([]), 400, "expected an object"),
        (json!({"text": "a", "filters": ["document"]}), 400, "expected an object"),
        (json!({"policy": "nobody\u{1b}[31m"}), 404, "there is no policy"),
        (json!({"draft": "resource: a\nactoins: [b]\nroles: [c]"}), 422, "draft:"),
        (json!({"draft": ""}), 422, "draft:"),
    ];
    for (question, status, detail) in cases {
        let answer = ask(&companion, &question).await;
        assert_eq!(answer.status, status, "{question}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let said = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(said.contains(detail) && !said.contains('\u{1b}'), "{question}: {said}");
    }
    let diagnostics =
        ask(&companion, &json!({"draft": "resource: a\nactions: [b]\nroles: [c]\nscope: acm"})).await.json();
    assert_eq!((&diagnostics["code"], &diagnostics["diagnostics"][0]["line"]), (&json!("INVALID_POLICIES"), &json!(4)));
    let huge = companion.ask("POST", "/v1/policies/search", &[], &"x".repeat(1 << 20)).await;
    assert_eq!((huge.status, huge.json()["code"].clone()), (413, json!("BODY_TOO_LARGE")));
    let yaml = companion.ask("POST", "/v1/policies/search", &[("content-type", "application/yaml")], "text: a").await;
    assert_eq!(yaml.status, 415);
    let half = companion.ask("POST", "/v1/policies/search", &[], "{\"text\": ").await;
    assert_eq!(half.status, 400);
    let other = companion.ask("POST", "/v1/policies/nothing", &[], "{}").await;
    assert_eq!(other.status, 405);
    companion.stop().await;
}

#[tokio::test]
async fn before_there_are_policies_the_answer_says_so() {
    let site = Site::by_api();
    let companion = site.start().await;
    let nothing = found(&companion, json!({"text": "who may approve an invoice"})).await;
    assert_eq!(names(&nothing), [""; 0]);
    assert_eq!(nothing["notes"][0], "there are no policies");
    companion.stop().await;
}

#[tokio::test]
async fn a_policy_may_be_called_as_a_question_is() {
    let site = Site::by_api();
    let companion = site.start().await;
    let policy = "resource: document\nactions: [view]\nroles: [editor]\n";
    assert_eq!(companion.change("PUT", "/v1/policies/search", &[], policy).await.status, 201);
    assert_eq!(companion.get("/v1/policies/search").await, (200, policy.to_owned()));
    companion.until_searchable(1).await;
    let found = found(&companion, json!({"text": "search documents"})).await;
    assert_eq!(names(&found), ["search"]);
    let gone = companion.change("DELETE", "/v1/policies/search", &[("if-match", "*")], "").await;
    assert_eq!(gone.status, 200, "{}", gone.body);
    companion.stop().await;
}

#[tokio::test]
async fn searches_beside_publications_find_what_is_in_force_before_or_after() {
    let site = Site::by_api();
    let companion = site.start().await;
    let policy = |kind: &str| format!("resource: {kind}\nactions: [view]\nroles: [editor]\n");
    for number in 0..8 {
        let path = format!("/v1/policies/p-{number}");
        assert_eq!(companion.change("PUT", &path, &[], &policy("document")).await.status, 201);
    }
    companion.until_searchable(8).await;
    let publishing = async {
        for round in 0..30 {
            let path = format!("/v1/policies/p-{}", round % 8);
            let text = policy(["document", "invoice"][round / 8 % 2]);
            let answer = companion.change("PUT", &path, &[("if-match", "*")], &text).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let answer = companion.change("DELETE", "/v1/policies/extra", &[("if-match", "*")], "").await;
            assert!(answer.status == 412 || answer.status == 200, "{}", answer.body);
            let answer = companion.change("PUT", "/v1/policies/extra", &[], &policy("folder")).await;
            assert_eq!(answer.status, 201, "{}", answer.body);
        }
    };
    let searching = || async {
        for _ in 0..40 {
            let found = found(&companion, json!({"text": "view documents or invoices", "k": 1000})).await;
            let mut all = names(&found);
            let count = all.len();
            assert!((8..=9).contains(&count), "{found}");
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "{found}");
            for kind in ["document", "folder"] {
                let filtered = json!({"text": "view", "k": 1000, "filters": {"kind": kind}});
                let answer = ask(&companion, &filtered).await;
                assert!(
                    answer.json()["results"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .all(|result| result["resource"] == json!([kind]))
                );
            }
            let answer = ask(&companion, &json!({"policy": "extra"})).await;
            assert!(answer.status == 200 || answer.status == 404, "{}", answer.body);
        }
    };
    tokio::join!(publishing, searching(), searching(), searching());
    companion.stop().await;
}

async fn similar(companion: &Companion, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.arg("similar").args(arguments).args(["--http", &companion.http.to_string()]);
    let output = spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn the_command_asks_a_running_companion() {
    let site = Site::new();
    let companion = started(&site).await;
    let (code, text, problems) = similar(&companion, &["who may approve an invoice", "-k", "2"]).await;
    assert_eq!((code, problems.as_str()), (Some(0), ""));
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("POLICY") && lines[1].starts_with("invoice-approval"), "{text}");
    assert!(lines[3].starts_with("2 of 4 policies, ranking ") && lines[3].contains("generation "), "{text}");
    let (code, document, _) = similar(&companion, &["--policy", "invoice-approval", "--format", "json"]).await;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!((code, document["results"][0]["name"].as_str()), (Some(0), Some("no-approval-at-night")));

    let draft = site.path("draft.yaml");
    std::fs::write(&draft, "resource: document\nactoins: [view]\nroles: [author]\n").unwrap();
    let draft = draft.to_str().unwrap();
    let (code, text, problems) = similar(&companion, &["--draft", draft]).await;
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(problems.contains(&format!("{draft}:2:1: ")) && problems.contains("^^^^^^^"), "{problems}");
    let (code, _, problems) = similar(&companion, &["--policy", "nobody"]).await;
    assert_eq!(code, Some(1));
    assert!(problems.contains("there is no policy `nobody`"), "{problems}");
    companion.stop().await;
}

#[tokio::test]
async fn policies_for_a_new_kind_are_recommended_and_can_be_put_as_they_are() {
    let site = Site::by_api();
    let companion = site.start().await;
    let yaml = [("content-type", "application/yaml")];
    assert!(companion.change("POST", "/v1/snapshots", &yaml, SET).await.status < 300);
    companion.until_searchable(4).await;
    let recommend = async |new: Value| companion.ask("POST", "/v1/policies/recommend", &[], &new.to_string()).await;
    let answer = recommend(json!({"kind": "memo", "like": ["document"]})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let proposals = answer.json()["proposals"].as_array().unwrap().clone();
    assert_eq!(proposals.len(), 2);
    for proposal in proposals {
        let path = format!("/v1/policies/{}", proposal["name"].as_str().unwrap());
        let put = companion.change("PUT", &path, &yaml, proposal["text"].as_str().unwrap()).await;
        assert_eq!(put.status, 201, "{}", put.body);
    }
    companion.until_searchable(6).await;
    let after = recommend(json!({"kind": "memo", "like": ["document"]})).await.json();
    assert_eq!(after["present"], json!(["memo-authors", "memo-readers"]));
    for (new, status) in [
        (json!({"kind": "a b"}), 400),
        (json!({"kind": "memo", "like": ["spaceship"]}), 400),
        (json!({"like": ["document"]}), 400),
        (json!({"kind": "memo", "likes": []}), 400),
        (json!({"kind": "x".repeat(1000)}), 400),
    ] {
        assert_eq!(recommend(new.clone()).await.status, status, "{new}");
    }
    companion.stop().await;
}
