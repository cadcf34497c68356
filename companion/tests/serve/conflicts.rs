//! Policies compared with each other, over the API.

use serde_json::{Value, json};

use crate::harness::{Answer, Companion, Site};

const SET: &str = "\
policies:
  - {name: conflicts, description: Its name is a question too, resource: folder, actions: [view], roles: [guest]}
  - {name: document-editors, description: Editors edit documents, resource: document, actions: [edit], roles: [editor]}
  - {name: document-edit, description: Editors edit documents, resource: document, actions: [edit], roles: [editor]}
  - {name: frozen-documents, description: Nobody edits frozen documents, resource: document, actions: [edit], roles: ['*'], effect: deny, condition: resource.frozen}
";

async fn ask(companion: &Companion, what: &str, question: Value) -> Answer {
    let headers = [("content-type", "application/json")];
    companion.ask("POST", &format!("/v1/policies/{what}"), &headers, &question.to_string()).await
}

#[tokio::test]
async fn policies_that_contradict_each_other_or_say_the_same_are_told() {
    let site = Site::new();
    site.write(SET);
    let companion = site.start().await;
    companion.until_searchable(4).await;

    let answer = ask(&companion, "conflicts", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let report = answer.json();
    let conflicts = report["conflicts"].as_array().unwrap();
    let pairs: Vec<_> = conflicts.iter().map(|found| (found["allow"].as_str(), found["deny"].as_str())).collect();
    let frozen = Some("frozen-documents");
    assert_eq!(pairs, [(Some("document-edit"), frozen), (Some("document-editors"), frozen)]);
    assert_eq!(conflicts[0]["proposed"]["index"], true);
    assert!(conflicts[0]["witness"].as_array().unwrap().contains(&json!("--resource")), "{report}");
    assert_eq!(report["redundant"], json!([{"policy": "document-editors", "beside": "document-edit", "mutual": true}]));
    assert_eq!(report["compared"]["unknown"], 0);

    let report = ask(&companion, "conflicts", json!({"policy": "conflicts", "all": true})).await.json();
    assert_eq!(report["conflicts"], json!([]));

    let report = ask(&companion, "duplicates", json!({})).await.json();
    let members = report["groups"][0]["members"].as_array().unwrap();
    assert_eq!((report["groups"][0]["exact"].as_bool(), members.len()), (Some(true), 2), "{report}");
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused() {
    let site = Site::new();
    site.write(SET);
    let companion = site.start().await;
    for (what, question, status) in [
        ("conflicts", json!({"policy": "nobody"}), 404),
        ("conflicts", json!({"pears": 1}), 400),
        ("conflicts", json!([]), 400),
        ("duplicates", json!({"threshold": 7}), 400),
        ("duplicates", json!({"threshold": "near"}), 400),
    ] {
        let answer = ask(&companion, what, question.clone()).await;
        assert_eq!(answer.status, status, "{what} {question}: {}", answer.body);
    }
}
