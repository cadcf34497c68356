use crate::harness::Site;

const YAML: (&str, &str) = ("content-type", "application/yaml");

/// A route whose calls count.
const ROUTE: &str = "routes:\n  - name: chat\n    match: {path: /chat}\n    action: complete\n    resource: {kind: llm}\n    budget: {}\n";

fn limited(environment: &str, tokens: u64) -> String {
    format!("budgets:\n  environments:\n    {environment}: {{limits: [{{scope: global, tokens: {tokens}}}]}}\n{ROUTE}")
}

#[tokio::test]
async fn production_does_not_start_without_rules_for_budgets() {
    for policies in [ROUTE.to_owned(), limited("dev", 5)] {
        let site = Site::new().in_production();
        site.write(&policies);
        let refused = site.try_start().await.err().unwrap().to_string();
        assert!(refused.contains("a.yaml:") && refused.contains("route `chat` has a budget"), "{refused}");
        assert!(refused.contains("not for environment `prod`"), "{refused}");
    }
    let site = Site::new().in_production();
    site.write(&limited("prod", 5));
    let companion = site.start().await;
    companion.until_ready_is(200, "ready").await;
    companion.stop().await;
    let elsewhere = Site::new();
    elsewhere.write(ROUTE);
    let companion = elsewhere.start().await;
    companion.until_ready_is(200, "ready").await;
    companion.stop().await;
}

#[tokio::test]
async fn what_is_wrong_otherwise_keeps_production_from_publishing_not_from_starting() {
    let site = Site::new().in_production();
    site.write(&ROUTE.replace("kind:", "knd:"));
    let companion = site.start().await;
    companion.until_ready_is(503, "unready").await;
    companion.stop().await;
}

#[tokio::test]
async fn production_publishes_no_route_whose_calls_nothing_limits() {
    let site = Site::new().in_production();
    site.write(&limited("prod", 5));
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let first = vm.snapshot().await;
    site.write(ROUTE);
    let body = companion.until_ready_is(200, "degraded").await;
    assert!(body["problem"].as_str().unwrap().contains("route `chat` has a budget"), "{body}");
    assert_eq!(companion.json("/v1/snapshots/current").await.1["version"], first.id().version);
    companion.stop().await;

    let site = Site::by_api().in_production();
    let companion = site.start().await;
    let refused = companion.change("POST", "/v1/snapshots", &[YAML], ROUTE).await;
    assert_eq!(refused.status, 422);
    let problem = &refused.json()["diagnostics"][0];
    assert_eq!(problem["line"], 6, "{problem}");
    assert!(problem["message"].as_str().unwrap().contains("`budgets.environments.prod`"), "{problem}");
    assert_eq!(companion.change("POST", "/v1/snapshots", &[YAML], &limited("prod", 5)).await.status, 201);
    companion.stop().await;
    let again = site.start().await;
    again.until_ready_is(200, "ready").await;
    again.stop().await;
}

#[tokio::test]
async fn what_the_api_has_put_into_force_elsewhere_does_not_start_in_production() {
    let site = Site::by_api();
    let companion = site.start().await;
    assert!(companion.change("POST", "/v1/snapshots", &[YAML], ROUTE).await.status < 300);
    companion.stop().await;
    let refused = site.in_production().try_start().await.err().unwrap().to_string();
    assert!(refused.contains("route `chat` has a budget"), "{refused}");
}

/// Workers have nothing of limits, and whoever asks what is in force, or goes back to it, does.
#[tokio::test]
async fn a_limit_that_changes_is_a_version_of_its_own() {
    let site = Site::new();
    site.write(&limited("dev", 5));
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let first = vm.snapshot().await;
    site.write(&limited("dev", 6));
    let second = vm.snapshot().await;
    assert!(second.id() > first.id() && second.digest() == first.digest());
    let newest = &companion.json("/v1/snapshots").await.1["snapshots"][0];
    assert_eq!(newest["summary"]["other"]["changed"]["first"][0], "budgets of dev");
    companion.stop().await;
}
