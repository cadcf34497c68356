use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::certificates::{Authority, San};
use crate::ports::loopback;

/// How Envoy and the companion reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Over a port, which asks nobody who they are.
    Plain,
    /// Over a port, where each shows the other a certificate.
    MutualTls,
    /// Over a socket in the file system.
    Socket,
}

/// Where the feed is; both sides are told the same.
#[derive(Clone, Debug)]
pub enum Feed {
    /// A loopback port.
    Plain(u16),
    /// A loopback port with certificates.
    MutualTls(u16, FeedCertificates),
    /// A socket.
    Socket(PathBuf),
}

/// Files of certificates for both sides of a feed, and of the authority that has issued them.
#[derive(Clone, Debug)]
pub struct FeedCertificates {
    folder: PathBuf,
}

impl Feed {
    pub(crate) fn new(transport: Transport, port: u16, authority: &Authority, folder: &Path) -> Result<Self> {
        Ok(match transport {
            Transport::Plain => Feed::Plain(port),
            Transport::MutualTls => Feed::MutualTls(port, FeedCertificates::issue(authority, folder)?),
            Transport::Socket => Feed::Socket(folder.join("feed.sock")),
        })
    }

    /// Tells the companion.
    pub(crate) fn serve(&self, command: &mut Command) {
        match self {
            Feed::Plain(port) => command.args(["--feed", &loopback(*port).to_string()]),
            Feed::MutualTls(port, certificates) => {
                command.args(["--feed", &loopback(*port).to_string()]);
                command.arg("--feed-cert").arg(certificates.file("companion.pem"));
                command.arg("--feed-key").arg(certificates.file("companion.key"));
                command.arg("--feed-client-ca").arg(certificates.file("ca.pem"))
            }
            Feed::Socket(path) => command.arg("--feed").arg(format!("unix:{}", path.display())),
        };
    }

    /// What the template has for the port; it is not looked at where there is a socket.
    pub(crate) fn port(&self) -> u16 {
        match self {
            Feed::Plain(port) | Feed::MutualTls(port, _) => *port,
            Feed::Socket(_) => 0,
        }
    }

    /// Tells Envoy, in the companion's cluster.
    pub(crate) fn connect(&self, cluster: &mut Value) -> Result<()> {
        match self {
            Feed::Plain(_) => {}
            Feed::MutualTls(_, certificates) => {
                let cluster = cluster.as_object_mut().context("the companion's cluster")?;
                cluster.insert("transport_socket".to_owned(), certificates.client());
            }
            Feed::Socket(path) => {
                let endpoint = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint";
                let endpoint = cluster.pointer_mut(endpoint).context("the companion's endpoint")?;
                *endpoint = json!({"address": {"pipe": {"path": path}}});
            }
        }
        Ok(())
    }
}

impl FeedCertificates {
    fn issue(authority: &Authority, folder: &Path) -> Result<Self> {
        let certificates = FeedCertificates { folder: folder.join("feed") };
        std::fs::create_dir_all(&certificates.folder)?;
        authority.write_root(&certificates.file("ca.pem"))?;
        let sides = [("companion", San::Ip(Ipv4Addr::LOCALHOST.into())), ("envoy", San::Dns("envoy.internal"))];
        for (side, san) in sides {
            let (certificate, key) = (format!("{side}.pem"), format!("{side}.key"));
            authority.issue(&[san])?.write(&certificates.file(&certificate), &certificates.file(&key))?;
        }
        Ok(certificates)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn client(&self) -> Value {
        json!({
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                "common_tls_context": {
                    "tls_certificates": [{
                        "certificate_chain": {"filename": self.file("envoy.pem")},
                        "private_key": {"filename": self.file("envoy.key")},
                    }],
                    "validation_context": {
                        "trusted_ca": {"filename": self.file("ca.pem")},
                        "match_typed_subject_alt_names": [{"san_type": "IP_ADDRESS", "matcher": {"exact": "127.0.0.1"}}],
                    },
                },
            },
        })
    }
}
