use anyhow::Result;

use super::site::{Call, Site, chat, message};

#[test]
fn what_exceeds_a_budget_is_refused_as_the_provider_would() -> Result<()> {
    let site = Site::start()?;
    for call in [chat("", true), message("", false)] {
        let refused = site.call(&Call { org: "poor", ..call })?;
        assert_eq!(refused.status, 429, "{}", refused.text());
        let error = refused.json()?["error"].clone();
        assert!(error["code"] == "BUDGET_EXCEEDED" || error["type"] == "rate_limit_error", "{error}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains("org `poor`")), "{error}");
        assert_eq!(refused.header("x-should-retry"), Some("false"));
        assert!(refused.header("retry-after").is_some());
        assert_eq!(refused.header("x-ratelimit-limit-tokens"), Some("50"));
    }
    assert!(site.provider()?.served().is_empty());
    assert_eq!(site.used_and_held("poor")?, (0, 0));
    Ok(())
}

#[test]
fn a_model_that_nobody_knows_is_refused() -> Result<()> {
    let site = Site::start()?;
    let mut call = chat("", false);
    call.body["model"] = "secret".into();
    let refused = site.call(&call)?;
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(site.provider()?.served().is_empty());
    Ok(())
}

#[test]
fn a_provider_that_fails_is_paid_nothing() -> Result<()> {
    let site = Site::start()?;
    for call in [chat("status=500", true), chat("status=429", false), message("status=529", true)] {
        let response = site.call(&call)?;
        assert!(response.status >= 429, "{}", response.text());
    }
    let rows = site.settled(3)?;
    assert!(rows.iter().all(|row| row.outcome == "released" && row.used == 0), "{rows:?}");
    assert_eq!(site.used_and_held("acme")?, (0, 0));
    Ok(())
}
