//! `tollgate test`: suites of questions with expected answers.

mod coverage;
mod junit;
mod report;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tollgate_policy::engine::Query;

use crate::ask::Answer;
use crate::explain::{Conditions, explain};
use crate::policies::{read_paths, read_suites};
use crate::suite::{Case, Coverage, Expectations, Policies, Suite, Test, load};

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::{problems, validate};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Test suites, and folders with suites in them: *.test.yaml and *_test.yaml (or .yml, .json)
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// File, or folder of files, of the policy set, in place of the one that each suite names; may be repeated
    #[arg(long, value_name = "DIR|FILE")]
    policies: Vec<PathBuf>,
    /// Only tests whose name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write the results as JUnit XML as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Say which policies were never applied, and which parts of their conditions were never true or never false
    #[arg(long)]
    coverage: bool,
}

/// A suite's results.
struct SuiteRun<'s> {
    suite: &'s Suite,
    tests: Vec<TestRun<'s>>,
}

struct TestRun<'s> {
    test: &'s Test,
    cases: Vec<CaseRun<'s>>,
}

struct CaseRun<'s> {
    case: &'s Case,
    answer: Answer,
}

/// A policy set that suites are about, and what they touched of it.
struct Subject {
    policies: Policies,
    coverage: Coverage,
    /// To look into, where coverage is asked for.
    conditions: Option<Conditions>,
}

pub(super) fn run(args: Args, output: &mut Output<'_>) -> anyhow::Result<Exit> {
    let Some(mut suites) = load_suites(&args.paths, Expectations::Required, output)? else {
        return Ok(Exit::Unusable);
    };
    if let Some(filter) = &args.filter {
        suites.iter_mut().for_each(|suite| suite.tests.retain(|test| test.name.contains(filter.as_str())));
        suites.retain(|suite| !suite.tests.is_empty());
        if suites.is_empty() {
            bail!("no test has a name with `{filter}` in it");
        }
    }
    let Some(mut subjects) = load_subjects(&suites, &args, output)? else { return Ok(Exit::Unusable) };
    let mut runs = Vec::with_capacity(suites.len());
    for suite in &suites {
        let paths = policy_paths(suite, &args.policies);
        let subject = subjects.get_mut(&paths).context("a policy set that was loaded is gone")?;
        runs.push(ask_all(suite, subject)?);
    }
    report::write(&runs, output)?;
    if args.coverage {
        for (paths, subject) in &subjects {
            coverage::write(paths, &subject.coverage, output)?;
        }
    }
    if let Some(path) = &args.junit {
        let report = junit::report(&runs)?;
        fs::write(path, report).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    let is_met = |run: &SuiteRun<'_>| run.tests.iter().all(|test| test.failures().next().is_none());
    Ok(if runs.iter().all(is_met) { Exit::Success } else { Exit::Failed })
}

/// Reads suites; nothing where problems were written.
pub(super) fn load_suites(
    paths: &[PathBuf],
    expectations: Expectations,
    output: &mut Output<'_>,
) -> anyhow::Result<Option<Vec<Suite>>> {
    let files = read_suites(paths)?;
    if files.is_empty() {
        bail!("no test suite found: their names end in `.test.yaml` or `_test.yaml`");
    }
    let mut suites = Vec::with_capacity(files.len());
    let mut is_sound = true;
    for file in &files {
        match load(file, expectations) {
            Ok(suite) => suites.push(suite),
            Err(diagnostics) => {
                is_sound = false;
                problems::write(&diagnostics, output)?;
            }
        }
    }
    Ok(is_sound.then_some(suites))
}

/// Loads each policy set once; nothing where problems were written.
fn load_subjects(
    suites: &[Suite],
    args: &Args,
    output: &mut Output<'_>,
) -> anyhow::Result<Option<BTreeMap<Vec<PathBuf>, Subject>>> {
    let mut subjects = BTreeMap::new();
    for suite in suites {
        let paths = policy_paths(suite, &args.policies);
        if subjects.contains_key(&paths) {
            continue;
        }
        let files = read_paths(&paths).with_context(|| format!("policies of `{}`", suite.file))?;
        match Policies::of(&files) {
            Ok(policies) => {
                let coverage = Coverage::of(&policies.set);
                let conditions = args.coverage.then(|| Conditions::of(&policies.set));
                subjects.insert(paths, Subject { policies, coverage, conditions });
            }
            Err(error) => {
                validate::report(&error, Format::Text, output)?;
                return Ok(None);
            }
        }
    }
    Ok(Some(subjects))
}

fn policy_paths(suite: &Suite, instead: &[PathBuf]) -> Vec<PathBuf> {
    if !instead.is_empty() {
        return instead.to_vec();
    }
    let folder = Path::new(&suite.file).parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let beside = |path: &PathBuf| if path == Path::new(".") { folder.to_owned() } else { folder.join(path) };
    suite.policies.iter().map(beside).collect()
}

fn ask_all<'s>(suite: &'s Suite, subject: &mut Subject) -> anyhow::Result<SuiteRun<'s>> {
    let mut tests = Vec::with_capacity(suite.tests.len());
    for test in &suite.tests {
        let mut cases = Vec::with_capacity(test.cases.len());
        for case in &test.cases {
            let Subject { policies, coverage, conditions } = &mut *subject;
            let mut watch = |query: &Query<'_>| {
                if let Some(conditions) = conditions {
                    coverage.add_parts(&explain(&policies.snapshot, &policies.set, conditions, query));
                }
            };
            let answer = policies.answer(case, &mut watch).with_context(|| format!("{}:{}", suite.file, case.line))?;
            coverage.add(&answer);
            cases.push(CaseRun { case, answer });
        }
        tests.push(TestRun { test, cases });
    }
    Ok(SuiteRun { suite, tests })
}

impl<'s> TestRun<'s> {
    fn failures(&self) -> impl Iterator<Item = &CaseRun<'s>> {
        self.cases.iter().filter(|run| !run.is_met())
    }
}

impl CaseRun<'_> {
    fn is_met(&self) -> bool {
        self.case.expected.as_ref().is_none_or(|expected| expected.is_met_by(&self.answer))
    }
}
