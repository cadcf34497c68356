//! The pages about the policy language say what is so: files and conditions on them are compiled, conditions computed,
//! refusals compared word by word, tables of fields held against the loader.
//!
//! Fenced blocks by what follows the fence: `yaml` and `json` are policy files, which load, each on its own; `yaml refused` is
//! one that does not, with what is said of it in the `text` block after it; `cel` has an expression a line, with what it comes
//! to after `//`, there or on the next line; `json request` is what expressions read. In text and tables, `expression` → `value` is computed too.
#![expect(clippy::unwrap_used, reason = "tests stop at their own mistakes")]
#![expect(clippy::indexing_slicing, reason = "tests stop at their own mistakes")]

mod expression;
mod page;

use expression::Sample;
use page::{Block, Page, pages};
use tollgate_policy::condition::{Environment, lower};
use tollgate_policy::source::{SourceFile, fields_at, load};

fn loaded(text: &str) -> Result<(), String> {
    let file = SourceFile::new("policies.yaml", text);
    load(&[file]).map(drop).map_err(|problems| problems.to_string())
}

fn assert_none(what: &str, mistakes: &[String]) {
    assert!(mistakes.is_empty(), "{what}:\n{}", mistakes.join("\n"));
}

#[test]
fn policy_files_load_and_refused_ones_are_refused_as_shown() {
    let mut mistakes = Vec::new();
    let mut count = 0;
    for page in pages() {
        for (position, block) in page.blocks.iter().enumerate() {
            let Block { kind, text, line } = block;
            let is_wrong = match kind.as_str() {
                "yaml" | "json" => false,
                "yaml refused" => true,
                _ => continue,
            };
            count += 1;
            let place = format!("{}:{line}", page.name);
            match (is_wrong, loaded(text)) {
                (false, Ok(())) => {}
                (false, Err(problems)) => mistakes.push(format!("{place}:\n{problems}")),
                (true, Ok(())) => mistakes.push(format!("{place}: it is not refused")),
                (true, Err(problems)) => {
                    let shown = page.blocks.get(position + 1).filter(|next| next.kind == "text");
                    if shown.map(|shown| shown.text.trim_end()) != Some(problems.trim_end()) {
                        mistakes.push(format!("{place}: what is said of it is\n{problems}"));
                    }
                }
            }
        }
    }
    assert_none("policy files that are not what the page says", &mistakes);
    assert!(count >= 30, "there are only {count} policy files");
}

#[test]
fn expressions_come_to_what_the_page_says() {
    let pages = pages();
    let requests: Vec<&Block> =
        pages.iter().flat_map(|page| &page.blocks).filter(|block| block.kind == "json request").collect();
    let [request] = requests.as_slice() else { panic!("one page shows the request that expressions read") };
    let sample = Sample::read(&request.text);
    let mut mistakes = Vec::new();
    let mut count = 0;
    for page in &pages {
        for (line, source, expected) in page.expressions() {
            let outcome = sample.outcome(&source);
            count += 1;
            if expected.as_ref() != Some(&outcome) {
                mistakes.push(format!("{}:{line}: {source}  // {outcome}", page.name));
            }
        }
    }
    assert_none("expressions that come to something else", &mistakes);
    assert!(count >= 150, "there are only {count} expressions");
}

#[test]
fn every_block_is_of_a_known_kind() {
    const KNOWN: [&str; 7] = ["yaml", "json", "yaml refused", "text", "cel", "json request", "console"];
    let unknown = |page: &Page, block: &Block| format!("{}:{}: {}", page.name, block.line, block.kind);
    let mistakes: Vec<String> = pages()
        .iter()
        .flat_map(|page| page.blocks.iter().map(move |block| (page, block)))
        .filter(|(_, block)| !KNOWN.contains(&block.kind.as_str()))
        .map(|(page, block)| unknown(page, block))
        .collect();
    assert_none("blocks that nothing checks", &mistakes);
}

#[test]
fn limits_of_conditions_are_those_that_refusals_name() {
    let chain = |part: &str, count: usize| vec![part; count].join(" + ");
    let nested = |depth: usize| (0..depth).fold("true".to_owned(), |inner, n| format!("[{n}].all(v{n}, {inner})"));
    let repeated = format!("[{}]", vec!["variables.v"; 80].join(", "));
    let variables = [("v".to_owned(), format!("[{}]", vec!["1"; 60].join(", ")))].into();
    let environment = Environment::policy().with_variables(variables);
    let page = pages().into_iter().find(|page| page.name == "conditions.md").unwrap();
    let rows = |of: &str| -> String {
        let tables = page.tables();
        let row = tables.iter().flat_map(|(_, rows)| rows).find(|row| row[0].starts_with(of));
        row.unwrap_or_else(|| panic!("conditions.md has no row about {of}"))[1].clone()
    };
    for (of, source) in [
        ("source", format!("'{}'", "x".repeat(5000))),
        ("tokens", chain("1", 600)),
        ("nesting of brackets", format!("{}1{}", "(".repeat(40), ")".repeat(40))),
        ("nesting of brackets", format!("'' + {}1{}", "(".repeat(70), ")".repeat(70))),
        ("nesting of operations", chain("resource.size", 100)),
        ("operations", repeated),
        ("variables of nested macros", nested(9)),
    ] {
        let problem = lower(&source, &environment).unwrap_err().to_string();
        let number: String = problem.chars().filter(char::is_ascii_digit).collect();
        assert!(rows(of).contains(&number), "{of}: {problem}, and the page says {}", rows(of));
    }
}

/// The mappings of a policy file, as paths of fields.
const MAPPINGS: [&[&str]; 23] = [
    &[],
    &["policies"],
    &["derivedRoles"],
    &["routes"],
    &["routes", "match"],
    &["routes", "resource"],
    &["routes", "body"],
    &["routes", "body", "json"],
    &["routes", "budget"],
    &["routes", "budget", "downgrade"],
    &["identity"],
    &["identity", "jwt"],
    &["identity", "mtls"],
    &["identity", "headers"],
    &["identity", "headers", "trust"],
    &["principals"],
    &["schemas"],
    &["budgets"],
    &["budgets", "models"],
    &["budgets", "models", "price"],
    &["budgets", "environments"],
    &["budgets", "environments", "prod"],
    &["budgets", "environments", "prod", "limits"],
];

#[test]
fn tables_of_fields_have_the_fields_that_there_are() {
    let mut mistakes = Vec::new();
    let mut seen = 0;
    for page in pages() {
        for (line, table) in page.tables() {
            let Some(heading) = table.first().and_then(|row| row.first()) else { continue };
            let path: Vec<&str> = match heading.as_str() {
                "section" => Vec::new(),
                heading => match heading.strip_prefix("field of `").and_then(|rest| rest.strip_suffix('`')) {
                    Some(path) => path.split('.').collect(),
                    None => continue,
                },
            };
            seen += 1;
            let mut known = fields_at(&path).to_vec();
            known.sort_unstable();
            let spans = table.iter().skip(2).flat_map(|row| page::code_spans(&row[0]));
            let mut listed: Vec<String> = spans.collect();
            listed.sort_unstable();
            if known != listed {
                mistakes.push(format!("{}:{line}: {path:?} has {known:?}, the table {listed:?}", page.name));
            }
        }
    }
    assert_none("tables of fields that are not up to date", &mistakes);
    assert!(seen >= 5, "there are only {seen} tables of fields");
}

#[test]
fn every_field_is_in_an_example() {
    let pages = pages();
    let files: Vec<&str> = pages
        .iter()
        .flat_map(|page| &page.blocks)
        .filter(|block| block.kind == "yaml")
        .map(|block| block.text.as_str())
        .collect();
    let mut missing = Vec::new();
    for path in MAPPINGS {
        assert!(!fields_at(path).is_empty(), "{path:?} is no mapping");
        for field in fields_at(path) {
            let key = regex::Regex::new(&format!(r"(^|[\s{{,]){field}:")).unwrap();
            if !files.iter().any(|file| key.is_match(file)) {
                missing.push(format!("{path:?} {field}"));
            }
        }
    }
    assert_none("fields that no example has", &missing);
}
