use anyhow::Result;
use tollgate_testbed::until;

use super::site::{Site, chat};

#[test]
fn a_client_that_goes_within_a_stream_is_settled_at_what_was_streamed() -> Result<()> {
    let site = Site::start()?;
    let client = site.begin(&chat("words=1000 pause=10", true))?;
    until("the provider streams", || Ok(site.provider()?.served().first().filter(|call| call.output > 20).cloned()))?;
    assert!(site.used_and_held("acme")?.1 > 0);
    drop(client);
    let rows = site.settled(1)?;
    assert!(rows[0].outcome == "estimated" && rows[0].used > 20 && rows[0].used < rows[0].held, "{rows:?}");
    assert_eq!(site.used_and_held("acme")?, (rows[0].used, 0));
    Ok(())
}

#[test]
fn a_client_that_goes_before_the_answer_pays_for_what_was_held() -> Result<()> {
    let site = Site::start()?;
    let client = site.begin(&chat("words=100 pause=100", false))?;
    until("the provider works", || Ok(site.provider()?.served().first().cloned()))?;
    drop(client);
    let rows = site.settled(1)?;
    assert!(rows[0].outcome == "estimated" && rows[0].used == rows[0].held && rows[0].held > 50, "{rows:?}");
    Ok(())
}

#[test]
fn a_provider_that_breaks_off_is_settled_at_what_came() -> Result<()> {
    let site = Site::start()?;
    let mut client = site.begin(&chat("words=100 cut=40", true))?;
    // The client sees its answer break off, too.
    assert!(client.read(false).is_err());
    let rows = site.settled(1)?;
    assert!(rows[0].outcome == "estimated" && rows[0].used > 40, "{rows:?}");
    Ok(())
}
