//! Documents that name a path, a make target or another page name one that exists.
#![expect(clippy::unwrap_used, reason = "tests stop at their own mistakes")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// README.md and every page of docs/ and the folders in it, with their text.
fn documents() -> Vec<(PathBuf, String)> {
    let mut pages = vec![root().join("README.md")];
    visit(&root().join("docs"), "md", &mut |page| pages.push(page.to_owned()));
    pages.sort();
    pages.into_iter().map(|page| (page.clone(), fs::read_to_string(&page).unwrap())).collect()
}

/// What stands between single backticks, outside of fenced blocks.
fn code_spans(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut spans = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            spans.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    spans
}

#[test]
fn named_paths_exist() {
    let tops: BTreeSet<String> =
        fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut missing = Vec::new();
    let mut seen = 0;
    for (page, text) in documents() {
        for span in code_spans(&text) {
            let is_path = span.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
            let top = span.split('/').next().unwrap_or_default();
            if is_path && span.contains('/') && tops.contains(top) {
                seen += 1;
                if !root().join(&span).exists() {
                    missing.push(format!("{}: `{span}`", page.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "documents name paths that do not exist:\n{}", missing.join("\n"));
    assert!(seen > 10, "the documents name only {seen} paths");
}

/// What stands between quotation marks in a file.
fn quoted(file: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    text.lines().flat_map(|line| line.split('"').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn operators_can_read_about_every_request_and_every_metric_of_policy_search() {
    let read = |page: &str| fs::read_to_string(root().join(page)).unwrap();
    let page = read("docs/operations.md") + &read("docs/budgets.md");
    let routes = quoted("companion/src/api/serve.rs").into_iter().filter(|text| text.starts_with("/v1/"));
    let routes: Vec<String> = routes.map(|route| route.replace("{id}", "{version}") + "`").collect();
    let questions = quoted("companion/src/api/search.rs").into_iter();
    let questions =
        questions.filter(|text| ["search", "recommend", "conflicts", "duplicates"].contains(&text.as_str()));
    let questions: Vec<String> = questions.map(|question| format!("/v1/policies/{question}`")).collect();
    let metrics = quoted("companion/src/metrics/search.rs").into_iter();
    let metrics = metrics.filter(|text| text.starts_with("authz_") || text.starts_with("search_"));
    let metrics: Vec<String> = metrics.collect();
    assert!(routes.len() > 10 && questions.len() == 4 && metrics.len() > 20, "{routes:?} {questions:?} {metrics:?}");
    let all = [routes, questions, metrics].concat();
    let missing: Vec<&String> = all.iter().filter(|name| !page.contains(*name)).collect();
    assert!(missing.is_empty(), "neither docs/operations.md nor docs/budgets.md says anything of {missing:?}");
}

/// As GitHub makes them of headings.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_lead_to_pages_and_headings_that_exist() {
    let documents = documents();
    let mut broken = Vec::new();
    let mut seen = 0;
    for (page, text) in &documents {
        for link in text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)) {
            if link.contains("://") {
                continue;
            }
            seen += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let text = fs::read_to_string(&target).unwrap_or_default();
            let headings = text.lines().filter(|line| line.starts_with('#'));
            let is_there = |line: &str| anchor(line.trim_start_matches('#')) == heading;
            if !target.exists() || !heading.is_empty() && !headings.into_iter().any(is_there) {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "documents link to what does not exist:\n{}", broken.join("\n"));
    assert!(seen > 50, "the documents have only {seen} links");
}

#[test]
fn named_make_targets_exist() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter(|line| !line.starts_with(['\t', '#', ' ']))
        .filter_map(|line| line.split_once(':'))
        .map(|(target, _)| target)
        .collect();
    let mut missing = Vec::new();
    for (page, text) in documents() {
        let named = text.split_whitespace().zip(text.split_whitespace().skip(1));
        for (_, target) in named.filter(|(word, _)| word.trim_start_matches('`') == "make") {
            let target = target.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let is_target = !target.is_empty() && text.contains(&format!("`make {target}`"));
            if is_target && !targets.contains(target) {
                missing.push(format!("{}: `make {target}`", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "documents name make targets that do not exist:\n{}", missing.join("\n"));
}

#[test]
fn every_source_file_belongs_to_a_module() {
    let mut orphans = Vec::new();
    for crate_root in ["policy/src", "plugin/src", "companion/src", "host-tests/src", "envoy/testbed/src"] {
        visit(&root().join(crate_root), "rs", &mut |file| {
            let stem = file.file_stem().unwrap().to_str().unwrap();
            if ["lib", "main", "mod"].contains(&stem) || file.parent().unwrap().ends_with("bin") {
                return;
            }
            let folder = file.parent().unwrap();
            let declares =
                |owner: &Path| fs::read_to_string(owner).is_ok_and(|text| text.contains(&format!("mod {stem};")));
            let owners =
                [folder.join("mod.rs"), folder.join("lib.rs"), folder.join("main.rs"), folder.with_extension("rs")];
            if !owners.iter().any(|owner| declares(owner)) {
                orphans.push(file.display().to_string());
            }
        });
    }
    assert!(orphans.is_empty(), "no module declares:\n{}", orphans.join("\n"));
}

/// The files of this extension in a folder and the folders in it.
fn visit(folder: &Path, extension: &str, see: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, extension, see);
        } else if path.extension().is_some_and(|of_file| of_file == extension) {
            see(&path);
        }
    }
}
