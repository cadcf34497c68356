use std::fs;

use anyhow::{Context, Result};
use tollgate_testbed::{SigningKey, Testbed, TestbedOptions, until};

use crate::decided::{Verdict, ask, trap};

use super::Site;

#[test]
fn a_filter_with_a_signed_snapshot_of_its_own_decides_from_the_first_request_on_and_after_a_trap() -> Result<()> {
    let site = Site::new()?;
    let key = SigningKey::make("2026-11", site.path())?;
    let (private, public) = (key.file.to_str().context("a path")?, site.path().join("2026-11.pub"));
    fs::write(&public, key.public.to_string())?;
    let public = public.to_str().context("a path")?;
    let options =
        ["--snapshot-version", "7", "--sign-key", private, "--audience", "prod", "--trust-key", public, "--explain"];
    let compiled = site.compile("first", "inline", &options)?;
    let testbed = Testbed::start_without_companion(&TestbedOptions {
        workers: 1,
        filter: Some(serde_json::from_slice(&fs::read(compiled)?)?),
        ..TestbedOptions::default()
    })?;
    let Verdict::Allowed(first) = ask(&testbed, "first")? else { anyhow::bail!("not allowed") };
    assert_eq!(first.snapshot.to_string(), "1.7");
    assert_eq!(ask(&testbed, "second")?, Verdict::Denied);
    trap(&testbed)?;
    let again = until("there is a VM again", || match ask(&testbed, "first")? {
        Verdict::Allowed(decided) => Ok(Some(decided)),
        Verdict::NoVm => Ok(None),
        other => anyhow::bail!("the new VM answers {other:?}"),
    })?;
    assert!(again.snapshot == first.snapshot && again.vm != first.vm, "{again:?} after {first:?}");
    assert_eq!(ask(&testbed, "second")?, Verdict::Denied);
    Ok(())
}
