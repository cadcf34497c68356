use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Parser;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};
use tollgate_policy::snapshot::Snapshot;

use crate::signing::KeyFile;

use super::super::output::capture;
use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

/// A folder with a policy in it, a key and another key's public part.
fn site() -> TempDir {
    let dir = tempdir().unwrap();
    let policy = "policies:\n  - {name: reader, resource: document, actions: [view], roles: [editor]}\n";
    fs::write(dir.path().join("a.yaml"), policy).unwrap();
    for id in ["ours", "theirs"] {
        let key = KeyFile::create(id, &dir.path().join(format!("{id}.key"))).unwrap();
        fs::write(dir.path().join(format!("{id}.pub")), serde_json::to_string(&key.public()).unwrap()).unwrap();
    }
    dir
}

/// Compiles the policy to this file; arguments that start with `@` name files of the folder.
fn compiled(dir: &TempDir, file: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let mut line = vec!["compile".to_owned(), path("a.yaml"), "-o".to_owned(), path(file)];
    line.extend(arguments.iter().map(|argument| argument.strip_prefix('@').map_or((*argument).to_owned(), path)));
    let args = Cli::try_parse_from(line).map_err(|error| error.to_string())?.args;
    let (exit, _, problems) = capture(|output| run(args, output));
    assert_eq!((exit.map_err(|error| format!("{error:#}"))?, problems.as_str()), (Exit::Success, ""));
    Ok(fs::read(dir.path().join(file)).unwrap())
}

fn read(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// The plugin's configuration in a filter's.
fn plugin(filter: &Value) -> Value {
    read(filter["config"]["configuration"]["value"].as_str().unwrap().as_bytes())
}

fn snapshot(plugin: &Value) -> Snapshot {
    Snapshot::decode(STANDARD.decode(plugin["standalone"]["snapshot"].as_str().unwrap()).unwrap()).unwrap()
}

const INLINE: [&str; 4] = ["--envoy", "inline", "--module", "/etc/envoy/plugin.wasm"];
const ECDS: [&str; 4] = ["--envoy", "ecds", "--module", "/etc/envoy/plugin.wasm"];

#[test]
fn an_inline_filter_holds_the_snapshot_and_what_the_guarantees_rest_on() {
    let filter = read(&compiled(&site(), "filter.json", &INLINE).unwrap());
    assert_eq!(filter["name"], "tollgate");
    let config = &filter["typed_config"]["config"];
    assert_eq!(config["failure_policy"], "FAIL_RELOAD");
    assert_eq!(config["allow_on_headers_stop_iteration"], true);
    assert_eq!(config["vm_config"]["code"]["local"]["filename"], "/etc/envoy/plugin.wasm");
    let plugin = plugin(&filter["typed_config"]);
    assert_eq!((&plugin["explain"], &plugin["forward"]), (&json!(false), &json!({})));
    assert_eq!(snapshot(&plugin).policy_count(), 1);
}

#[test]
fn a_file_for_discovery_names_its_resource_and_its_snapshot() {
    let options = ["--name", "edge", "--snapshot-version", "7"];
    let response = read(&compiled(&site(), "edge.json", &[&ECDS[..], &options].concat()).unwrap());
    let resource = &response["resources"][0];
    assert_eq!(resource["@type"], "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig");
    assert_eq!(
        (&resource["name"], &resource["typed_config"]["config"]["vm_config"]["vm_id"]),
        (&json!("edge"), &json!("edge"))
    );
    let snapshot = snapshot(&plugin(&resource["typed_config"]));
    assert_eq!(response["version_info"], format!("1.7 {}", snapshot.digest()));
}

#[test]
fn clients_and_the_upstream_are_told_what_is_asked_for() {
    let options = ["--explain", "--forward", "x-who=principal.id", "--forward", "x-why=decision.policy"];
    let filter = read(&compiled(&site(), "filter.json", &[&INLINE[..], &options].concat()).unwrap());
    let plugin = plugin(&filter["typed_config"]);
    assert_eq!(plugin["explain"], true);
    assert_eq!(plugin["forward"], json!({"x-who": "principal.id", "x-why": "decision.policy"}));
    for (bad, why) in [("x-who", "HEADER=FACT"), ("X-Who=principal.id", "lower-case"), ("x-who=principal", "no fact")] {
        let error = compiled(&site(), "filter.json", &[&INLINE[..], &["--forward", bad]].concat()).unwrap_err();
        assert!(error.contains(why), "{bad}: {error}");
    }
}

#[test]
fn what_is_signed_says_by_whom_and_only_trusted_keys_are_in_the_configuration() {
    let site = site();
    let signed = ["--sign-key", "@ours.key", "--audience", "prod"];
    let bare = Snapshot::decode(compiled(&site, "bare", &signed).unwrap()).unwrap();
    assert_eq!((&*bare.attestations()[0].key, &*bare.attestations()[0].audience), ("ours", "prod"));
    let without = read(&compiled(&site, "filter.json", &[&INLINE[..], &signed].concat()).unwrap());
    assert_eq!(plugin(&without["typed_config"])["standalone"].as_object().unwrap().len(), 1);
    let trust = ["--trust-key", "@theirs.pub", "--trust-key", "@ours.pub"];
    let with = read(&compiled(&site, "filter.json", &[&INLINE[..], &signed, &trust].concat()).unwrap());
    let standalone = &plugin(&with["typed_config"])["standalone"];
    assert_eq!((&standalone["audience"], &standalone["keys"][1]["id"]), (&json!("prod"), &json!("ours")));
    assert!(!with.to_string().contains("seed"));
}

#[test]
fn what_the_plugin_would_refuse_is_not_written() {
    let site = site();
    let signed = ["--sign-key", "@ours.key", "--audience", "prod"];
    for (options, why) in [
        (&["--trust-key", "@theirs.pub"][..], "the plugin would refuse"),
        (&["--trust-key", "@ours.key"], "no public key"),
        (&["--trust-key", "@missing"], "missing"),
    ] {
        let error = compiled(&site, "filter.json", &[&INLINE[..], &signed, options].concat()).unwrap_err();
        assert!(error.contains(why), "{options:?}: {error}");
    }
    let error = compiled(&site, "filter.pb", &ECDS).unwrap_err();
    assert!(error.contains("call it *.json"), "{error}");
    assert!(!site.path().join("filter.json").exists() && !site.path().join("filter.pb").exists());
}

#[test]
fn options_that_only_mean_something_together_are_given_together() {
    for alone in [
        &INLINE[..2],
        &INLINE[2..],
        &["--explain"],
        &["--sign-key", "@ours.key"],
        &["--audience", "prod"],
        &["--sign-key", "@ours.key", "--audience", "prod", "--trust-key", "@ours.pub"],
        &[&INLINE[..], &["--trust-key", "@ours.pub"]].concat(),
    ] {
        assert!(compiled(&site(), "x.json", alone).is_err(), "{alone:?}");
    }
}

#[test]
fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
    let site = site();
    let names = |site: &TempDir| fs::read_dir(site.path()).unwrap().count();
    let before = names(&site);
    compiled(&site, "snapshot", &[]).unwrap();
    compiled(&site, "snapshot", &[]).unwrap();
    assert_eq!(names(&site), before + 1);
    fs::create_dir(site.path().join("folder")).unwrap();
    assert!(compiled(&site, "folder", &[]).unwrap_err().contains("cannot write"));
    assert!(write::whole(Path::new("/nonexistent/snapshot"), b"").is_err());
}
