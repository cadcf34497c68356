//! Limits that administrators set instead of those of policies, and what they are shown of all limits.

use serde_json::{Value, json};
use tollgate::feed::proto::{self, reserve_reply::Outcome};

use crate::harness::{Companion, Site};
use crate::reserves::{Client, acme, call, policies, say, settled, used};

/// A change of Acme's limit by the day, in tokens, and whatever is said besides.
async fn change(companion: &Companion, path: &str, rest: Value) -> (u16, Value) {
    let mut sent = json!({"scope": "org", "name": "acme", "reason": "an incident"});
    sent.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    let answer = companion.change("POST", &format!("/v1/budgets/{path}"), &[], &sent.to_string()).await;
    (answer.status, answer.json())
}

fn is_held(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Held(_))
}

async fn overrides(companion: &Companion) -> Vec<Value> {
    companion.json("/v1/budgets/overrides").await.1["overrides"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_limit_is_raised_and_lowered_without_an_edit_and_survives_a_restart() {
    let site = Site::new();
    site.write(&policies("strict", "{scope: org, tokens: 150}"));
    let companion = site.start().await;
    let mut client = Client::of(&companion).await;
    client.held(1).await;
    assert!(!is_held(&client.ask(call(2)).await));
    let (status, set) = change(&companion, "set", json!({"limit": 250})).await;
    assert_eq!((status, &set["overrides"][0]["limit"]), (200, &250.into()), "{set}");
    let until = set["overrides"][0]["until"].as_u64().unwrap();
    assert_eq!(until % 86_400, 0, "the end of a day");
    assert!(is_held(&client.ask(call(2)).await));
    let Outcome::Exceeded(exceeded) = client.ask(call(3)).await else { panic!("it is held") };
    assert_eq!(exceeded.standing.unwrap().limit, 250);
    assert_eq!(acme(&companion).await, (250.into(), 0, 200));
    companion.stop().await;

    let companion = site.start().await;
    let mut client = Client::of(&companion).await;
    assert!(!is_held(&client.patiently(call(3)).await));
    assert_eq!(acme(&companion).await, (250.into(), 0, 200));
    let set = &overrides(&companion).await[0];
    assert_eq!(
        (&set["author"], &set["reason"], &set["until"]),
        (&"alice".into(), &"an incident".into(), &until.into())
    );
    assert_eq!(change(&companion, "set", json!({"unlimited": true})).await.0, 200);
    assert!(is_held(&client.ask(call(3)).await));
    assert_eq!(acme(&companion).await.0, Value::Null);
    // Others have what policies say.
    assert!(is_held(&client.ask(proto::ReserveRequest { org: "b".to_owned(), ..call(4) }).await));
    assert!(!is_held(&client.ask(proto::ReserveRequest { org: "b".to_owned(), ..call(5) }).await));
    assert_eq!(change(&companion, "unset", json!({})).await.0, 200);
    assert_eq!(overrides(&companion).await, Vec::<Value>::new());
    assert!(!is_held(&client.ask(call(6)).await));
    assert_eq!(acme(&companion).await, (150.into(), 0, 300));

    let (_, changes) = companion.json("/v1/budgets/changes").await;
    let kinds: Vec<_> = changes["changes"].as_array().unwrap().iter().map(|change| change["kind"].clone()).collect();
    assert_eq!(kinds, ["set", "set", "unset"]);
    assert_eq!((&changes["changes"][0]["limit"], &changes["changes"][0]["until"]), (&250.into(), &until.into()));
    companion.stop().await;
}

#[tokio::test]
async fn a_limit_is_set_where_policies_have_none_and_ends_by_itself() {
    let site = Site::new();
    site.write(&policies("strict", ""));
    let companion = site.start().await;
    let mut client = Client::of(&companion).await;
    client.held(1).await;
    let soon = chrono::Utc::now() + chrono::TimeDelta::seconds(2);
    let hour = json!({"limit": 50, "window": "hour", "until": soon.format("%Y-%m-%dT%H:%M:%SZ").to_string()});
    let (status, set) = change(&companion, "set", hour).await;
    assert_eq!(status, 200, "{set}");
    // It may be over already on a slow machine; it never outlives its end.
    while let outcome = client.ask(call(2)).await
        && !is_held(&outcome)
    {
        let Outcome::Exceeded(exceeded) = outcome else { panic!("{outcome:?}") };
        let standing = exceeded.standing.unwrap();
        assert_eq!((standing.window.as_str(), standing.limit), ("hour", 50));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(chrono::Utc::now().timestamp() >= set["overrides"][0]["until"].as_i64().unwrap());
    assert_eq!(overrides(&companion).await, Vec::<Value>::new());
    companion.stop().await;
}

#[tokio::test]
async fn only_who_shows_a_token_sets_limits_and_what_is_wrong_sets_none() {
    let site = Site::new();
    site.write(&policies("strict", ""));
    let companion = site.start().await;
    let sent = json!({"scope": "global", "limit": 5, "reason": "a trial"}).to_string();
    for path in ["set", "unset"] {
        assert_eq!(companion.ask("POST", &format!("/v1/budgets/{path}"), &[], &sent).await.status, 401);
    }
    for (path, rest, status) in [
        ("set", json!({}), 400),
        ("set", json!({"limit": 5, "unlimited": true}), 400),
        ("set", json!({"limit": 1_u64 << 53}), 400),
        ("set", json!({"limit": -1}), 400),
        ("set", json!({"limit": 5, "until": "2020-01-01T00:00:00Z"}), 400),
        ("set", json!({"limit": 5, "until": "tomorrow"}), 400),
        ("set", json!({"limit": 5, "reason": ""}), 400),
        ("set", json!({"limit": 5, "window": "week"}), 400),
        ("unset", json!({"limit": 5}), 400),
        ("unset", json!({}), 404),
    ] {
        let (answered, body) = change(&companion, path, rest.clone()).await;
        assert_eq!(answered, status, "{path} {rest}: {body}");
    }
    assert_eq!(overrides(&companion).await, Vec::<Value>::new());
    assert_eq!(companion.json("/v1/budgets/changes").await.1["changes"], json!([]));
    companion.stop().await;
}

#[tokio::test]
async fn the_name_of_a_change_names_no_other_one() {
    let site = Site::new();
    site.write(&policies("strict", ""));
    let companion = site.start().await;
    let id = "00112233445566778899aabbccddeeff";
    for _ in 0..2 {
        let (status, budget) = change(&companion, "adjust", json!({"by": 7, "id": id})).await;
        assert_eq!((status, &budget["used"]), (200, &7.into()));
    }
    for (path, rest) in [
        ("adjust", json!({"by": 8})),
        ("adjust", json!({"by": 7, "window": "month"})),
        ("reset", json!({})),
        ("set", json!({"limit": 7})),
    ] {
        let mut rest = rest;
        rest["id"] = id.into();
        let (status, problem) = change(&companion, path, rest.clone()).await;
        assert_eq!((status, &problem["code"]), (409, &"ID_USED".into()), "{path} {rest}");
    }
    assert_eq!(acme(&companion).await.1, 7);
    companion.stop().await;
}

#[tokio::test]
async fn hours_are_named_by_times_and_what_has_not_begun_is_not_changed() {
    let site = Site::new();
    site.write(&policies("strict", ""));
    let companion = site.start().await;
    let ago = chrono::Utc::now() - chrono::TimeDelta::hours(5);
    let at = ago.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (status, budget) = change(&companion, "adjust", json!({"by": 7, "window": "hour", "at": at})).await;
    assert_eq!((status, budget["begins"].as_i64()), (200, Some(ago.timestamp() / 3600 * 3600)), "{budget}");
    let (_, shown) = companion.json(&format!("/v1/budgets?window=hour&at={at}")).await;
    assert_eq!((&shown["budgets"][0]["used"], &shown["budgets"][1]), (&7.into(), &Value::Null));
    assert_eq!(companion.json("/v1/budgets?window=hour").await.1["budgets"], json!([]));
    for later in ["9999-12-31", "9999-12-31T23:00:00Z"] {
        assert_eq!(change(&companion, "adjust", json!({"by": 7, "at": later})).await.0, 400);
    }
    companion.stop().await;
}

#[tokio::test]
async fn lists_are_read_to_their_ends() {
    let site = Site::new();
    site.write(&policies("strict", ""));
    let companion = site.start().await;
    for number in 0..7 {
        change(&companion, "adjust", json!({"by": 7, "name": format!("org-{number}")})).await;
    }
    change(&companion, "adjust", json!({"by": 7, "name": "=1+1"})).await;
    for (path, list, number) in [("/v1/budgets", "budgets", "name"), ("/v1/budgets/changes", "changes", "number")] {
        let (mut after, mut seen) = (String::new(), Vec::new());
        loop {
            let (status, page) = companion.json(&format!("{path}?limit=3{after}")).await;
            assert_eq!(status, 200, "{page}");
            seen.extend(page[list].as_array().unwrap().iter().map(|entry| entry[number].to_string()));
            let Some(next) = page.get("next") else { break };
            let next =
                next.as_str().map_or_else(|| next.to_string(), |text| text.replace('=', "%3D").replace('+', "%2B"));
            after = format!("&after={next}");
        }
        let all = companion.json(path).await.1;
        assert_eq!((seen.len(), all[list].as_array().unwrap().len()), (8, 8), "{seen:?}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 8);
    }
    let csv = |path: &'static str| companion.ask("GET", path, &[("accept", "text/csv")], "");
    let all = csv("/v1/budgets").await.body;
    assert_eq!(all.lines().count(), 9, "{all}");
    assert!(all.contains("org,\"'=1+1\",day"), "{all}");
    assert_eq!(csv("/v1/budgets?limit=3").await.body.lines().count(), 4);
    companion.stop().await;
}

#[tokio::test]
async fn a_list_that_is_longer_than_a_page_comes_whole_as_csv() {
    let site = Site::new();
    site.write(&policies("advisory", ""));
    let companion = site.start().await;
    let (mut client, mut vm) = (Client::of(&companion).await, companion.vm(1, None).await);
    let mut sequence = 0;
    for id in 0..=255_u8 {
        // Each has a user of its own; four of them pass a page of sums with the scopes that they share.
        for part in 0..4_u8 {
            let id = [id; 8].into_iter().chain([part; 8]).collect();
            let user = format!("user-{sequence}");
            let Outcome::Held(held) = client.patiently(proto::ReserveRequest { id, user, ..call(0) }).await else {
                panic!("it is not held");
            };
            sequence += 1;
            say(&vm, sequence, &held, used(1, 1)).await;
            if sequence % 100 == 0 || sequence == 1024 {
                let mut acknowledged = 0;
                while acknowledged < sequence {
                    acknowledged = settled(&mut vm).await.into_iter().max().unwrap().max(acknowledged);
                }
            }
        }
    }
    // All were acknowledged in some order: the last ones may be on their way.
    companion.until_metric("budget_settled_total{outcome=\"committed\",result=\"now\"}", 1024.0).await;
    for (path, rows) in [("/v1/budgets/ledger", 1024 + 4), ("/v1/budgets?unit=tokens", 1024 + 4)] {
        let csv = companion.ask("GET", path, &[("accept", "text/csv")], "").await;
        assert_eq!(csv.body.lines().count(), rows + 1, "{path}");
    }
    companion.stop().await;
}

#[tokio::test]
async fn a_limit_that_is_passed_without_a_reserve_is_told_of() {
    let site = Site::new();
    site.write(&policies("strict", "{scope: org, tokens: 1000}"));
    let companion = site.start().await;
    let (mut client, mut vm) = (Client::of(&companion).await, companion.vm(1, None).await);
    let held = client.held(1).await;
    say(&vm, 1, &held, used(10, 850)).await;
    assert_eq!(settled(&mut vm).await, [1]);
    let reached = async |shares: &[u64]| {
        let told = |body: &Value| {
            let told = body["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "reached");
            told.map(|event| event["share"].as_u64().unwrap()).collect::<Vec<_>>()
        };
        companion.until("/v1/budgets/events", |_, body| told(body) == shares).await;
    };
    reached(&[80]).await;
    change(&companion, "adjust", json!({"by": 100})).await;
    reached(&[80, 95]).await;
    change(&companion, "set", json!({"limit": 1100})).await;
    reached(&[80, 95, 80]).await;
    companion.stop().await;
}

#[tokio::test]
async fn advisory_calls_of_who_cannot_be_named_count_for_all_calls_and_the_organisation() {
    let site = Site::new();
    site.write(&policies("advisory", "{scope: org, tokens: 1000}"));
    let companion = site.start().await;
    let mut client = Client::of(&companion).await;
    let unnamed = || proto::ReserveRequest { user: "a\nb".to_owned(), ..call(1) };
    let Outcome::Held(held) = client.patiently(unnamed()).await else { panic!("it is not held") };
    assert!(!held.reservation.is_empty());
    assert_eq!(acme(&companion).await, (1000.into(), 0, 100));
    let strict = proto::ReserveRequest { mode: proto::Mode::Strict.into(), ..unnamed() };
    assert!(matches!(client.ask(strict).await, Outcome::Invalid(_)));
    let endless = proto::ReserveRequest { model: "m".repeat(10_000), mode: proto::Mode::Strict.into(), ..call(2) };
    let Outcome::Invalid(why) = client.ask(endless).await else { panic!("it is known") };
    assert!(why.reason.len() <= 256, "{why:?}");
    companion.stop().await;
}
