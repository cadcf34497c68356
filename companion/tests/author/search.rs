//! Questions about the policies of files: no companion is asked.

use std::fs;

use serde_json::Value;

use crate::{folder, root, tollgate};

const SET: &str = "\
scopes: [acme]
derivedRoles:
  - {name: author, roles: [editor], condition: resource.ownerId == principal.id}
schemas:
  resources:
    document: {properties: {ownerId: {}, state: {}}, additionalProperties: false}
    invoice: {properties: {ownerId: {}, amount: {}}, additionalProperties: false}
    memo: {properties: {ownerId: {}, text: {}}, additionalProperties: false}
policies:
  - {name: document-authors, description: Authors change their own documents, resource: document, actions: [view, edit], roles: [author], scope: acme}
  - {name: document-readers, description: Everybody reads documents, resource: document, actions: [view], roles: [\"*\"]}
  - {name: closed-documents, resource: document, actions: [edit], roles: [\"*\"], effect: deny, condition: resource.state == 'closed'}
  - {name: invoice-approval, description: Accountants approve invoices, resource: invoice, actions: [approve], roles: [accountant]}
";

const DRAFT: &str = "name: new\nresource: document\nactions: [view, edit]\nroles: [author]\nscope: acme\n";

#[test]
fn policies_are_listed_with_what_they_share() {
    let dir = folder(&[("p/a.yaml", SET), ("draft.yaml", DRAFT)]);
    let (code, results, problems) = tollgate(&["similar", "who may approve an invoice", "--policies", "p"], dir.path());
    assert_eq!((code, problems.as_str()), (0, ""));
    let lines: Vec<&str> = results.lines().collect();
    assert!(lines[0].starts_with("POLICY ") && lines[0].ends_with("WHY"), "{results}");
    assert!(
        lines[1].starts_with("invoice-approval") && lines[1].contains("same resource, actions; words"),
        "{results}"
    );
    assert!(results.contains("of 4 policies, ranking ") && !results.contains("generation"), "{results}");

    let by_name = [
        "similar",
        "--policy",
        "document-readers",
        "--effect",
        "allow",
        "-k",
        "1",
        "--policies",
        "p",
        "--format",
        "json",
    ];
    let (code, results, _) = tollgate(&by_name, dir.path());
    let json: Value = serde_json::from_str(&results).unwrap();
    assert_eq!((code, &json["results"][0]["name"]), (0, &"document-authors".into()));
    assert_eq!(json["results"].as_array().unwrap().len(), 1);
    assert_eq!(json["results"][0]["why"]["fields"]["actions"][0], "view");

    let (code, results, _) = tollgate(&["similar", "--draft", "draft.yaml", "--policies", "p"], dir.path());
    assert_eq!(code, 0);
    let first = results.lines().nth(1).unwrap();
    assert!(
        first.starts_with("document-authors") && first.contains("same resource, actions, roles, scope, effect"),
        "{results}"
    );
    let (_, results, _) = tollgate(&["similar", "documents", "--ranking", "keyword", "--policies", "p"], dir.path());
    assert!(results.contains("3 of 4 policies, ranking keyword\n"), "{results}");
    let (code, results, _) = tollgate(&["similar", "documents", "--kind", "spaceship", "--policies", "p"], dir.path());
    assert_eq!(code, 0);
    assert!(results.contains("no policy is like it"), "{results}");
}

#[test]
fn what_cannot_be_answered_ends_with_one_and_says_why() {
    let dir = folder(&[
        ("p/a.yaml", SET),
        ("bad/a.yaml", "policies: 5\n"),
        ("draft.yaml", &DRAFT.replace("actions", "actoins")),
    ]);
    let cases: [(&[&str], &str); 10] = [
        (&["--policy", "nobody", "--policies", "p"], "there is no policy `nobody`"),
        (&["--draft", "draft.yaml", "--policies", "p"], "draft.yaml:3:1: "),
        (&["--draft", "missing.yaml", "--policies", "p"], "missing.yaml"),
        (&["x", "--policies", "bad"], "bad/a.yaml:1:11: "),
        (&["x", "--policies", "missing"], "missing"),
        (&["  ", "--policies", "p"], "blank"),
        (&["x", "-k", "0", "--policies", "p"], "not 0"),
        (&["x", "--policy", "y", "--policies", "p"], "cannot be used with"),
        (&["--policies", "p"], "TEXT"),
        (&["x", "--ranking", "best", "--policies", "p"], "expected one of `vector`, `keyword`, `hybrid`"),
    ];
    for (arguments, expected) in cases {
        let (code, results, problems) = tollgate(&[&["similar"], arguments].concat(), dir.path());
        assert_eq!((code, results.as_str()), (1, ""), "{arguments:?}: {problems}");
        assert!(problems.contains(expected), "{arguments:?}: {problems}");
    }
}

#[test]
fn what_is_recommended_is_a_policy_file() {
    let dir = folder(&[("p/a.yaml", SET)]);
    let (code, results, problems) =
        tollgate(&["recommend", "memo", "--like", "document", "--policies", "p"], dir.path());
    assert_eq!((code, problems.as_str()), (0, ""));
    for line in [
        "# Like document (3 policies): as asked.",
        "# Usual actions of their 3 policies: edit 2, view 2.",
        "# Usual condition, in 1: resource.state == 'closed'",
        "# Not made over: closed-documents, because ",
        "  # made over from `document-authors`",
        "  - name: memo-authors",
        "    description: Authors change their own memos",
    ] {
        assert!(results.contains(line), "{line}\n{results}");
    }
    fs::write(dir.path().join("p/memo.yaml"), &results).unwrap();
    let (code, text, problems) = tollgate(&["validate", "p"], dir.path());
    assert_eq!(code, 0, "{problems}");
    assert!(text.starts_with("ok: 6 policies"), "{text}");
    assert_eq!(tollgate(&["fmt", "--check", "p/memo.yaml"], dir.path()).0, 0, "{results}");

    let (code, results, _) = tollgate(&["recommend", "memo", "--policies", "p", "--format", "json"], dir.path());
    let json: Value = serde_json::from_str(&results).unwrap();
    assert_eq!((code, json["present"].as_array().unwrap().len()), (0, 2));
    let (code, _, problems) = tollgate(&["recommend", "a b", "--policies", "p"], dir.path());
    assert_eq!(code, 1);
    assert!(problems.contains("`a b`"), "{problems}");
}

/// The words of a command line, as a shell would take them that knows quotes.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

#[test]
fn the_documentation_shows_what_is_answered() {
    let page = fs::read_to_string(root().join("docs/policy-search.md")).unwrap();
    let draft = page.split("such as this `new.yaml`:").nth(1).unwrap().split("```").nth(1).unwrap();
    let dir = folder(&[("new.yaml", draft.strip_prefix("yaml\n").unwrap())]);
    std::os::unix::fs::symlink(root().join("envoy"), dir.path().join("envoy")).unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = [&page, &readme].into_iter().flat_map(|page| page.split("```").skip(1).step_by(2));
    let shown: Vec<&str> = blocks.flat_map(|block| block.split("$ tollgate ").skip(1)).collect();
    let is_asked = |shown: &&str| ["similar", "recommend"].iter().any(|command| shown.starts_with(command));
    let of_files: Vec<&str> = shown.into_iter().filter(is_asked).collect();
    assert_eq!(of_files.len(), 5);
    for shown in of_files {
        let (line, expected) = shown.split_once('\n').unwrap();
        let arguments = words(line);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (code, results, problems) = tollgate(&arguments, dir.path());
        assert_eq!((code, problems.as_str()), (0, ""), "{line}");
        // Names and order; scores are the embedder's business.
        let first = |text: &str| text.split("  ").find(|word| !word.is_empty()).map(str::to_owned);
        let expected: Vec<_> = expected.lines().take_while(|line| line.trim() != "# …").map(first).collect();
        let results: Vec<_> = results.lines().map(first).take(expected.len()).collect();
        assert_eq!(results, expected, "{line}");
    }
}

#[test]
fn every_option_of_policy_search_is_documented() {
    let page = fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let (code, help, _) = tollgate(&["serve", "--help"], &root());
    assert_eq!(code, 0);
    let options = help.split("Policy search:").nth(1).unwrap();
    let options: Vec<&str> = options.split_whitespace().filter(|word| word.starts_with("--")).collect();
    assert!(!options.contains(&"--http"), "what is no option of it stands under its heading");
    assert!(options.len() > 5, "{help}");
    for option in options {
        assert!(page.contains(&format!("| `{option} ")), "docs/operations.md says nothing of {option}");
    }
}
