use std::path::PathBuf;

use anyhow::{Context, bail};
use tollgate_policy::identity::PrincipalClaims;

use crate::cli::args::Format;

use super::principal;
use super::request::HttpRequest;
use super::resource::ResourceArg;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// File, or folder of files, of the policy set; may be repeated
    #[arg(long, required = true, value_name = "DIR|FILE")]
    pub(super) policies: Vec<PathBuf>,
    /// Who asks, as JSON: id, roles, source (name of an identity source), and any attributes
    #[arg(long, value_name = "JSON", conflicts_with_all = ["id", "role", "source"])]
    principal: Option<String>,
    /// Id of who asks; without --id and --principal it is a caller without identity
    #[arg(long)]
    id: Option<String>,
    /// A role of who asks; may be repeated
    #[arg(long, requires = "id")]
    role: Vec<String>,
    /// Name of the identity source that vouches for who asks
    #[arg(long, requires = "id")]
    source: Option<String>,
    /// Which operation
    #[arg(long, requires = "resource", conflicts_with = "request")]
    action: Option<String>,
    /// On what, as JSON: kind, id, and any attributes
    #[arg(long, value_name = "JSON", requires = "action")]
    resource: Option<String>,
    /// An HTTP request, to be decided through the routes: 'GET /v1/users/alice/documents/1'
    #[arg(long, value_name = "METHOD PATH", required_unless_present = "action")]
    request: Option<String>,
    /// A header of the request, 'name: value'; may be repeated
    #[arg(long, value_name = "HEADER", requires = "request")]
    header: Vec<String>,
    /// The host that the request is for
    #[arg(long, default_value = "localhost")]
    host: String,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
}

/// What is to be decided.
#[derive(Debug)]
pub(super) enum Question {
    Resource { action: String, resource: ResourceArg },
    Request(HttpRequest),
}

impl Args {
    /// Who asks; `None` is a caller without identity.
    pub(super) fn principal(&self) -> anyhow::Result<Option<PrincipalClaims>> {
        if let Some(json) = &self.principal {
            return principal::parse(json).context("--principal").map(Some);
        }
        Ok(self.id.clone().map(|id| PrincipalClaims {
            id,
            roles: self.role.clone(),
            source: self.source.clone(),
            ..PrincipalClaims::default()
        }))
    }

    pub(super) fn question(&self) -> anyhow::Result<Question> {
        match (&self.action, &self.resource, &self.request) {
            (Some(action), Some(resource), None) => {
                let resource = ResourceArg::parse(resource).context("--resource")?;
                Ok(Question::Resource { action: action.clone(), resource })
            }
            (None, None, Some(request)) => HttpRequest::parse(request, &self.host, &self.header).map(Question::Request),
            _ => bail!("say either --action and --resource, or --request"),
        }
    }
}
