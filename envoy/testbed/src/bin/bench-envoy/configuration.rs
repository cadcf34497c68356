//! Envoy's configuration: the shipped listener again and again, each time with other filters.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tollgate_testbed::{Bootstrap, Feed, artifacts};

use crate::rbac::{self, Form};
use crate::variant::Variant;
use crate::workload::Policy;

/// The cluster of the external authorizer.
pub(crate) const AUTHORIZER: &str = "authorizer";

/// What stands before the router.
pub(crate) fn filters(variant: Variant, policies: &[Policy]) -> Result<Vec<Value>> {
    let mut filters: Vec<Value> = variant.identity().filter().into_iter().collect();
    match variant {
        Variant::Bare => {}
        Variant::Noop | Variant::ClaimsNoop => {
            filters.push(wasm(variant, &artifacts::guest("tollgate_noop_guest")?, ""));
        }
        Variant::Tollgate | Variant::ClaimsTollgate => {
            let configuration = json!({"feed": {"cluster": variant.identity().cluster()}});
            filters.push(wasm(variant, &artifacts::plugin()?, &configuration.to_string()));
        }
        Variant::RbacMatchers => filters.extend(rbac::filters(policies, Form::Matchers)),
        Variant::RbacCel => filters.extend(rbac::filters(policies, Form::Cel)),
        Variant::RbacTree => filters.extend(rbac::filters(policies, Form::Tree)),
        Variant::ExtAuthz => filters.push(json!({
            "name": "ext_authz",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
                "transport_api_version": "V3",
                "grpc_service": {"envoy_grpc": {"cluster_name": AUTHORIZER}, "timeout": "5s"},
            },
        })),
    }
    Ok(filters)
}

/// A filter in WebAssembly, in a VM of its own.
pub(crate) fn wasm(variant: Variant, module: &Path, configuration: &str) -> Value {
    json!({
        "name": "wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": variant.name(),
                "root_id": variant.name(),
                "failure_policy": "FAIL_RELOAD",
                "allow_on_headers_stop_iteration": true,
                "vm_config": {
                    "vm_id": variant.name(),
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": module}},
                },
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": configuration,
                },
            },
        },
    })
}

/// The shipped listener with these filters, whose route answers by itself.
pub(crate) fn listener(variant: Variant, port: u16, filters: Vec<Value>) -> Result<Value> {
    let shipped = Bootstrap {
        admin_port: 0,
        listener_port: port,
        upstream_port: 0,
        upstream_http2: false,
        more_companions: Vec::new(),
        feed: Feed::Plain(0),
        jwks_file: PathBuf::new(),
        plugin: None,
        plugin_configuration: None,
        filter: None,
        forward_payload_header: None,
        without_jwt: None,
        lax: false,
        tls: None,
    };
    let mut listener = shipped.render()?.pointer("/static_resources/listeners/0").context("no listener")?.clone();
    let manager = listener.pointer_mut("/filter_chains/0/filters/0/typed_config").and_then(Value::as_object_mut);
    let manager = manager.context("no connection manager")?;
    let router = manager.get("http_filters").and_then(Value::as_array).and_then(|filters| filters.last()).cloned();
    let filters: Vec<Value> = filters.into_iter().chain(router).collect();
    manager.insert("http_filters".to_owned(), json!(filters));
    manager.insert("stat_prefix".to_owned(), json!(variant.name()));
    let routes = json!([{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]);
    let host = json!({"name": "everything", "domains": ["*"], "routes": routes});
    manager.insert("route_config".to_owned(), json!({"name": "direct", "virtual_hosts": [host]}));
    if let Some(fields) = listener.as_object_mut() {
        fields.insert("name".to_owned(), json!(variant.name()));
    }
    Ok(listener)
}

/// A cluster of one server that speaks gRPC.
pub(crate) fn cluster(name: &str, address: SocketAddr) -> Value {
    let endpoint = json!({"address": {"socket_address": {"address": address.ip(), "port_value": address.port()}}});
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            },
        },
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}]},
    })
}

/// All of it.
pub(crate) fn config(admin: u16, listeners: &[Value], clusters: &[Value]) -> Value {
    json!({
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin}}},
        "static_resources": {"listeners": listeners, "clusters": clusters},
    })
}
