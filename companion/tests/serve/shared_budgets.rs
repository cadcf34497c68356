//! Budgets in Redis, which companions share.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tollgate::budget::{BudgetStore, RedisBudgets};
use tollgate::feed::proto::reserve_reply::Outcome;
use tollgate_budget::redis::RedisSettings;

use crate::harness::{ALICE, Companion, Site};
use crate::redis::Redis;
use crate::reserves::{Client, call, policies, say, settled, used};

/// Limits what Acme may use, and counts in this Redis.
fn site(redis: &Redis, tokens: u64) -> Site {
    let site = Site::new();
    site.write(&policies("strict", &format!("{{scope: org, tokens: {tokens}}}")));
    let ledger = site.path("ledger");
    let settings = RedisSettings::new(redis.address().parse().unwrap());
    let budgets = RedisBudgets { settings: RedisSettings { grace: Duration::ZERO, ..settings }, ledger };
    site.budgeting(|budget| budget.store = BudgetStore::Redis(Box::new(budgets)))
}

/// Starts it, whether or not Redis is there. One that has just ended may still have its ledger open.
async fn start(site: &Site) -> Companion {
    loop {
        match site.try_start().await {
            Ok(companion) => return companion,
            Err(error) if error.to_string().contains("in use") => sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Until its store is in this state; gives what is said of it.
async fn until_it_is(companion: &Companion, state: &str) -> Value {
    let ready = companion.until("/readyz", |_, body| body["budgets"]["state"] == state).await;
    companion.until_metric(&format!("budget_store_state{{state=\"{state}\"}}"), 1.0).await;
    ready["budgets"].clone()
}

async fn open(site: &Site) -> Companion {
    let companion = start(site).await;
    until_it_is(&companion, "open").await;
    companion
}

/// Limit, used and held of Acme today, in tokens, as soon as Redis says so: a machine may be busy.
async fn acme(companion: &Companion) -> (u64, u64, u64) {
    let path = "/v1/budgets?scope=org&name=acme&unit=tokens&window=day";
    let body = companion.until(path, |status, _| status == 200).await;
    let amount = |name: &str| body["budgets"][0][name].as_u64().unwrap_or_default();
    (amount("limit"), amount("used"), amount("held"))
}

/// Holds a call and settles it at so much; gives when that is durable.
async fn spend(companion: &Companion, id: u8, tokens: u64) {
    let mut vm = companion.vm(id, None).await;
    let held = Client::of(companion).await.held(id).await;
    say(&vm, 1, &held, used(tokens, 0)).await;
    assert_eq!(settled(&mut vm).await, [1]);
}

/// The tokens of all settled calls that its ledger has.
async fn ledger(companion: &Companion) -> Vec<u64> {
    let (_, body) = companion.json("/v1/budgets/ledger/rows").await;
    body["rows"].as_array().unwrap().iter().map(|row| row["used"]["tokens"].as_u64().unwrap()).collect()
}

/// What `tollgate budget` says and leaves with.
async fn budget_command(companion: &Companion, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.arg("budget").args(words).args(["--http", &companion.http.to_string()]).env("TOLLGATE_TOKEN", ALICE);
    let output = spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn a_call_is_held_and_settled_in_redis() {
    let redis = Redis::forgetting();
    let site = site(&redis, 1000);
    let companion = open(&site).await;
    companion.until_ready_is(200, "ready").await;
    let mut vm = companion.vm(1, None).await;
    let held = Client::of(&companion).await.held(1).await;
    assert_eq!(acme(&companion).await, (1000, 0, 100));
    companion.until("/v1/budgets/holds", |_, body| body["all"] == 1).await;
    say(&vm, 1, &held, used(12, 30)).await;
    assert_eq!(settled(&mut vm).await, [1]);
    assert_eq!(acme(&companion).await, (1000, 42, 0));
    assert_eq!(ledger(&companion).await, [42]);
    let change = json!({"scope": "org", "name": "acme", "by": 8, "reason": "test"}).to_string();
    assert_eq!(companion.change("POST", "/v1/budgets/adjust", &[], &change).await.json()["used"], 50);
    companion.stop().await;
    let again = open(&site).await;
    assert_eq!(acme(&again).await, (1000, 50, 0));
    assert_eq!(again.metric("budget_store_losses_total").await, 0.0);
    again.stop().await;
}

#[tokio::test]
async fn what_a_redis_that_stalls_holds_after_all_is_given_back() {
    let redis = Redis::forgetting();
    let site = site(&redis, 1000);
    let companion = open(&site).await;
    let mut client = Client::of(&companion).await;
    client.held(1).await;
    redis.stall();
    assert!(matches!(client.ask(call(2)).await, Outcome::Unavailable(_)));
    redis.go_on();
    companion.until("/v1/budgets/ledger/rows", |_, body| body["rows"][0]["outcome"] == "released").await;
    companion.until("/v1/budgets/holds", |_, body| body["all"] == 1).await;
    assert_eq!(acme(&companion).await, (1000, 0, 100));
    companion.stop().await;
}

#[tokio::test]
async fn companions_on_one_redis_share_one_limit() {
    let redis = Redis::forgetting();
    let (one_site, other_site) = (site(&redis, 250), site(&redis, 250));
    let (one, other) = (open(&one_site).await, open(&other_site).await);
    let (mut here, mut there) = (Client::of(&one).await, Client::of(&other).await);
    let (first, _) = (here.held(1).await, there.held(2).await);
    for client in [&mut here, &mut there] {
        let Outcome::Exceeded(exceeded) = client.patiently(call(3)).await else { panic!("it is held") };
        assert_eq!(exceeded.standing.unwrap().held, 200);
    }
    // Whoever hears of its end settles it, once.
    for companion in [&other, &one] {
        let mut vm = companion.vm(1, None).await;
        say(&vm, 1, &first, used(20, 10)).await;
        assert_eq!(settled(&mut vm).await, [1]);
        assert_eq!(acme(companion).await, (250, 30, 100));
    }
    assert_eq!((ledger(&one).await, ledger(&other).await), (vec![], vec![30]));
    here.held(3).await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn what_an_administrator_sets_at_one_companion_counts_at_all_even_after_redis_lost_it() {
    let mut redis = Redis::forgetting();
    let (one_site, other_site) = (site(&redis, 250), site(&redis, 250));
    let (one, other) = (open(&one_site).await, open(&other_site).await);
    let (mut here, mut there) = (Client::of(&one).await, Client::of(&other).await);
    here.held(1).await;
    there.held(2).await;
    let set = json!({"scope": "org", "name": "acme", "limit": 350, "reason": "an incident"}).to_string();
    assert_eq!(one.change("POST", "/v1/budgets/set", &[], &set).await.status, 200);
    assert!(matches!(here.ask(call(3)).await, Outcome::Held(_)), "where it was set, it counts at once");
    let has_seen = |limit: Option<u64>| {
        move |_: u16, body: &Value| body["budgets"][0].get("limit").and_then(Value::as_u64) == limit
    };
    let path = "/v1/budgets?scope=org&name=acme&unit=tokens";
    other.until(path, has_seen(Some(350))).await;
    let Outcome::Exceeded(exceeded) = there.ask(call(4)).await else { panic!("it is held") };
    assert_eq!(exceeded.standing.unwrap().limit, 350);
    redis.kill();
    redis.resume();
    for companion in [&one, &other] {
        until_it_is(companion, "open").await;
        assert_eq!(companion.json("/v1/budgets/overrides").await.1["overrides"][0]["limit"], 350);
    }
    let unset = json!({"scope": "org", "name": "acme", "reason": "it is over"}).to_string();
    assert_eq!(other.change("POST", "/v1/budgets/unset", &[], &unset).await.status, 200);
    one.until(path, has_seen(Some(250))).await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn without_redis_calls_are_refused_and_settlements_wait_in_the_ledgers_file() {
    let mut redis = Redis::remembering();
    let site = site(&redis, 1000);
    let companion = open(&site).await;
    let mut vm = companion.vm(1, None).await;
    let mut client = Client::of(&companion).await;
    let (first, second) = (client.held(1).await, client.held(2).await);
    redis.kill();
    let Outcome::Unavailable(unavailable) = client.ask(call(3)).await else { panic!("it is held") };
    assert!(unavailable.retry_after > 0 && unavailable.reason.contains("redis"), "{unavailable:?}");
    say(&vm, 1, &first, used(12, 30)).await;
    assert_eq!(settled(&mut vm).await, [1]);
    assert_eq!(companion.metric("budget_settled_total{outcome=\"committed\",result=\"waiting\"}").await, 1.0);
    companion.until_metric("budget_outbox_settlements", 1.0).await;
    let said = until_it_is(&companion, "away").await;
    assert!(said["store"] == "redis" && said["problem"].as_str().unwrap().contains("cannot reach it"), "{said}");
    companion.until_ready_is(200, "degraded").await;
    for path in ["/v1/budgets", "/v1/budgets/holds", "/v1/budgets/members"] {
        let (status, body) = companion.json(path).await;
        assert_eq!((status, &body["code"]), (503, &"BUDGET_UNAVAILABLE".into()), "{body}");
    }
    assert_eq!(ledger(&companion).await, [0; 0]);
    // It is durable: even a companion that starts while Redis is away has it.
    companion.stop().await;
    let companion = start(&site).await;
    let mut vm = companion.vm(1, None).await;
    say(&vm, 2, &second, used(1, 0)).await;
    assert_eq!(settled(&mut vm).await, [2]);
    redis.resume();
    until_it_is(&companion, "open").await;
    companion.until_ready_is(200, "ready").await;
    companion.until_metric("budget_outbox_settlements", 0.0).await;
    assert_eq!(acme(&companion).await, (1000, 43, 0));
    assert_eq!(ledger(&companion).await.iter().sum::<u64>(), 43);
    Client::of(&companion).await.held(4).await;
    companion.stop().await;
}

#[tokio::test]
async fn a_redis_that_comes_back_empty_is_closed_until_all_ledgers_are_back() {
    let mut redis = Redis::forgetting();
    let (one_site, other_site) = (site(&redis, 1000), site(&redis, 1000));
    let other = open(&other_site).await;
    let one = open(&one_site).await;
    spend(&one, 1, 40).await;
    spend(&other, 2, 70).await;
    let (_, members) = one.json("/v1/budgets/members").await;
    let is_all_there = |member: &Value| member["through"] == true;
    assert!(members["members"].as_array().unwrap().iter().all(is_all_there), "{members}");
    other.stop().await;
    redis.kill();
    redis.resume();
    let said = until_it_is(&one, "closed").await;
    let missing = said["problem"].as_str().unwrap().to_owned();
    let Outcome::Unavailable(unavailable) = Client::of(&one).await.ask(call(3)).await else { panic!("it is held") };
    assert!(unavailable.reason.contains("lost its counters"), "{unavailable:?}");
    let (_, members) = one.json("/v1/budgets/members").await;
    let absent: Vec<_> = members["members"].as_array().unwrap().iter().filter(|member| !is_all_there(member)).collect();
    assert!(absent.len() == 1 && missing.contains(absent[0]["ledger"].as_str().unwrap()), "{members}, {missing}");
    let other = open(&other_site).await;
    until_it_is(&one, "open").await;
    assert_eq!((acme(&one).await, acme(&other).await), ((1000, 110, 0), (1000, 110, 0)));
    one.until_metric("budget_store_losses_total", 1.0).await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn an_operator_goes_on_without_a_companion_that_is_gone() {
    let mut redis = Redis::forgetting();
    let (one_site, gone_site) = (site(&redis, 1000), site(&redis, 1000));
    let gone = open(&gone_site).await;
    let one = open(&one_site).await;
    spend(&one, 1, 40).await;
    spend(&gone, 2, 70).await;
    gone.stop().await;
    redis.kill();
    redis.resume();
    until_it_is(&one, "closed").await;
    let (code, list) = budget_command(&one, &["members"]).await;
    assert!(code == Some(0) && list.contains("closed") && list.contains("the companion that was asked"), "{list}");
    let ledger = |line: &str| line.split(' ').next().unwrap().to_owned();
    let missing = ledger(list.lines().find(|line| line.contains("  missing")).unwrap());
    let own = ledger(list.lines().find(|line| line.contains("that was asked")).unwrap());

    let (code, refused) = budget_command(&one, &["forget", &own, "--reason", "test"]).await;
    assert!(code != Some(0) && refused.contains("the companion that you ask"), "{refused}");
    let (code, refused) = budget_command(&one, &["forget", &"0".repeat(32), "--reason", "test"]).await;
    assert!(code != Some(0) && refused.contains("no companion with the ledger"), "{refused}");
    let sent = json!({"ledger": missing, "reason": "test"}).to_string();
    assert_eq!(one.ask("POST", "/v1/budgets/members/forget", &[], &sent).await.status, 401);

    let (code, said) = budget_command(&one, &["forget", &missing, "--reason", "its disk is gone"]).await;
    assert!(code == Some(0) && !said.contains(&missing), "{said}");
    until_it_is(&one, "open").await;
    assert_eq!(acme(&one).await, (1000, 40, 0));
    // It was not gone after all.
    let gone = open(&gone_site).await;
    until_it_is(&one, "open").await;
    assert_eq!(acme(&one).await, (1000, 110, 0));
    one.stop().await;
    gone.stop().await;
}

#[tokio::test]
async fn a_ledgers_file_is_for_one_companion_and_one_kind_of_store() {
    let redis = Redis::forgetting();
    let site = site(&redis, 1000);
    let companion = open(&site).await;
    let ledger = site.path("ledger");
    let refused = Site::new().budgeting(|budget| budget.store = BudgetStore::Sqlite(ledger.clone()));
    let refused = refused.try_start().await.err().unwrap().to_string();
    assert!(refused.contains("in use by another process"), "{refused}");
    companion.stop().await;
    let alone = Site::new().budgeting(|budget| budget.store = BudgetStore::Sqlite(ledger));
    let refused = loop {
        let refused = alone.try_start().await.err().unwrap().to_string();
        if !refused.contains("in use") {
            break refused;
        }
        sleep(Duration::from_millis(5)).await;
    };
    assert!(refused.contains("ledger of what is counted elsewhere"), "{refused}");
}

#[tokio::test]
async fn a_companion_that_has_its_budgets_for_itself_has_no_members() {
    let site = Site::new();
    let companion = site.start().await;
    let ready = companion.until("/readyz", |_, body| body["budgets"]["state"] == "open").await;
    assert_eq!(ready["budgets"], json!({"store": "sqlite", "state": "open"}));
    let (code, refused) = budget_command(&companion, &["members"]).await;
    assert!(code != Some(0) && refused.contains("--budget-store redis://"), "{refused}");
    let forgotten = json!({"ledger": "0".repeat(32), "reason": "test"}).to_string();
    let answer = companion.change("POST", "/v1/budgets/members/forget", &[], &forgotten).await;
    assert_eq!((answer.status, &answer.json()["code"]), (409, &"NOT_SHARED".into()));
    companion.stop().await;
}

#[tokio::test]
async fn a_budget_file_that_is_taken_away_is_told_of() {
    let site = Site::new();
    let companion = site.start().await;
    let aside = site.path("aside");
    fs::rename(site.path("state.budgets"), &aside).unwrap();
    let ready = companion.until("/readyz", |_, body| body["budgets"]["state"] == "away").await;
    assert!(ready["budgets"]["problem"].as_str().unwrap().contains("removed or replaced"), "{ready}");
    fs::rename(&aside, site.path("state.budgets")).unwrap();
    companion.until("/readyz", |_, body| body["budgets"]["state"] == "open").await;
    companion.stop().await;
}
