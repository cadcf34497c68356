use std::fs;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tollgate::budget::BudgetStore;
use tollgate::feed::proto::budgets_client::BudgetsClient;
use tollgate::feed::proto::{self, companion_message, reserve_reply::Outcome, settlement, worker_message};
use tollgate_budget::Lease;
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::harness::{Companion, Site, Vm, hello};

/// One model, and these limits in dev.
pub(crate) fn policies(mode: &str, limits: &str) -> String {
    let model =
        "{name: large, provider: openai, context: 10000, maxOutput: 2000, price: {input: 1000000, output: 1000000}}";
    format!("budgets:\n  models: [{model}]\n  environments:\n    dev: {{mode: {mode}, limits: [{limits}]}}\n")
}

/// 10 tokens of prompt and 90 of answer.
pub(crate) fn call(id: u8) -> proto::ReserveRequest {
    proto::ReserveRequest {
        id: vec![id; 16],
        user: "ann".to_owned(),
        org: "acme".to_owned(),
        model: "large".to_owned(),
        prompt_tokens: 10,
        output_cap: Some(90),
        ..proto::ReserveRequest::default()
    }
}

pub(crate) struct Client(BudgetsClient<Channel>);

impl Client {
    pub(crate) async fn of(companion: &Companion) -> Client {
        Client(BudgetsClient::new(companion.channel().await))
    }

    pub(crate) async fn ask(&mut self, request: proto::ReserveRequest) -> Outcome {
        self.0.reserve(request).await.unwrap().into_inner().outcome.unwrap()
    }

    /// Asks until the store and the policies are there, with another id each time.
    pub(crate) async fn patiently(&mut self, request: proto::ReserveRequest) -> Outcome {
        for again in 0_u64.. {
            let mut id = request.id.clone();
            id.iter_mut().zip(again.to_be_bytes()).for_each(|(byte, change)| *byte ^= change);
            match self.ask(proto::ReserveRequest { id, ..request.clone() }).await {
                Outcome::Unavailable(_) => sleep(Duration::from_millis(5)).await,
                other => return other,
            }
        }
        panic!("it never is")
    }

    pub(crate) async fn held(&mut self, id: u8) -> proto::Held {
        match self.patiently(call(id)).await {
            Outcome::Held(held) => held,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn used(input: u64, output: u64) -> settlement::Outcome {
    settlement::Outcome::Used(proto::Usage { input, output, cached: 0 })
}

pub(crate) async fn say(vm: &Vm, sequence: u64, held: &proto::Held, outcome: settlement::Outcome) {
    let settlement = proto::Settlement { sequence, reservation: held.reservation.clone(), outcome: Some(outcome) };
    vm.say(worker_message::Body::Settlements(proto::Settlements { settlements: vec![settlement] })).await;
}

/// The next sequence number that is acknowledged.
pub(crate) async fn settled(vm: &mut Vm) -> Vec<u64> {
    loop {
        if let companion_message::Body::Settled(settled) = vm.message().await {
            return settled.sequences;
        }
    }
}

/// Limit, used and held of Acme today, in tokens.
pub(crate) async fn acme(companion: &Companion) -> (Value, u64, u64) {
    let (status, body) = companion.json("/v1/budgets?scope=org&name=acme&unit=tokens&window=day").await;
    assert_eq!(status, 200, "{body}");
    let Some(budget) = body["budgets"].get(0) else { return (Value::Null, 0, 0) };
    (budget["limit"].clone(), budget["used"].as_u64().unwrap(), budget["held"].as_u64().unwrap())
}

#[tokio::test]
async fn a_call_is_reserved_beside_the_feed_and_settled_over_it() {
    let site = Site::new();
    site.write(&policies("strict", "{scope: org, tokens: 1000}"));
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let mut client = Client::of(&companion).await;
    let (first, second) = (client.held(1).await, client.held(2).await);
    assert_eq!(acme(&companion).await, (1000.into(), 0, 200));
    assert_eq!(companion.json("/v1/budgets/holds").await.1["all"], 2);
    say(&vm, 1, &first, used(12, 30)).await;
    assert_eq!(settled(&mut vm).await, [1]);
    say(&vm, 2, &second, settlement::Outcome::Released(proto::Released {})).await;
    assert_eq!(settled(&mut vm).await, [2]);
    assert_eq!(acme(&companion).await, (1000.into(), 42, 0));
    // Said again after another stream: acknowledged, and nothing more.
    let mut vm = companion.vm(1, None).await;
    say(&vm, 1, &first, used(12, 30)).await;
    assert_eq!(settled(&mut vm).await, [1]);
    assert_eq!(acme(&companion).await, (1000.into(), 42, 0));
    let (_, ledger) = companion.json("/v1/budgets/ledger?scope=org").await;
    let spent = &ledger["spent"][0];
    assert_eq!((&spent["calls"], &spent["tokens"], &spent["microDollars"]), (&1.into(), &42.into(), &42.into()));
    let rows = companion.json("/v1/budgets/ledger/rows").await.1;
    assert_eq!((&rows["rows"][0]["outcome"], &rows["rows"][1]["outcome"]), (&"committed".into(), &"released".into()));
    let csv = companion.ask("GET", "/v1/budgets/ledger?scope=org", &[("accept", "text/csv")], "").await;
    assert!(csv.body.starts_with("day,scope,name,calls,tokens,microDollars\r\n"), "{}", csv.body);
    assert!(csv.body.ends_with(",org,acme,1,42,42\r\n"), "{}", csv.body);
    assert_eq!(companion.metric("budget_reserve_total{scope_type=\"org\",outcome=\"held\"}").await, 2.0);
    assert_eq!(companion.metric("budget_settled_total{outcome=\"committed\",result=\"before\"}").await, 1.0);
    companion.stop().await;
}

#[tokio::test]
async fn eight_clients_at_once_never_pass_a_limit() {
    let site = Site::new();
    site.write(&policies("strict", "{scope: global, tokens: 10000}, {scope: user, tokens: 100000}"));
    let companion = site.start().await;
    Client::of(&companion).await.held(255).await;
    let mut clients = JoinSet::new();
    for number in 0..8_u8 {
        let mut client = Client::of(&companion).await;
        clients.spawn(async move {
            let mut held = 0;
            for call_number in 0..30_u8 {
                let mut request = call(number);
                request.id[0] = call_number;
                match client.ask(request).await {
                    Outcome::Held(_) => held += 1,
                    Outcome::Exceeded(exceeded) => {
                        let standing = exceeded.standing.unwrap();
                        assert_eq!((standing.scope.as_str(), standing.limit, exceeded.asked), ("global", 10_000, 100));
                        assert!(standing.used + standing.held <= standing.limit);
                    }
                    other => panic!("{other:?}"),
                }
            }
            held
        });
    }
    let held: u64 = clients.join_all().await.into_iter().sum();
    assert_eq!(held, 99, "and the one before");
    companion.stop().await;
}

#[tokio::test]
async fn while_the_store_is_away_the_mode_says_what_becomes_of_calls_and_no_restart_is_needed() {
    let site = Site::new();
    site.write(&policies("strict", "{scope: org, tokens: 1000}"));
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let mut client = Client::of(&companion).await;
    let held = client.held(1).await;
    let (file, away) = (site.path("state.budgets"), site.path("away"));
    fs::rename(&file, &away).unwrap();
    match client.ask(call(2)).await {
        Outcome::Unavailable(unavailable) => assert!(unavailable.retry_after > 0 && !unavailable.reason.is_empty()),
        other => panic!("{other:?}"),
    }
    match client.ask(proto::ReserveRequest { mode: proto::Mode::Advisory.into(), ..call(3) }).await {
        // It is settled as others are.
        Outcome::Held(held) => assert_eq!((held.reservation.is_empty(), held.output_cap), (false, 90)),
        other => panic!("{other:?}"),
    }
    let disabled = proto::ReserveRequest { mode: proto::Mode::Disabled.into(), ..call(4) };
    assert!(matches!(client.ask(disabled).await, Outcome::Disabled(_)));
    assert_eq!(companion.metric("budget_calls_total{mode=\"advisory\",outcome=\"unheld\"}").await, 1.0);
    say(&vm, 1, &held, used(10, 20)).await;
    companion.until_metric("budget_settlements_waiting", 1.0).await;
    fs::rename(&away, &file).unwrap();
    assert_eq!(settled(&mut vm).await, [1]);
    client.held(5).await;
    assert_eq!(acme(&companion).await, (1000.into(), 30, 100));
    companion.stop().await;
}

#[tokio::test]
async fn a_call_that_nothing_is_heard_of_is_settled_by_its_lease_and_corrected_later() {
    let site = Site::new().budgeting(|budget| budget.lease = Lease::new(Duration::from_secs(1)));
    site.write(&policies("strict", "{scope: org, tokens: 1000}"));
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let held = Client::of(&companion).await.held(1).await;
    say(&vm, 1, &held, settlement::Outcome::SoFar(proto::Usage { input: 10, output: 7, cached: 0 })).await;
    assert_eq!(settled(&mut vm).await, [1]);
    companion.until_metric("budget_lease_expiries_total", 1.0).await;
    assert_eq!(acme(&companion).await, (1000.into(), 17, 0));
    say(&vm, 2, &held, used(10, 600)).await;
    assert_eq!(settled(&mut vm).await, [2]);
    assert_eq!(acme(&companion).await, (1000.into(), 610, 0));
    assert_eq!(companion.metric("budget_overspend_delta_tokens_sum").await, 510.0);
    let events = companion.json("/v1/budgets/events").await.1;
    assert_eq!(
        (&events["events"][0]["severity"], &events["events"][0]["kind"]),
        (&"critical".into(), &"overspent".into())
    );
    companion.stop().await;
}

#[tokio::test]
async fn only_nodes_that_are_admitted_reserve() {
    let site = Site::new().feeding(|feed| feed.admitted = vec!["edge-*".parse().unwrap()]);
    site.write(&policies("strict", ""));
    let companion = site.start().await;
    let mut client = Client::of(&companion).await.0;
    assert_eq!(client.reserve(call(1)).await.unwrap_err().code(), Code::PermissionDenied);
    let mut admitted = Request::new(call(1));
    admitted.metadata_mut().insert("tollgate-node", "edge-1".parse().unwrap());
    client.reserve(admitted).await.unwrap();
    let mut nameless = Request::new(proto::ReserveRequest { id: vec![1; 15], ..call(1) });
    nameless.metadata_mut().insert("tollgate-node", "edge-1".parse().unwrap());
    assert_eq!(client.reserve(nameless).await.unwrap_err().code(), Code::InvalidArgument);
    companion.stop().await;
}

#[tokio::test]
async fn what_administrators_change_counts_at_once_and_is_written_down() {
    let site = Site::new();
    site.write(&policies("strict", "{scope: org, tokens: 250}"));
    let companion = site.start().await;
    let mut client = Client::of(&companion).await;
    client.held(1).await;
    let body = |rest: &str| format!("{{\"scope\": \"org\", \"name\": \"acme\", \"reason\": \"a trial\"{rest}}}");
    assert_eq!(companion.ask("POST", "/v1/budgets/reset", &[], &body("")).await.status, 401);
    let adjusted = companion.change("POST", "/v1/budgets/adjust", &[], &body(", \"by\": 100")).await;
    assert_eq!((adjusted.status, &adjusted.json()["used"], &adjusted.json()["left"]), (200, &100.into(), &50.into()));
    assert!(matches!(client.ask(call(2)).await, Outcome::Exceeded(_)));
    assert_eq!(companion.change("POST", "/v1/budgets/reset", &[], &body("")).await.status, 200);
    client.held(2).await;
    for (path, wrong) in
        [("adjust", ""), ("reset", ", \"by\": 1"), ("reset", ", \"window\": \"week\""), ("reset", ", \"x\": 1")]
    {
        assert_eq!(
            companion.change("POST", &format!("/v1/budgets/{path}"), &[], &body(wrong)).await.status,
            400,
            "{wrong}"
        );
    }
    let changes = companion.json("/v1/budgets/changes").await.1;
    let told: Vec<_> = changes["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (&change["before"], &change["after"], &change["by"]))
        .collect();
    assert_eq!(told, [(&0.into(), &100.into(), &100.into()), (&100.into(), &0.into(), &Value::Null)]);
    assert_eq!(
        (&changes["changes"][0]["author"], &changes["changes"][0]["reason"]),
        (&"alice".into(), &"a trial".into())
    );
    companion.stop().await;
}

#[tokio::test]
async fn limits_follow_the_policies_and_what_is_used_stays() {
    let site = Site::new();
    site.write(&policies("strict", "{scope: org, tokens: 150}"));
    let companion = site.start().await;
    let mut client = Client::of(&companion).await;
    client.held(1).await;
    assert!(matches!(client.ask(call(2)).await, Outcome::Exceeded(_)));
    site.write(&policies("strict", "{scope: org, tokens: 200}"));
    while !matches!(client.ask(call(2)).await, Outcome::Held(_)) {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(acme(&companion).await, (200.into(), 0, 200));
    companion.stop().await;
    let again = site.start().await;
    assert_eq!(acme(&again).await.2, 200);
    again.stop().await;
}

#[tokio::test]
async fn two_companions_do_not_count_from_one_file() {
    let site = Site::new();
    let companion = site.start().await;
    let other = Site::new().budgeting(|budget| budget.store = BudgetStore::Sqlite(site.path("state.budgets")));
    let refused = other.try_start().await.err().unwrap().to_string();
    assert!(refused.contains("in use by another process"), "{refused}");
    companion.stop().await;
}

#[tokio::test]
async fn a_stream_that_says_nonsense_of_settlements_is_answered_and_goes_on() {
    let site = Site::new();
    site.write(&policies("strict", ""));
    let companion = site.start().await;
    let mut vm = companion.vm_with(hello(1)).await;
    let nonsense = proto::Held { reservation: b"nonsense".to_vec(), ..proto::Held::default() };
    say(&vm, 9, &nonsense, used(1, 1)).await;
    assert_eq!(settled(&mut vm).await, [9]);
    assert_eq!(companion.metric("budget_settlements_rejected_total").await, 1.0);
    vm.beat(None, true).await;
    while !matches!(vm.message().await, companion_message::Body::Current(_)) {}
    companion.stop().await;
}
