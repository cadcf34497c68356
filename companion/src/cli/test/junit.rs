use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::report::details;
use super::{CaseRun, SuiteRun, TestRun};

/// The results as JUnit XML: a suite for each file, a case for each question.
pub(super) fn report(runs: &[SuiteRun<'_>]) -> anyhow::Result<String> {
    let mut report = Report::new("tollgate test");
    for run in runs {
        let mut suite = TestSuite::new(run.suite.file.as_str());
        suite.add_test_cases(run.tests.iter().flat_map(|test| test.cases.iter().map(move |case| one(test, case))));
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?)
}

fn one(test: &TestRun<'_>, run: &CaseRun<'_>) -> TestCase {
    let status = match run.is_met() {
        true => TestCaseStatus::success(),
        false => failure(run),
    };
    let mut case = TestCase::new(run.case.to_string(), status);
    case.set_classname(test.test.name.as_str());
    case
}

fn failure(run: &CaseRun<'_>) -> TestCaseStatus {
    let details = details(run);
    let lines: Vec<String> = details.iter().map(|(label, text)| format!("{label:<9} {text}")).collect();
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(
        details.iter().take(2).map(|(label, text)| format!("{label} {text}")).collect::<Vec<_>>().join(", "),
    );
    status.set_description(lines.join("\n"));
    status
}
