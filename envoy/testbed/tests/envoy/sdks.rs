//! The official SDKs of OpenAI and Anthropic, unchanged, against the proxy: what they are served is settled to the token,
//! and what is refused raises what they raise for their providers' own refusals.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tollgate_testbed::artifacts;
use tollgate_testbed::budgets::{Audit, Made, plugin_configuration, told};

use crate::budgets::site::Site;

const BOTH: [&str; 2] = ["openai", "anthropic"];

/// What the provider says in so many tokens.
fn words(count: usize) -> String {
    "word ".repeat(count)
}

fn start() -> Result<Site> {
    Site::start_with(|options| options.plugin_configuration = Some(plugin_configuration()))
}

/// Runs one of the programs in `sdks/calls.py` for somebody of an organisation.
fn run(site: &Site, sdk: &str, scenario: &str, org: &str) -> Result<Value> {
    let mut command = Command::new(artifacts::sdks()?);
    command.arg(artifacts::workspace().join("envoy/testbed/sdks/calls.py")).args([sdk, scenario]);
    command.arg(format!("http://{}", site.0.envoy.address())).arg(site.token(org)?).env("NO_PROXY", "*");
    let output = command.output()?;
    ensure!(output.status.success(), "{sdk}, {scenario}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What the ledger says beside what the provider does.
fn audit(site: &Site) -> Result<Audit> {
    let ledger = told(&site.0, &BTreeSet::new())?;
    let audit = Audit::of(&ledger, &site.provider()?.served(), &Made::default(), &BTreeSet::new())?;
    audit.require_sound()?;
    Ok(audit)
}

/// Fails unless so many calls have been served, each settled at what the provider counts.
fn require_exact(site: &Site, calls: usize) -> Result<()> {
    let audit = audit(site)?;
    ensure!(audit.exact == calls && audit.estimated.is_empty(), "not {calls} calls: {audit}");
    ensure!(site.used_and_held("acme")? == (audit.provider_tokens, 0), "{:?}: {audit}", site.used_and_held("acme"));
    Ok(())
}

#[test]
fn plain_calls_and_streams_are_served_and_settled_to_the_token() -> Result<()> {
    let site = start()?;
    for sdk in BOTH {
        let plain = run(&site, sdk, "plain", "acme")?;
        assert_eq!((plain["text"].as_str(), plain["output"].as_u64()), (Some(&*words(9)), Some(9)), "{sdk}: {plain}");
        let streaming = run(&site, sdk, "streaming", "acme")?;
        assert_eq!(streaming["text"], words(9), "{sdk}: {streaming}");
        assert!(streaming["ends"] == "stop" || streaming["ends"] == "end_turn", "{sdk}: {streaming}");
        // What was asked for in the client's place, the client does not see.
        assert_ne!(streaming["told"], true, "{sdk}: {streaming}");
        let asking = run(&site, sdk, "streaming_with_usage", "acme")?;
        assert_eq!((asking["output"].as_u64(), asking["choices"].as_u64()), (Some(9), Some(0)), "{sdk}: {asking}");
    }
    require_exact(&site, 6)
}

#[test]
fn tools_are_called_plain_and_streamed() -> Result<()> {
    let site = start()?;
    for sdk in BOTH {
        let tools = run(&site, sdk, "tools", "acme")?;
        assert_eq!((tools["asked"].as_str(), tools["text"].as_str()), (Some(&*words(3)), Some(&*words(4))), "{sdk}");
        let streaming = run(&site, sdk, "streaming_tools", "acme")?;
        assert_eq!((streaming["name"].as_str(), streaming["asked"].as_str()), (Some("look_up"), Some(&*words(3))));
    }
    require_exact(&site, 6)
}

#[test]
fn calls_at_once_are_each_settled() -> Result<()> {
    let site = start()?;
    for sdk in BOTH {
        let answers = run(&site, sdk, "at_once", "acme")?;
        assert_eq!(answers["words"], serde_json::json!((1..=20).collect::<Vec<_>>()), "{sdk}");
    }
    require_exact(&site, 40)
}

#[test]
fn an_sdks_own_retries_are_calls_of_which_only_the_last_costs() -> Result<()> {
    for (sdk, failure) in [("openai", 503), ("anthropic", 529)] {
        let site = start()?;
        assert_eq!(run(&site, sdk, "retries", "acme")?["text"], words(2), "{sdk}");
        let error = run(&site, sdk, "no_retries", "acme")?;
        // What the provider refuses to the end is the provider's own error.
        assert_eq!(
            (error["status"].as_u64(), error["should_retry"].is_null()),
            (Some(failure), true),
            "{sdk}: {error}"
        );
        let statuses: Vec<u64> = site.provider()?.served().iter().map(|call| call.status.into()).collect();
        assert_eq!(statuses, [failure, failure, 200, failure, failure, failure], "{sdk}");
        require_exact(&site, 6)?;
    }
    Ok(())
}

#[test]
fn a_stream_that_is_cancelled_is_settled_at_what_came() -> Result<()> {
    let site = start()?;
    for sdk in BOTH {
        assert_eq!(run(&site, sdk, "cancelled", "acme")?["chunks"], 10, "{sdk}");
    }
    let audit = audit(&site)?;
    assert!(audit.estimated.len() == 2 && audit.exact == 0, "{audit}");
    for call in &audit.estimated {
        // Its prompt, and the words that came this far: what the SDK has read and more, and less than all.
        assert!(call.settled > 10 && call.settled < 2000, "{call:?}");
    }
    assert_eq!(site.used_and_held("acme")?, (audit.ledger_tokens, 0));
    Ok(())
}

#[test]
fn a_spent_budget_raises_the_sdks_own_rate_limit_error_at_once() -> Result<()> {
    let site = start()?;
    let mut attempts = 0.0;
    for sdk in BOTH {
        for scenario in ["refused", "refused_stream"] {
            let error = run(&site, sdk, scenario, "poor")?;
            assert_eq!((error["kinds"][0].as_str(), error["status"].as_u64()), (Some("RateLimitError"), Some(429)));
            assert!(error["message"].as_str().is_some_and(|text| text.contains("org `poor`")), "{sdk}: {error}");
            assert_eq!(error["should_retry"], "false", "{sdk}: {error}");
            assert!(error["retry_after"].is_string() && error["remaining"].is_string(), "{sdk}: {error}");
            // The SDK does as it is told, and does not try again.
            attempts += 1.0;
            let asked = site.0.companion.metric("budget_calls_total{mode=\"strict\",outcome=\"exceeded\"}")?;
            assert_eq!(asked, Some(attempts), "{sdk}, {scenario}");
        }
    }
    assert_eq!((site.provider()?.count(), site.used_and_held("poor")?), (0, (0, 0)));
    Ok(())
}

#[test]
fn budgets_that_nobody_can_ask_raise_a_server_error_after_the_sdks_own_retries() -> Result<()> {
    /// The first, and as many more as official SDKs make where nobody says otherwise.
    const ATTEMPTS: u64 = 3;
    let mut site = start()?;
    site.0.companion.kill()?;
    for (calls, sdk) in (1..).zip(BOTH) {
        let error = run(&site, sdk, "refused", "acme")?;
        assert_eq!(error["status"], 503, "{sdk}: {error}");
        assert!(
            error["kinds"].as_array().is_some_and(|kinds| kinds.contains(&"InternalServerError".into())),
            "{error}"
        );
        assert_eq!((error["should_retry"].as_str(), error["retry_after"].as_str()), (None, Some("1")));
        assert_eq!(site.0.envoy.stat("http.ingress.downstream_rq_5xx")?, Some(calls * ATTEMPTS), "{sdk}");
    }
    assert_eq!(site.provider()?.count(), 0);
    Ok(())
}
