use std::io;
use std::path::PathBuf;

use crate::cli::output::Output;
use crate::cli::style::{GOOD, ODD, STRONG};
use crate::suite::{Branch, Coverage, PolicyCoverage};

/// Writes what the tests left untouched of a policy set.
pub(super) fn write(paths: &[PathBuf], coverage: &Coverage, output: &mut Output<'_>) -> io::Result<()> {
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    let policies = coverage.policies().len();
    let applied = coverage.policies().filter(|(_, policy)| policy.applied > 0).count();
    let conditions = coverage.policies().filter(|(_, policy)| policy.has_condition).count();
    let refuted = coverage.policies().filter(|(_, policy)| policy.was_false > 0).count();
    output.line(format_args!("{STRONG}coverage{STRONG:#} of {}", paths.join(", ")))?;
    output.line(format_args!("  policies that applied       {} of {policies}", share(applied, policies)))?;
    output.line(format_args!("  conditions that were false  {} of {conditions}", share(refuted, conditions)))?;
    let branches: Vec<(&str, &Branch)> = coverage.branches().collect();
    let (covered, outcomes) = (branches.iter().map(|(_, branch)| covered(branch)).sum(), 2 * branches.len());
    output.line(format_args!("  true and false of parts     {} of {outcomes}", share(covered, outcomes)))?;
    for (name, policy) in coverage.policies() {
        for gap in gaps(policy) {
            output.line(format_args!("  {ODD}{gap}{ODD:#}  {name}"))?;
        }
    }
    for (owner, branch) in branches {
        if let Some(gap) = gap(branch) {
            let error = if branch.seen.is_error { " (failed to evaluate)" } else { "" };
            output.line(format_args!("  {ODD}{gap}{ODD:#}  {owner}: {}{error}", branch.text))?;
        }
    }
    Ok(())
}

/// How many of true and false a part came to.
fn covered(branch: &Branch) -> usize {
    usize::from(branch.seen.is_true) + usize::from(branch.seen.is_false)
}

fn gap(branch: &Branch) -> Option<&'static str> {
    match branch.seen {
        seen if !seen.is_reached() => Some("never reached"),
        seen if !seen.is_true => Some("never true   "),
        seen if !seen.is_false => Some("never false  "),
        _ => None,
    }
}

fn gaps(policy: PolicyCoverage) -> impl Iterator<Item = &'static str> {
    let never_applied = (policy.applied == 0).then_some("never applied");
    let never_false = (policy.has_condition && policy.was_false == 0).then_some("never false  ");
    never_applied.into_iter().chain(never_false)
}

fn share(part: usize, whole: usize) -> String {
    if part == whole { format!("{GOOD}{part}{GOOD:#}") } else { format!("{ODD}{part}{ODD:#}") }
}
