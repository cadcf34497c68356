use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tollgate_testbed::budgets::{Ending, Made, Plan};
use tollgate_testbed::client::{Http1, Response};
use tollgate_testbed::{artifacts, until};

use super::site::{NOON, Site, Store};

fn start() -> Result<Site> {
    let guest = artifacts::guest("tollgate_trapping_guest")?;
    Site::start_with(Store::Sqlite, NOON, &["{scope: global, tokens: 100000}"], |options| {
        // All that a trap takes with it is in one VM.
        options.workers = 1;
        options.module = Some(guest);
        // Every trap is an error that is meant.
        options.log_level = "critical".to_owned();
    })
}

fn call(script: &str, streams: bool) -> Plan {
    let body = json!({"model": "large", "stream": streams, "max_tokens": 500,
        "messages": [{"role": "user", "content": "Hello there"}]});
    Plan {
        path: "/v1/chat/completions",
        org: "wide",
        script: script.to_owned(),
        body: body.to_string(),
        leaves_after: None,
    }
}

/// Ends the VM that this connection's requests go to.
fn trap(client: &mut Http1) -> Result<()> {
    client.send(b"GET /none HTTP/1.1\r\nhost: t\r\nx-tollgate-trap: now\r\n\r\n")?;
    // Whatever becomes of it.
    drop(client.read(false));
    Ok(())
}

/// Nothing is held once leases have ended, and all is accounted for.
fn require_nothing_held(site: &mut Site, ending: Ending) -> Result<()> {
    site.lose_vms()?;
    let audit = site.audit(&Made::default())?;
    let ledger = site.testbed.companion.ledger()?;
    ensure!(ledger.iter().any(|entry| entry.outcome == ending), "{ledger:?}\n{audit}");
    // A new VM serves.
    until("a call is served", || Ok(site.call(&call("words=3", true)).ok().filter(|answer| answer.status == 200)))?;
    ensure!(site.testbed.envoy.vm_reloads()? > 0, "no VM was replaced");
    Ok(())
}

#[test]
fn a_vm_that_traps_while_calls_are_streamed_leaves_their_holds_to_the_lease() -> Result<()> {
    let mut site = start()?;
    let mut trapping = Http1::connect(site.testbed.envoy.address())?;
    let mut streaming = site.begin(&call("words=400 pause=20", true))?;
    until("it streams", || Ok(site.provider()?.served().first().filter(|call| call.output > 5).map(drop)))?;
    trap(&mut trapping)?;
    // What has begun breaks off; nobody is left to read it, and it is not passed on unread.
    let answer = streaming.read(false);
    ensure!(!matches!(&answer, Ok(Some(answer)) if is_whole(answer)), "{answer:?}");
    ensure!(site.testbed.companion.holds()? == 1, "{:?}", site.testbed.companion.ledger());
    require_nothing_held(&mut site, Ending::Expired)
}

#[test]
fn a_vm_that_traps_while_a_call_is_reserved_gives_its_client_a_definite_error() -> Result<()> {
    let mut site = start()?;
    let companion =
        site.testbed.companion.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).context("no id")?;
    // Until a trap comes in time: a reserve is not waited for for long.
    until("a VM traps while a call is reserved", || {
        until("a VM serves", || Ok(site.call(&call("words=1", false)).ok().filter(|answer| answer.status == 200)))?;
        let mut trapping = Http1::connect(site.testbed.envoy.address())?;
        let served = site.provider()?.count();
        kill_process(companion, Signal::STOP)?;
        let mut waiting = site.begin(&call("words=5", true))?;
        let trapped = trap(&mut trapping);
        let answer = waiting.read(false);
        kill_process(companion, Signal::CONT)?;
        trapped?;
        ensure!(site.provider()?.count() == served, "a call was made that nothing was held for");
        Ok(match answer {
            // The plugin's own, which did not trap in time.
            Ok(Some(answer)) if answer.text().contains("BUDGET_UNAVAILABLE") => None,
            Ok(Some(answer)) => {
                ensure!(answer.status >= 500, "{} {}", answer.status, answer.text());
                Some(())
            }
            // The connection ended: an error, too, and no answer that could be taken for one.
            Ok(None) | Err(_) => Some(()),
        })
    })?;
    require_nothing_held(&mut site, Ending::Committed)
}

fn is_whole(answer: &Response) -> bool {
    answer.status == 200 && answer.text().ends_with("data: [DONE]\n\n")
}
