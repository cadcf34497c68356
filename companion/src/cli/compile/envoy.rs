//! What Envoy reads: its HTTP filter, whose configuration holds the snapshot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use serde_json::{Value, json};
use tollgate_policy::snapshot::Snapshot;

use super::forward::Forward;
use super::signature::Signature;

const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const TYPED_EXTENSION: &str = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
const STRING: &str = "type.googleapis.com/google.protobuf.StringValue";

/// Endings of the names of files that Envoy reads as JSON, or as YAML, which JSON is.
const READABLE: [&str; 3] = ["json", "yaml", "yml"];

#[derive(Debug, clap::Args)]
pub(super) struct EnvoyArgs {
    /// Instead of the bare snapshot write Envoy's configuration with the snapshot in it: no daemon is needed
    #[arg(long, value_name = "FORM", requires = "module")]
    envoy: Option<Form>,
    /// The plugin's .wasm, where Envoy finds it
    #[arg(long, value_name = "FILE", requires = "envoy")]
    module: Option<PathBuf>,
    /// Names the filter, the extension's configuration and the VM
    #[arg(long, value_name = "NAME", requires = "envoy", default_value = "tollgate")]
    name: String,
    /// Tell refused clients the reason and the deciding policy
    #[arg(long, requires = "envoy")]
    explain: bool,
    /// Tell the upstream something of the decision in a header of its own; can be repeated
    #[arg(long, value_name = "HEADER=FACT", requires = "envoy")]
    forward: Vec<Forward>,
}

/// In what Envoy reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// An entry for `http_filters`
    Inline,
    /// A file for a `config_discovery` whose source is a path
    Ecds,
}

impl EnvoyArgs {
    /// Whether Envoy would read a file of this name.
    pub(super) fn check(&self, output: &Path) -> anyhow::Result<()> {
        let extension = output.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        ensure!(
            self.envoy != Some(Form::Ecds) || READABLE.contains(&extension),
            "`{}`: Envoy tells by a file's name how to read it: call it *.json",
            output.display()
        );
        Ok(())
    }

    /// What Envoy reads, if that is asked for.
    pub(super) fn configuration(
        &self,
        snapshot: &Snapshot,
        content: &[u8],
        signature: Option<&Signature>,
    ) -> anyhow::Result<Option<Value>> {
        let (Some(form), Some(module)) = (self.envoy, &self.module) else { return Ok(None) };
        let module = module.to_str().context("--module: Envoy's configuration can only name a path that is UTF-8")?;
        let filter = self.filter(module, self.plugin(content, signature));
        Ok(Some(match form {
            Form::Inline => json!({"name": self.name, "typed_config": filter}),
            Form::Ecds => json!({
                "version_info": format!("{} {}", snapshot.id(), snapshot.digest()),
                "resources": [{"@type": TYPED_EXTENSION, "name": self.name, "typed_config": filter}],
            }),
        }))
    }

    /// The plugin's configuration.
    fn plugin(&self, content: &[u8], signature: Option<&Signature>) -> Value {
        let mut standalone = json!({"snapshot": STANDARD.encode(content)});
        if let (Some(members), Some(signature)) = (standalone.as_object_mut(), signature) {
            members.extend(signature.required());
        }
        let forward: BTreeMap<_, _> = self.forward.iter().map(Forward::parts).collect();
        json!({"standalone": standalone, "explain": self.explain, "forward": forward})
    }

    fn filter(&self, module: &str, plugin: Value) -> Value {
        json!({
            "@type": WASM,
            "config": {
                "name": self.name,
                "root_id": "tollgate",
                // A trapped VM is replaced by the next request instead of failing the worker for good.
                "failure_policy": "FAIL_RELOAD",
                "reload_config": {"backoff": {"base_interval": "0.05s"}},
                // Lets body callbacks run while the request's headers are held.
                "allow_on_headers_stop_iteration": true,
                "vm_config": {
                    "vm_id": self.name,
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": module}},
                },
                // JSON in a string: Envoy hands a Struct to the plugin as encoded protobuf, which takes longer to read.
                "configuration": {"@type": STRING, "value": plugin.to_string()},
            },
        })
    }
}
