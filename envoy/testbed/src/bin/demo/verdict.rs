use anyhow::Result;
use tollgate_testbed::client::Response;

/// What became of a request.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) status: u16,
    pub(crate) allowed: bool,
    /// The policy that decided, or else why there was none.
    pub(crate) because: String,
}

impl Verdict {
    /// Reads it off the answer: the upstream's, which shows the headers that the plugin added, or a refusal.
    pub(crate) fn of(response: &Response) -> Result<Self> {
        let status = response.status;
        if status == 200 {
            let seen = response.seen()?;
            let because = seen.header("x-tollgate-policy").join(", ");
            return Ok(Verdict { status, allowed: true, because });
        }
        // Envoy's own refusals (a forged token, an ambiguous path) are not problem documents.
        let because = match response.json() {
            Err(_) => format!("envoy: {}", response.text()),
            Ok(problem) => {
                let field = |name: &str| problem.get(name).and_then(|value| value.as_str());
                let reason = field("reason").or(field("code")).unwrap_or_default();
                field("policy").map_or_else(|| reason.to_owned(), ToOwned::to_owned)
            }
        };
        Ok(Verdict { status, allowed: false, because })
    }
}
