//! The page about policy search shows the texts that are made.
#![expect(clippy::indexing_slicing, reason = "tests stop at their own mistakes")]

use std::collections::BTreeMap;

use tollgate_policy::condition::Environment;
use tollgate_policy::set::Condition;
use tollgate_policy::source::{SourceFile, load};
use tollgate_search::PolicyText;

const PAGE: &str = include_str!("../../../docs/policy-search.md");

/// The rows of the table that begins with these cells.
fn table(head: &str) -> Vec<[String; 2]> {
    let lines = PAGE.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells = row.replace("\\|", "\u{0}");
        let cells: Vec<String> = cells
            .split('|')
            .map(|cell| cell.replace('\u{0}', "|").trim().trim_matches('`').replace("\\`", "`"))
            .collect();
        [cells[1].clone(), cells[2].clone()]
    })
    .collect()
}

#[test]
fn the_policy_on_the_page_has_the_texts_beside_it() {
    let section = PAGE.split("## From a policy to its text").nth(1).unwrap();
    let policies = section.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let set = load(&[SourceFile::new("page.yaml", policies)]).unwrap();
    let text = PolicyText::of(&set.policies[0]);
    let rows = table("| text |");
    assert_eq!([&*rows[0][1], &*rows[1][1]], [text.as_written(), text.cleaned()]);
}

#[test]
fn conditions_on_the_page_are_said_as_beside_them() {
    let variables = BTreeMap::from([("isOfficeHours".to_owned(), "request.time.getHours() > 8".to_owned())]);
    let environment = Environment::policy().with_variables(variables);
    let rows = table("| condition | in words |");
    assert!(rows.len() > 5);
    for [source, words] in rows {
        let condition =
            Condition::lowered(&source, &environment).unwrap_or_else(|problem| panic!("{source}: {problem}"));
        assert_eq!(*condition.words, *words, "{source}");
    }
}
