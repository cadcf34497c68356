use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tollgate_policy::source::{SourceFile, load};

use super::*;

mod careless;

use careless::Careless;

fn yaml(text: &str) -> SourceFile {
    SourceFile::new("a.yaml", text)
}

fn formatted(text: &str) -> String {
    format(&yaml(text)).unwrap()
}

#[test]
fn fields_are_ordered_and_short_lists_are_flow() {
    let text =
        "policies:\n- roles:\n    - editor\n  name: a\n  effect: 'deny'\n  actions: ['*', \"view\"]\n  resource:   d\n";
    let expected =
        "policies:\n  - name: a\n    effect: deny\n    resource: d\n    actions: [\"*\", view]\n    roles: [editor]\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn entries_are_apart_and_long_lists_are_blocks() {
    let action = "a".repeat(60);
    let text = format!("policies:\n- {{name: a, actions: [{action}, x{action}]}}\n- {{name: b}}\n\n\nroutes: []");
    let expected = format!(
        "policies:\n  - name: a\n    actions:\n      - {action}\n      - x{action}\n\n  - name: b\n\nroutes: []\n"
    );
    assert_eq!(formatted(&text), expected);
}

#[test]
fn principals_keep_their_lines() {
    let text =
        "principals:\n- {source: s, id: 'a',   roles: [x]}\n- {id: b, source: s}\n\n# more\n- {source: s, id: c}\n";
    let expected =
        "principals:\n  - {source: s, id: a, roles: [x]}\n  - {source: s, id: b}\n\n  # more\n  - {source: s, id: c}\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn budgets_are_blocks_and_limits_keep_their_lines() {
    let text = "\
budgets:
  environments: {prod: {limits: [{tokens: 100, scope: global},
    {scope: user, match: 'bot-*', microDollars: 2000000, window: month}], warnAt: [80, 95], mode: strict}, dev: {mode: disabled}}
  models:
  # the big one
  - {provider: openai, name: gpt-4o, context: 128000, maxOutput: 16384, price: {output: 10000000, input: 2500000, cached: 1}, alternatives: [gpt-4o-mini]}
  - {name: gpt-4o-mini, provider: openai, context: 128000, maxOutput: 16384}  # the small one
routes:
- {match: {path: /a}, action: complete, resource: {kind: llm}, budget: {maxBytes: 65536, api: openai-chat, downgrade: {below: 10}, org: principal.org}}
";
    let expected = "\
budgets:
  models:
    # the big one
    - name: gpt-4o
      provider: openai
      context: 128000
      maxOutput: 16384
      price: {input: 2500000, output: 10000000, cached: 1}
      alternatives: [gpt-4o-mini]
    - {name: gpt-4o-mini, provider: openai, context: 128000, maxOutput: 16384}  # the small one
  environments:
    dev: {mode: disabled}
    prod:
      mode: strict
      warnAt: [80, 95]
      limits:
        - {scope: global, tokens: 100}
        - {scope: user, match: bot-*, window: month, microDollars: 2000000}

routes:
  - match: {path: /a}
    action: complete
    resource: {kind: llm}
    budget: {api: openai-chat, org: principal.org, downgrade: {below: 10}, maxBytes: 65536}
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn quotes_stay_where_text_would_be_something_else() {
    for text in ["true", "yes", "1", "017", "a: b", "a #b", "*", "", " a", "~", "- a", "#", "0x1", "2026-01-01", "!x"] {
        let written = formatted(&format!("x: '{text}'\n"));
        assert_eq!(written, format!("x: \"{text}\"\n"));
    }
    assert_eq!(formatted("x: 'say \"a\"'\n"), "x: say \"a\"\n");
    assert_eq!(formatted("x: \"'a' == \\\"b\\\"\"\n"), "x: '''a'' == \"b\"'\n");
    assert_eq!(formatted("x: [\"a,b\", 'c d']\n"), "x: [\"a,b\", c d]\n");
    assert_eq!(formatted("x: [1, 017, true, null, 'null']\n"), "x: [1, 017, true, null, \"null\"]\n");
}

#[test]
fn comments_stay_with_what_they_are_about() {
    let text = "\
# head

policies:   # right
  # above
  - roles: [x, # inside
      y]       # after
    # about the name
    name: a    # first line
               # second line
    # at the end of a
# above b
  -   # behind the bullet
    name: b
# at the end
";
    let expected = "\
# head

policies:  # right
  # above
  # about the name
  - name: a  # first line
             # second line
    roles:   # after
      - x    # inside
      - y
    # at the end of a

  # above b
  # behind the bullet
  - name: b
# at the end
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn strings_over_several_lines_keep_them() {
    let text = "a: >-\n     x\n      y\n\n     z\nb: |2\n     lead\n    end\n\n\nc: one\n   two\nd: \"q\n\n  r\"\n";
    let expected = "a: >-\n  x\n   y\n\n  z\n\nb: |2\n     lead\n    end\n\nc: one\n  two\n\nd: \"q\n\n  r\"\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn anchors_keep_the_order() {
    let text = "policies:\n- {roles: &r [x], name: a}\n- {roles: *r, name: b}\n";
    assert_eq!(formatted(text), "policies:\n  - roles: &r [x]\n    name: a\n\n  - roles: *r\n    name: b\n");
}

#[test]
fn json_stays_json() {
    let json = |text: &str| format(&SourceFile::new("a.json", text));
    let text = r#"{"policies":[{"roles":["x"],"name":"a"}],"unmatched":"deny"}"#;
    let expected =
        "{\n  \"policies\": [\n    {\"name\": \"a\", \"roles\": [\"x\"]}\n  ],\n  \"unmatched\": \"deny\"\n}\n";
    assert_eq!(json(text).unwrap(), expected);
    assert!(matches!(json("{a: 1} # c"), Err(FormatError::Unsupported { .. })));
}

#[test]
fn what_cannot_be_kept_is_refused() {
    for text in ["%YAML 1.2\n---\na: b\n", "a: !!str b\n"] {
        assert!(matches!(format(&yaml(text)), Err(FormatError::Unsupported { .. })), "{text}");
    }
    assert!(matches!(format(&yaml("a: [")), Err(FormatError::Unreadable(_))));
}

#[test]
fn files_of_comments_and_empty_files_are_formatted() {
    assert_eq!(formatted("\n\n# a\n\n\n# b\n\n"), "# a\n\n# b\n");
    assert_eq!(formatted("---\n"), "");
}

fn own_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => own_files(&path, found),
            Some("yaml") => found.push(path),
            _ => {}
        }
    }
}

#[test]
fn files_of_the_repository_keep_their_meaning() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut paths = Vec::new();
    for folder in ["envoy/policies", "envoy/examples", "envoy/testbed/tests", "policy/tests"] {
        own_files(&root.join(folder), &mut paths);
    }
    let mut count = 0;
    for path in paths {
        let file = SourceFile::new(path.display().to_string(), fs::read_to_string(&path).unwrap());
        match format(&file) {
            Ok(text) => {
                let after = SourceFile::new(file.name.clone(), text);
                assert_eq!(load(&[file]).ok(), load(&[after]).ok());
                count += 1;
            }
            // Some samples are not YAML, to see that refused.
            Err(FormatError::Unreadable(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(count > 10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_document_is_formatted_faithfully_and_once(seed in any::<u64>()) {
        let written = Careless::document(seed);
        let file = yaml(&written);
        match format(&file) {
            Ok(text) => prop_assert_eq!(format(&yaml(&text)).unwrap(), text),
            // Comments in odd places end strings, so that some documents are none.
            Err(FormatError::Unreadable(_)) => {}
            Err(error) => {
                let once = write(&file).unwrap();
                let twice = write(&yaml(&once)).map_err(|error| error.to_string()); prop_assert!(false, "{error}\n--- written\n{written}\n--- once\n{once}\n--- twice\n{}", twice.unwrap_or_else(|error| error));
            }
        }
    }

    #[test]
    fn no_text_panics_the_formatter(text in "[ab:\\-#'\"\\[\\]{},&*|>\n ]{0,60}") {
        let _ = format(&yaml(&text));
    }
}
