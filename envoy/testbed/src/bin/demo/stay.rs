use anyhow::Result;
use tollgate_testbed::Testbed;

use crate::cast::{self, PEOPLE};

/// Prints what there is to try, and returns on Ctrl-C or SIGTERM.
pub(crate) fn until_interrupted(testbed: &Testbed) -> Result<()> {
    let envoy = testbed.envoy.address();
    let companion = testbed.companion.address();
    println!("requests    http://{envoy}");
    println!("envoy       http://{}", testbed.envoy.admin());
    println!("companion   http://{companion}/readyz  http://{companion}/metrics  http://{companion}/v1/workers");
    println!("policies    {}   (edit them; every worker follows)", testbed.policies().display());
    println!("\ntokens:");
    for who in PEOPLE {
        if let Some(authorization) = cast::authorization(&testbed.keys, who)? {
            println!("{}='authorization: {authorization}'", variable(who));
        }
    }
    println!("\nto try, once the tokens are pasted into the shell:");
    for (who, request, says) in [
        ("alice", "v1/users/alice/documents/plan", "her own: allowed"),
        ("alice", "v1/users/bob/documents/plan", "another's: refused"),
        ("bob", "v1/users/alice/documents/plan", "a manager: allowed"),
        ("mallory", "v1/users/mallory", "suspended: refused"),
    ] {
        println!("curl -sS -H \"${}\" http://{envoy}/{request}   # {says}", variable(who));
    }
    println!("curl -sS http://{envoy}/v1/public/terms.html   # anyone: allowed");
    println!("\nCtrl-C stops everything");
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(interrupted())
}

fn variable(who: &str) -> String {
    who.to_uppercase().replace('-', "_")
}

async fn interrupted() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => Ok(outcome?),
        _ = terminate.recv() => Ok(()),
    }
}
