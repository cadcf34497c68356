use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};
use tollgate_testbed::client::Http1;
use tollgate_testbed::{SnapshotId, Testbed, TestbedOptions, until};

use crate::decided::{Decided, Verdict, ask, ask_on};
use crate::life::site::status;

use super::Site;

/// So many that connections come to both workers, however the kernel spreads them.
const CLIENTS: usize = 16;

const LAST: u64 = 10;

/// The page that is seen with this version.
fn page(version: u64) -> &'static str {
    if version.is_multiple_of(2) { "even" } else { "odd" }
}

fn compile(site: &Site, version: u64) -> Result<()> {
    site.compile(page(version), "ecds", &["--snapshot-version", &version.to_string()]).map(drop)
}

/// An Envoy with two workers that discovers its filter in a file.
fn start(site: &Site) -> Result<Testbed> {
    Testbed::start_without_companion(&TestbedOptions {
        filter: Some(json!({
            "name": "tollgate",
            "config_discovery": {
                "config_source": {
                    "path_config_source": {"path": site.path().join("ecds.json")},
                    "resource_api_version": "V3",
                },
                "type_urls": ["type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"],
            },
        })),
        ..TestbedOptions::default()
    })
}

#[test]
fn a_file_that_is_compiled_again_swaps_the_policies_of_every_worker_and_every_request_is_decided() -> Result<()> {
    let site = Site::new()?;
    compile(&site, 1)?;
    let testbed = start(&site)?;
    let (address, published) = (testbed.envoy.address(), AtomicU64::new(1));
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| client(address, &published))).collect();
        let swapped = (2..=LAST).try_for_each(|version| {
            compile(&site, version)?;
            until("the version decides", || {
                let verdict = ask(&testbed, page(version))?;
                Ok(matches!(verdict, Verdict::Allowed(by) if by.snapshot.version == version).then_some(()))
            })?;
            published.store(version, Ordering::SeqCst);
            anyhow::Ok(())
        });
        // Also if there was an error: the clients end with it.
        published.store(LAST, Ordering::SeqCst);
        let mut vms = BTreeSet::new();
        for client in clients {
            vms.extend(client.join().map_err(|_| anyhow!("a client panicked"))??);
        }
        swapped?;
        ensure!(vms.len() == 2, "connections came to {} workers", vms.len());
        Ok(())
    })?;
    assert_eq!(testbed.envoy.vm_reloads()?, 0);
    Ok(())
}

/// Asks on one connection until the last version decides there. No version is older than the one before, and every one allows
/// its own page only. Says which VM it was.
fn client(address: SocketAddr, published: &AtomicU64) -> Result<Option<String>> {
    let mut connection = Http1::connect(address)?;
    let mut last = None;
    let mut patience = 2000;
    while patience > 0 {
        for asked in ["odd", "even"] {
            match ask_on(&mut connection, asked)? {
                Verdict::Denied => {}
                Verdict::Allowed(by) => {
                    ensure!(page(by.snapshot.version) == asked, "version {:?} has allowed `{asked}`", by.snapshot);
                    let before = last.replace(by.snapshot);
                    ensure!(before <= last, "{last:?} after {before:?}");
                    if by.snapshot.version == LAST {
                        return Ok(Some(by.vm));
                    }
                }
                other => bail!("a request was not decided: {other:?}"),
            }
        }
        // Every worker follows soon after the first.
        patience -= u32::from(published.load(Ordering::SeqCst) == LAST);
        thread::sleep(Duration::from_millis(1));
    }
    bail!("the last version never came: {last:?}")
}

#[test]
fn a_file_with_a_broken_snapshot_is_refused_and_the_one_before_goes_on() -> Result<()> {
    let site = Site::new()?;
    compile(&site, 1)?;
    let testbed = start(&site)?;
    let decided = |verdict: Verdict| match verdict {
        Verdict::Allowed(Decided { snapshot, .. }) => Ok(snapshot),
        other => bail!("{other:?}"),
    };
    let first = SnapshotId { epoch: 1, version: 1 };
    assert_eq!(decided(ask(&testbed, page(1))?)?, first);
    let refused = "extension_config_discovery.http_filter.tollgate.update_rejected";
    let file = site.path().join("ecds.json");
    for (number, damage) in [(1, flip as fn(&mut String)), (2, String::clear)] {
        damaged(&file, damage)?;
        until("envoy refuses the file", || Ok(testbed.envoy.stat(refused)?.filter(|count| *count >= number)))?;
        for _ in 0..20 {
            assert_eq!(decided(ask(&testbed, page(1))?)?, first);
            assert_eq!(ask(&testbed, page(2))?, Verdict::Denied);
        }
        compile(&site, 1)?;
    }
    compile(&site, 2)?;
    until("a sound file is taken again", || {
        Ok(matches!(ask(&testbed, page(2))?, Verdict::Allowed(by) if by.snapshot.version == 2).then_some(()))
    })?;
    Ok(())
}

#[test]
fn without_a_sound_file_nobody_is_let_through_until_there_is_one() -> Result<()> {
    let site = Site::new()?;
    compile(&site, 1)?;
    damaged(&site.path().join("ecds.json"), flip)?;
    let testbed = start(&site)?;
    for page in ["odd", "even"] {
        assert_eq!(status(&testbed, page)?, 500);
    }
    assert_eq!(testbed.upstream.requests(), 0);
    compile(&site, 1)?;
    until("the sound file is taken", || {
        Ok(match status(&testbed, "odd")? {
            200 => Some(()),
            500 => None,
            other => bail!("answered {other}"),
        })
    })?;
    assert_eq!(ask(&testbed, "even")?, Verdict::Denied);
    Ok(())
}

/// Changes the snapshot in the file, as a careless tool would.
fn damaged(file: &Path, damage: fn(&mut String)) -> Result<()> {
    let mut response: Value = serde_json::from_slice(&fs::read(file)?)?;
    let value = "/resources/0/typed_config/config/configuration/value";
    let configuration = response.pointer_mut(value).context("the plugin's configuration")?;
    let mut plugin: Value = serde_json::from_str(configuration.as_str().context("a string")?)?;
    let Some(Value::String(snapshot)) = plugin.pointer_mut("/standalone/snapshot") else { bail!("no snapshot") };
    damage(snapshot);
    *configuration = json!(plugin.to_string());
    let beside = file.with_extension("new");
    fs::write(&beside, response.to_string())?;
    Ok(fs::rename(&beside, file)?)
}

/// Another character in the middle.
fn flip(base64: &mut String) {
    let middle = base64.len() / 2;
    let other = if base64.get(middle..=middle) == Some("A") { "B" } else { "A" };
    base64.replace_range(middle..=middle, other);
}
