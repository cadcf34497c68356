use anyhow::{Context, Result};

use super::site::{Site, chat, message};

#[test]
fn calls_are_settled_to_the_token_that_the_provider_counts() -> Result<()> {
    let site = Site::start()?;
    let calls = [
        chat("words=30", false),
        chat("words=31", true),
        chat("words=32 pause=5", true),
        message("words=33", false),
        message("words=34", true),
    ];
    for call in &calls {
        let response = site.call(call)?;
        assert_eq!(response.status, 200, "{}", response.text());
        assert_eq!(
            response.text().matches("word ").count() as u64,
            site.provider()?.served().last().context("none")?.output
        );
    }
    let rows = site.settled(calls.len())?;
    let counted: Vec<u64> = site.provider()?.served().iter().map(|served| served.input + served.output).collect();
    assert_eq!(rows.iter().map(|row| row.used).collect::<Vec<_>>(), counted);
    assert!(rows.iter().all(|row| row.outcome == "committed"), "{rows:?}");
    assert_eq!(site.used_and_held("acme")?, (counted.iter().sum(), 0));
    Ok(())
}

#[test]
fn a_client_gets_the_stream_that_it_asked_for() -> Result<()> {
    let site = Site::start()?;
    let response = site.call(&chat("words=3", true))?;
    let text = response.text();
    assert!(!text.contains("completion_tokens") && text.ends_with("data: [DONE]\n\n"), "{text}");
    let served = site.provider()?.served();
    assert_eq!(served[0].body["stream_options"]["include_usage"], true);
    assert!(served[0].headers.iter().all(|(name, _)| name != "accept-encoding"));
    let mut asking = chat("words=3", true);
    asking.body["stream_options"] = serde_json::json!({"include_usage": true});
    assert!(site.call(&asking)?.text().contains("\"completion_tokens\":3"));
    Ok(())
}

#[test]
fn an_answer_says_how_much_is_left() -> Result<()> {
    let site = Site::start()?;
    let response = site.call(&chat("words=3", false))?;
    let left: u64 = response.header("x-ratelimit-remaining-tokens").context("none")?.parse()?;
    assert!(left > 0 && left < 1_000_000, "{left}");
    assert!(response.header("ratelimit-policy").is_some_and(|policy| policy.contains("tokens-day")));
    Ok(())
}

#[test]
fn bodies_in_many_chunks_and_over_http2_are_counted_alike() -> Result<()> {
    let site = Site::start()?;
    let call = chat("words=5", true);
    let response = site.call_in_chunks(&call)?;
    assert_eq!(response.status, 200, "{}", response.text());
    let response = site.call_by_http2(&call)?;
    assert_eq!(response.status, 200, "{}", response.text());
    let rows = site.settled(2)?;
    let counted: Vec<u64> = site.provider()?.served().iter().map(|served| served.input + served.output).collect();
    assert_eq!(rows.iter().map(|row| row.used).collect::<Vec<_>>(), counted);
    Ok(())
}
