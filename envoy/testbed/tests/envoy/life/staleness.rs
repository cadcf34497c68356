use anyhow::Result;
use serde_json::json;
use tollgate_testbed::until;

use crate::decided::{Verdict, ask, telling};

use super::site::start_with;

#[test]
fn what_nobody_confirms_for_too_long_decides_no_more_until_somebody_does() -> Result<()> {
    let mut configuration = telling();
    configuration["feed"]["max_staleness"] = json!("3s");
    let mut testbed = start_with("first", |options| options.plugin_configuration = Some(configuration))?;
    assert!(matches!(ask(&testbed, "first")?, Verdict::Allowed(_)));
    testbed.companion.kill()?;
    for page in ["first", "second"] {
        until("the snapshot is too stale to decide with", || match ask(&testbed, page)? {
            Verdict::Undecided => Ok(Some(())),
            // One worker gives it up a little before the other.
            Verdict::Allowed(_) if page == "first" => Ok(None),
            Verdict::Denied if page == "second" => Ok(None),
            other => anyhow::bail!("`{page}` was answered {other:?}"),
        })?;
    }
    until("envoy's statistics say so", || {
        let stat = |name| testbed.envoy.stat(&format!("wasmcustom.tollgate.{name}"));
        let (staleness, stale) = (stat("snapshot.staleness_seconds")?, stat("decisions.verdict.stale")?);
        Ok((staleness >= Some(3) && stale >= Some(2)).then_some(()))
    })?;
    testbed.companion.start()?;
    until("the snapshot is confirmed", || match ask(&testbed, "first")? {
        Verdict::Allowed(_) => Ok(Some(())),
        Verdict::Undecided => Ok(None),
        other => anyhow::bail!("answered {other:?}"),
    })?;
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}
