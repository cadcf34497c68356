use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::feed::Feed;
use crate::keys::{AUDIENCE, ISSUER};

const TEMPLATE: &str = include_str!("../../bootstrap.yaml");

const MANAGER: &str = "/filter_chains/0/filters/0/typed_config";

const FILTERS: &str = "/filter_chains/0/filters/0/typed_config/http_filters";

/// What makes Envoy strict about requests, in its connection manager's configuration.
const STRICTNESS: [&str; 3] = ["normalize_path", "merge_slashes", "path_with_escaped_slashes_action"];

/// `envoy/bootstrap.yaml` with its placeholders filled, and the variations that tests need.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// Envoy's admin interface.
    pub admin_port: u16,
    /// Where requests enter, in plain HTTP.
    pub listener_port: u16,
    /// Where allowed requests go.
    pub upstream_port: u16,
    /// Whether these go there over HTTP/2.
    pub upstream_http2: bool,
    /// The companion's feed.
    pub feed: Feed,
    /// Ports of other companions, among which it is one; they have plain feeds then.
    pub more_companions: Vec<u16>,
    /// The identity provider's public keys.
    pub jwks_file: PathBuf,
    /// The plugin's `.wasm`; without one the filter is left out.
    pub plugin: Option<PathBuf>,
    /// The plugin's whole configuration, in place of the template's.
    pub plugin_configuration: Option<Value>,
    /// A whole HTTP filter in the place of the template's with the plugin.
    pub filter: Option<Value>,
    /// Makes `jwt_authn` also put the verified claims into this header.
    pub forward_payload_header: Option<String>,
    /// Paths with this prefix have no token requirement at all: `jwt_authn` lets them pass untouched.
    pub without_jwt: Option<String>,
    /// Takes back what makes Envoy refuse or normalise requests before the plugin sees them, and lets heads be large.
    pub lax: bool,
    /// A second listener, with TLS, in front of the same filters.
    pub tls: Option<Tls>,
}

/// The TLS listener.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Where it listens.
    pub port: u16,
    /// Its certificate, PEM.
    pub certificate: PathBuf,
    /// The certificate's key, PEM.
    pub key: PathBuf,
    /// The authority whose client certificates are verified, PEM.
    pub trusted_ca: PathBuf,
    /// What it asks of clients.
    pub clients: ClientCertificates,
}

/// What the TLS listener asks of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// No connection without a certificate that verifies.
    Required,
    /// None, or one that verifies.
    Optional,
    /// None, or any at all: verified or not, the connection stands.
    Unverified,
}

impl Bootstrap {
    /// The complete configuration.
    ///
    /// # Errors
    ///
    /// When the template lacks something that is filled or varied here, or has a placeholder that nothing fills.
    pub fn render(&self) -> Result<Value> {
        let mut config: Value = serde_saphyr::from_str(TEMPLATE).context("envoy/bootstrap.yaml")?;
        let ingress = config.pointer_mut("/static_resources/listeners/0").context("the template has no listener")?;
        self.vary(ingress)?;
        let clusters = config.pointer_mut("/static_resources/clusters").and_then(Value::as_array_mut);
        for cluster in clusters.into_iter().flatten() {
            match name(cluster) {
                "tollgate_companion" => {
                    self.feed.connect(cluster)?;
                    add_endpoints(cluster, &self.more_companions)?;
                }
                "upstream" if self.upstream_http2 => speak_http2(cluster)?,
                _ => {}
            }
        }
        fill(&mut config, &|name| self.placeholder(name))?;
        if let Some(tls) = &self.tls {
            add_listener(&mut config, tls)?;
        }
        Ok(config)
    }

    fn vary(&self, ingress: &mut Value) -> Result<()> {
        if self.lax {
            relax(ingress)?;
        }
        let filters = ingress.pointer_mut(FILTERS).and_then(Value::as_array_mut);
        let filters = filters.context("the template's listener has no HTTP filters")?;
        if self.plugin.is_none() {
            filters.retain(|filter| name(filter) != "tollgate");
        }
        for filter in filters {
            if let ("tollgate", Some(own)) = (name(filter), &self.filter) {
                *filter = own.clone();
            }
            if let ("tollgate", Some(configuration)) = (name(filter), &self.plugin_configuration) {
                set(filter, "/typed_config/config/configuration/value", json!(configuration.to_string()))?;
            }
            if let ("envoy.filters.http.jwt_authn", Some(header)) = (name(filter), &self.forward_payload_header) {
                let provider = filter.pointer_mut("/typed_config/providers/demo").and_then(Value::as_object_mut);
                let provider = provider.context("the template has no token provider `demo`")?;
                provider.insert("forward_payload_header".to_owned(), json!(header));
            }
            if let ("envoy.filters.http.jwt_authn", Some(prefix)) = (name(filter), &self.without_jwt) {
                let rules = filter.pointer_mut("/typed_config/rules").and_then(Value::as_array_mut);
                rules.context("the template has no token rules")?.insert(0, json!({"match": {"prefix": prefix}}));
            }
        }
        Ok(())
    }

    fn placeholder(&self, name: &str) -> Option<String> {
        Some(match name {
            "ADMIN_PORT" => self.admin_port.to_string(),
            "LISTENER_PORT" => self.listener_port.to_string(),
            "UPSTREAM_PORT" => self.upstream_port.to_string(),
            "FEED_PORT" => self.feed.port().to_string(),
            "JWT_ISSUER" => ISSUER.to_owned(),
            "JWT_AUDIENCE" => AUDIENCE.to_owned(),
            "JWKS_FILE" => self.jwks_file.display().to_string(),
            "PLUGIN_WASM" => self.plugin.as_ref()?.display().to_string(),
            _ => return None,
        })
    }
}

fn relax(ingress: &mut Value) -> Result<()> {
    let manager = ingress.pointer_mut(MANAGER).and_then(Value::as_object_mut);
    let manager = manager.context("the template has no connection manager")?;
    for field in STRICTNESS {
        manager.remove(field).with_context(|| format!("the template does not set `{field}`"))?;
    }
    manager.insert("max_request_headers_kb".to_owned(), json!(1024));
    set(ingress, &format!("{MANAGER}/common_http_protocol_options"), json!({"max_headers_count": 1000}))
}

fn name(entry: &Value) -> &str {
    entry.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn set(config: &mut Value, pointer: &str, value: Value) -> Result<()> {
    *config.pointer_mut(pointer).with_context(|| format!("the template has nothing at `{pointer}`"))? = value;
    Ok(())
}

/// Replaces every string that is a placeholder.
fn fill(value: &mut Value, placeholder: &dyn Fn(&str) -> Option<String>) -> Result<()> {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
                match placeholder(name) {
                    Some(filled) => *text = filled,
                    None => bail!("nothing fills the placeholder `{text}` of envoy/bootstrap.yaml"),
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, placeholder)),
        Value::Object(fields) => fields.values_mut().try_for_each(|field| fill(field, placeholder)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Adds copies of a cluster's first endpoint, with these ports.
fn add_endpoints(cluster: &mut Value, ports: &[u16]) -> Result<()> {
    let endpoints = cluster.pointer_mut("/load_assignment/endpoints/0/lb_endpoints").and_then(Value::as_array_mut);
    let endpoints = endpoints.context("the companion's cluster has no endpoints")?;
    let first = endpoints.first().context("the companion's cluster has no endpoint")?.clone();
    for port in ports {
        let mut endpoint = first.clone();
        set(&mut endpoint, "/endpoint/address/socket_address/port_value", json!(port))?;
        endpoints.push(endpoint);
    }
    Ok(())
}

fn speak_http2(cluster: &mut Value) -> Result<()> {
    let options = json!({"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }});
    let cluster = cluster.as_object_mut().context("the upstream's cluster")?;
    cluster.insert("typed_extension_protocol_options".to_owned(), options);
    Ok(())
}

/// Adds a copy of the plain listener that speaks TLS.
fn add_listener(config: &mut Value, tls: &Tls) -> Result<()> {
    let listeners = config.pointer_mut("/static_resources/listeners").and_then(Value::as_array_mut);
    let listeners = listeners.context("the template has no listeners")?;
    let mut listener = listeners.first().context("the template has no listener")?.clone();
    set(&mut listener, "/name", json!("ingress_tls"))?;
    set(&mut listener, "/address/socket_address/port_value", json!(tls.port))?;
    let verification = match tls.clients {
        ClientCertificates::Required | ClientCertificates::Optional => "VERIFY_TRUST_CHAIN",
        ClientCertificates::Unverified => "ACCEPT_UNTRUSTED",
    };
    let chain = listener.pointer_mut("/filter_chains/0").and_then(Value::as_object_mut);
    chain.context("the template's listener has no filter chain")?.insert(
        "transport_socket".to_owned(),
        json!({
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                "require_client_certificate": tls.clients == ClientCertificates::Required,
                "common_tls_context": {
                    "alpn_protocols": ["h2", "http/1.1"],
                    "tls_certificates": [{
                        "certificate_chain": {"filename": tls.certificate},
                        "private_key": {"filename": tls.key},
                    }],
                    "validation_context": {
                        "trusted_ca": {"filename": tls.trusted_ca},
                        "trust_chain_verification": verification,
                    },
                },
            },
        }),
    );
    listeners.push(listener);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bootstrap() -> Bootstrap {
        Bootstrap {
            admin_port: 1,
            listener_port: 2,
            upstream_port: 3,
            upstream_http2: false,
            feed: Feed::Plain(4),
            more_companions: Vec::new(),
            jwks_file: "/jwks.json".into(),
            plugin: Some("/plugin.wasm".into()),
            plugin_configuration: None,
            filter: None,
            forward_payload_header: None,
            without_jwt: None,
            lax: false,
            tls: None,
        }
    }

    #[test]
    fn every_placeholder_of_the_template_is_filled() {
        let config = bootstrap().render().unwrap().to_string();
        assert!(!config.contains("${"), "{config}");
        assert!(config.contains("/plugin.wasm") && config.contains("tollgate_companion"));
    }

    #[test]
    fn an_unknown_placeholder_is_an_error() {
        let error = fill(&mut json!({"port": "${NO_SUCH_PORT}"}), &|name| bootstrap().placeholder(name)).unwrap_err();
        assert!(error.to_string().contains("NO_SUCH_PORT"), "{error}");
    }

    #[test]
    fn without_a_plugin_its_filter_is_left_out() {
        let config = Bootstrap { plugin: None, ..bootstrap() }.render().unwrap().to_string();
        assert!(!config.contains("extensions.filters.http.wasm"), "{config}");
        assert!(config.contains("jwt_authn"));
    }

    #[test]
    fn a_lax_envoy_lacks_what_makes_it_strict() {
        let config = Bootstrap { lax: true, ..bootstrap() }.render().unwrap().to_string();
        assert!(!config.contains("normalize_path") && !config.contains("headers_with_underscores_action"), "{config}");
    }

    #[test]
    fn a_filter_of_ones_own_takes_the_place_of_the_plugins() {
        let filter = Some(json!({"name": "tollgate", "config_discovery": {}}));
        let config = Bootstrap { filter, ..bootstrap() }.render().unwrap().to_string();
        assert!(config.contains("config_discovery") && !config.contains("extensions.filters.http.wasm"), "{config}");
    }

    #[test]
    fn a_socket_takes_the_place_of_the_feeds_port() {
        let feed = Feed::Socket("/run/feed.sock".into());
        let config = Bootstrap { feed, ..bootstrap() }.render().unwrap();
        let endpoint =
            config.pointer("/static_resources/clusters/1/load_assignment/endpoints/0/lb_endpoints/0/endpoint");
        assert_eq!(endpoint, Some(&json!({"address": {"pipe": {"path": "/run/feed.sock"}}})));
    }

    #[test]
    fn more_companions_are_more_endpoints() {
        let config = Bootstrap { more_companions: vec![5, 6], ..bootstrap() }.render().unwrap();
        let endpoints =
            config.pointer("/static_resources/clusters/1/load_assignment/endpoints/0/lb_endpoints").unwrap();
        let ports = endpoints.as_array().unwrap().iter();
        let ports: Vec<_> =
            ports.map(|one| one.pointer("/endpoint/address/socket_address/port_value").unwrap().to_string()).collect();
        assert_eq!(ports, ["\"4\"", "5", "6"]);
    }

    #[test]
    fn variations_land_where_envoy_reads_them() {
        let varied = Bootstrap {
            plugin_configuration: Some(json!({"explain": true})),
            forward_payload_header: Some("x-jwt-payload".to_owned()),
            without_jwt: Some("/open/".to_owned()),
            ..bootstrap()
        };
        let config = varied.render().unwrap().to_string();
        assert!(config.contains(r#""value":"{\"explain\":true}""#), "{config}");
        assert!(config.contains(r#""forward_payload_header":"x-jwt-payload""#), "{config}");
        assert!(config.contains(r#""rules":[{"match":{"prefix":"/open/"}},"#), "{config}");
    }
}
