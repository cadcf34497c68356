use std::fs;
use std::process::Command;

use crate::harness::{Site, policy, run, tollgate};

const POLICIES: &str = "\
policies:
  # Editors read.
  - name: reader
    resource: document
    actions: [view]
    roles: [editor]
";

#[test]
fn a_set_is_published_shown_listed_and_rolled_back() {
    let site = Site::new();
    let process = site.start();
    let (code, text, _) = site.run(&process, &["history"]);
    assert_eq!((code, text.trim_end()), (0, "nothing was published yet"));
    fs::create_dir(site.path("policies")).unwrap();
    fs::write(site.path("policies/a.yaml"), POLICIES).unwrap();
    let (code, text, error) = site.run(&process, &["publish", "policies", "--format", "json"]);
    assert_eq!(code, 0, "{error}");
    let first: serde_json::Value = serde_json::from_str(&text).unwrap();
    let first = format!("{}.{}", first["epoch"], first["version"]);
    fs::write(site.path("policies/a.yaml"), POLICIES.replace("[view]", "[view, edit]")).unwrap();
    let (code, text, _) = site.run(&process, &["publish", "policies", "--if-current", &first]);
    assert_eq!(code, 0);
    assert!(text.starts_with("in force: "), "{text}");
    let (code, _, error) = site.run(&process, &["publish", "policies/a.yaml", "--if-current", &first]);
    assert_eq!(code, 1);
    assert!(error.contains("412"), "{error}");

    let (_, text, _) = site.run(&process, &["show"]);
    for line in [
        "(in force)",
        "by alice (api)",
        "~1 (reader)",
        "--- policies/reader",
        "-actions: [view]",
        "+actions: [view, edit]",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
    let (_, text, _) = site.run(&process, &["show", &first, "--documents", "all"]);
    assert!(text.contains("(replaced)") && text.contains("# Editors read."), "{text}");
    let (code, _, error) = site.run(&process, &["rollback", &first]);
    assert_eq!(code, 0, "{error}");
    let (_, text, _) = site.run(&process, &["history"]);
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.lines().nth(1).unwrap().contains(&format!("content of {first}")), "{text}");
    let (code, _, error) = site.run(&process, &["show", "1.1"]);
    assert_eq!(code, 1);
    assert!(error.contains("there is no version 1.1"), "{error}");
}

#[test]
fn what_is_wrong_with_a_set_is_said_as_validate_says_it() {
    let site = Site::new();
    let process = site.start();
    fs::write(site.path("bad.yaml"), POLICIES.replace("actions", "actoins")).unwrap();
    let (code, _, error) = site.run(&process, &["publish", "bad.yaml"]);
    assert_eq!(code, 1);
    assert!(error.contains("bad.yaml:5:5: ") && error.contains("^^^^^^^"), "{error}");
    assert!(error.contains("refused with 422"), "{error}");
}

#[test]
fn a_new_token_is_told_with_the_line_for_the_file() {
    let (code, text, _) = run(Command::new(tollgate()).args(["token", "new", "bob"]));
    assert_eq!(code, 0);
    let lines: Vec<_> = text.lines().collect();
    let [token, line] = lines.as_slice() else { panic!("{text}") };
    let site = Site::new();
    fs::write(site.path("tokens"), format!("{line}\n")).unwrap();
    fs::write(site.path("token"), format!("{token}\n")).unwrap();
    fs::write(site.path("a.yaml"), POLICIES).unwrap();
    let process = site.start();
    assert_eq!(site.run(&process, &["publish", "a.yaml"]).0, 0);
    assert!(site.run(&process, &["history"]).1.contains("bob"));
    let (code, _, error) = run(Command::new(tollgate()).args(["token", "new", "no name"]));
    assert_eq!((code, error.contains("letters")), (1, true));
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let site = Site::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let process = site.start_silent(full.into());
    assert_eq!(process.create("reader", &policy("view", 0)).0, 201);
    assert_eq!(process.put("reader", &policy("edit", 0)).0, 200);
    assert_eq!(process.get("/healthz").0, 200);
}
