use std::path::PathBuf;

use anyhow::ensure;

use crate::feed::{FeedConfig, NodePattern, Signing};
use crate::net::{Address, TlsFiles};

/// Where the feed is, who may connect, and who vouches for what is sent.
#[derive(Debug, clap::Args)]
pub(super) struct FeedArgs {
    /// Where plugin VMs connect: an address, or unix:/path/to/socket
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9902")]
    feed: Address,
    /// Certificate that the feed shows, as PEM; read again when it changes
    #[arg(long, value_name = "FILE", requires_all = ["feed_key", "feed_client_ca"])]
    feed_cert: Option<PathBuf>,
    /// Private key of --feed-cert, as PEM
    #[arg(long, value_name = "FILE", requires = "feed_cert")]
    feed_key: Option<PathBuf>,
    /// Authorities whose clients may connect to the feed, as PEM
    #[arg(long, value_name = "FILE", requires = "feed_cert")]
    feed_client_ca: Option<PathBuf>,
    /// Admit only nodes with such an id, where * stands for any text; can be repeated
    #[arg(long, value_name = "PATTERN")]
    admit_node: Vec<NodePattern>,
    /// Sign snapshots with this key: a file of `tollgate key new`
    #[arg(long, value_name = "FILE", requires = "audience")]
    sign_key: Option<PathBuf>,
    /// For whom snapshots are signed: what the plugins are configured with
    #[arg(long, value_name = "NAME", requires = "sign_key")]
    audience: Option<String>,
}

impl FeedArgs {
    pub(super) fn config(self, allow_non_loopback: bool) -> anyhow::Result<FeedConfig> {
        let FeedArgs { feed: address, feed_cert, feed_key, feed_client_ca, admit_node, sign_key, audience } = self;
        let tls = match (feed_cert, feed_key, feed_client_ca) {
            (Some(certificate), Some(key), Some(client_ca)) => Some(TlsFiles { certificate, key, client_ca }),
            _ => None,
        };
        ensure!(
            allow_non_loopback || tls.is_some() || !address.is_exposed(),
            "--feed {address} can be reached from outside and asks nobody who they are: use a loopback address, a Unix \
             socket, or --feed-cert, --feed-key and --feed-client-ca, or say --allow-non-loopback"
        );
        let signing = sign_key.zip(audience).map(|(key, audience)| Signing { key, audience });
        Ok(FeedConfig { address, tls, admitted: admit_node, signing })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        feed: FeedArgs,
    }

    fn config(arguments: &[&str]) -> Result<FeedConfig, String> {
        let cli = Cli::try_parse_from([&["tollgate"], arguments].concat()).map_err(|error| error.to_string())?;
        cli.feed.config(false).map_err(|error| error.to_string())
    }

    const TLS: [&str; 6] = ["--feed-cert", "c", "--feed-key", "k", "--feed-client-ca", "a"];

    #[test]
    fn an_address_that_others_reach_needs_mutual_tls() {
        let exposed = ["--feed", "0.0.0.0:9902"];
        assert!(config(&exposed).unwrap_err().contains("--feed-client-ca"));
        assert!(config(&[&exposed[..], &TLS].concat()).unwrap().tls.is_some());
        assert!(config(&["--feed", "unix:/run/feed.sock"]).is_ok());
        assert!(config(&[]).is_ok());
    }

    #[test]
    fn options_that_only_mean_something_together_are_given_together() {
        for alone in [&TLS[..2], &TLS[..4], &TLS[2..], &["--sign-key", "k"], &["--audience", "a"]] {
            assert!(config(alone).is_err(), "{alone:?}");
        }
        assert!(config(&["--sign-key", "k", "--audience", "prod"]).unwrap().signing.is_some());
    }

    #[test]
    fn several_patterns_of_nodes_can_be_given() {
        let admitted = config(&["--admit-node", "edge-*", "--admit-node", "lab"]).unwrap().admitted;
        assert!(admitted[0].matches("edge-7") && admitted[1].matches("lab"));
    }
}
