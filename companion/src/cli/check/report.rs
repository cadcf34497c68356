use std::io;

use crate::ask::{Answer, CandidateAnswer, PrincipalAnswer, ShadowAnswer};
use crate::cli::args::Format;
use crate::cli::output::Output;

/// Writes an answer.
pub(in crate::cli) fn write(answer: &Answer, format: Format, output: &mut Output<'_>) -> io::Result<()> {
    match format {
        Format::Json => output.json(answer),
        Format::Text => write_text(answer, output),
    }
}

fn write_text(answer: &Answer, output: &mut Output<'_>) -> io::Result<()> {
    let http = answer.http.as_ref();
    let refusal = http.and_then(|http| http.status.zip(http.code)).map(|(status, code)| format!("{status} {code}"));
    let lines = [
        ("decision", Some(answer.decision.to_string())),
        ("reason", Some(answer.reason.to_string())),
        ("detail", http.and_then(|http| http.detail.clone())),
        ("policy", answer.policy.clone()),
        ("nearest", answer.nearest.clone()),
        ("error", answer.first_error.clone()),
        ("shadow", answer.shadow.as_ref().map(shadow_text)),
        ("principal", answer.principal.as_ref().map(principal_text)),
        ("route", http.and_then(|http| http.route.clone())),
        ("answer", refusal),
        ("digest", Some(answer.digest.clone())),
    ];
    for (label, value) in lines {
        if let Some(value) = value {
            output.line(format_args!("{label:<10} {value}"))?;
        }
    }
    for candidate in &answer.candidates {
        let CandidateAnswer { policy, effect, shadow, scope, applies, error } = candidate;
        let applies = error.as_deref().unwrap_or(applies);
        let shadow = if *shadow { "shadow " } else { "" };
        let scope = scope.as_ref().map(|scope| format!(" in {scope}")).unwrap_or_default();
        output.line(format_args!("candidate  {policy} ({shadow}{effect}{scope}): {applies}"))?;
    }
    Ok(())
}

/// `deny: a deny policy applies (policy frozen)`.
fn shadow_text(shadow: &ShadowAnswer) -> String {
    let ShadowAnswer { decision, reason, policy } = shadow;
    let policy = policy.as_ref().map(|policy| format!(" (policy {policy})")).unwrap_or_default();
    format!("would be {decision}: {reason}{policy}")
}

fn principal_text(principal: &PrincipalAnswer) -> String {
    let PrincipalAnswer { id, source, roles } = principal;
    let source = source.as_deref().unwrap_or("none");
    format!("{id} (source {source}; roles: {})", roles.join(", "))
}
