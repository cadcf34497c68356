use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context, bail};
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::time::Timestamp;

use crate::ask::{Circumstances, HttpRequest, ResourceFixture};
use crate::cli::args::Format;

use super::{principal, request, resource};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// File, or folder of files, of the policy set; may be repeated
    #[arg(long, required = true, value_name = "DIR|FILE")]
    pub(super) policies: Vec<PathBuf>,
    /// Who asks, as JSON: id, roles, source (name of an identity source), scope, and any attributes
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
    #[arg(long, requires = "resource")]
    action: Option<String>,
    /// On what, as JSON: kind, id, scope, and any attributes
    #[arg(long, value_name = "JSON", requires = "action")]
    resource: Option<String>,
    /// An HTTP request, to be decided through the routes: 'GET /v1/users/alice/documents/1'. Beside --resource it goes through
    /// no route, and is what conditions read
    #[arg(long, value_name = "METHOD PATH", required_unless_present = "action")]
    request: Option<String>,
    /// A header of the request, 'name: value'; may be repeated
    #[arg(long, value_name = "HEADER", requires = "request")]
    header: Vec<String>,
    /// The JSON body of the request, or @FILE that holds it
    #[arg(long, value_name = "JSON|@FILE", requires = "request")]
    body: Option<String>,
    /// When the question is asked, such as 2026-01-01T00:00:00Z; the clock's time by default
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// Where the request comes from, such as 10.0.0.1:5000 or [::1]:5000
    #[arg(long, value_name = "ADDRESS")]
    from: Option<SocketAddr>,
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
    Resource {
        action: String,
        resource: ResourceFixture,
        /// What conditions read of a request, which goes through no route.
        request: Option<HttpRequest>,
    },
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

    pub(in crate::cli) fn format(&self) -> Format {
        self.format
    }

    /// When and where the question is asked from.
    pub(super) fn circumstances(&self) -> anyhow::Result<Circumstances> {
        let time = match &self.now {
            Some(text) => Timestamp::parse(text)
                .with_context(|| format!("--now `{text}` is not a time; write it as 2026-01-01T00:00:00Z"))?,
            None => now()?,
        };
        Ok(Circumstances { time: Some(time), source: self.from })
    }

    pub(super) fn question(&self) -> anyhow::Result<Question> {
        match (&self.action, &self.resource) {
            (Some(action), Some(resource)) => {
                let resource = resource::parse(resource).context("--resource")?;
                let request = self.http_request()?;
                if request.as_ref().is_some_and(|request| request.target.contains('?')) {
                    bail!("no condition reads the query of a request that goes through no route: remove it");
                }
                Ok(Question::Resource { action: action.clone(), resource, request })
            }
            (None, None) => {
                self.http_request()?.context("say --action and --resource, or --request").map(Question::Request)
            }
            _ => bail!("--action and --resource go together"),
        }
    }

    fn http_request(&self) -> anyhow::Result<Option<HttpRequest>> {
        let Some(request) = &self.request else { return Ok(None) };
        let mut request = request::parse(request, &self.host, &self.header)?;
        if let Some(body) = &self.body {
            request.set_body(read_body(body)?);
        }
        Ok(Some(request))
    }
}

/// The time on this machine's clock.
fn now() -> anyhow::Result<Timestamp> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("the clock is before 1970")?;
    let time = i64::try_from(since.as_secs()).ok().and_then(|seconds| Timestamp::new(seconds, since.subsec_nanos()));
    time.context("the clock is past the year 9999")
}

fn read_body(argument: &str) -> anyhow::Result<Vec<u8>> {
    match argument.strip_prefix('@') {
        Some(file) => fs::read(file).with_context(|| format!("--body: cannot read {file}")),
        None => Ok(argument.as_bytes().to_vec()),
    }
}
