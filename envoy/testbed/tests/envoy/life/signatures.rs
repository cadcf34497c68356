use anyhow::Result;
use serde_json::json;
use tempfile::TempDir;
use tollgate_testbed::{Signing, SigningKey, Testbed, TestbedOptions, Transport, until};

use crate::gate::plugin_configuration;

use super::site::{only, options, save, status};

#[test]
fn only_what_a_known_key_has_signed_for_the_audience_is_enforced_over_mutual_tls() -> Result<()> {
    let (folder, keys) = (TempDir::new()?, TempDir::new()?);
    let key = |id| SigningKey::make(id, keys.path());
    let (old, new, stranger) = (key("old")?, key("new")?, key("stranger")?);
    let mut configuration = plugin_configuration();
    configuration["feed"]["audience"] = json!("prod");
    configuration["feed"]["keys"] = json!([old.public, new.public]);
    let mut testbed = Testbed::start(&TestbedOptions {
        transport: Transport::MutualTls,
        plugin_configuration: Some(configuration),
        ..options(&folder, "first")?
    })?;
    refused(&testbed, "it is not signed")?;
    assert_eq!(status(&testbed, "first")?, 503);
    sign(&mut testbed, old.signing_for("staging"))?;
    refused(&testbed, "signed for the audience `staging`")?;
    assert_eq!(status(&testbed, "first")?, 503);
    sign(&mut testbed, old.signing_for("prod"))?;
    testbed.wait_enforced()?;
    assert_eq!(status(&testbed, "first")?, 200);

    sign(&mut testbed, new.signing_for("prod"))?;
    save(&testbed, &only("second"))?;
    until("what the other key has signed is enforced", || {
        testbed.wait_enforced()?;
        Ok((status(&testbed, "second")? == 200).then_some(()))
    })?;
    sign(&mut testbed, stranger.signing_for("prod"))?;
    save(&testbed, &only("third"))?;
    refused(&testbed, "signed with `stranger`, which is none of the configured keys")?;
    assert_eq!((status(&testbed, "second")?, status(&testbed, "third")?), (200, 403));
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}

/// Has the companion sign in this way from now on.
fn sign(testbed: &mut Testbed, signing: Signing) -> Result<()> {
    testbed.companion.terminate()?;
    testbed.companion.options().signing = Some(signing);
    testbed.companion.start()
}

/// Waits until every VM has said that it refuses what it was sent, and why.
fn refused(testbed: &Testbed, why: &str) -> Result<()> {
    until(&format!("every VM refuses it: {why}"), || {
        let workers = testbed.companion.workers()?.workers;
        let refused = |nack: &tollgate_testbed::Nack| nack.reason.contains(why);
        let refusing = workers.iter().filter(|worker| worker.last_nack.as_ref().is_some_and(refused)).count();
        Ok((refusing > testbed.workers()).then_some(()))
    })
}
