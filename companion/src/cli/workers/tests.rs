use serde_json::json;

use super::super::output::capture;
use super::*;

fn worker(state: &str, versions_behind: u64) -> Value {
    json!({
        "vmId": "0a".repeat(16), "node": "envoy-1", "cluster": "edge", "build": "0.1.0", "state": state,
        "applied": {"epoch": 3, "version": 7}, "versionsBehind": versions_behind, "behindMs": versions_behind * 1250,
        "serving": true, "lastNack": {"epoch": 3, "version": 8, "reason": "damaged\u{1b}[2J"}, "lastSeenMsAgo": 420,
    })
}

fn run(workers: &[Value], format: Format) -> (Exit, String) {
    let (exit, text, _) = capture(|output| report(json!({"workers": workers}), format, true, output));
    (exit.unwrap(), text)
}

#[test]
fn each_worker_is_a_line_under_headings() {
    let (exit, text) = run(&[worker("ok", 0), worker("nacked", 2)], Format::Text);
    assert_eq!(exit, Exit::Failed);
    let lines: Vec<_> =
        text.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty())).collect();
    let cells: Vec<Vec<_>> = lines.into_iter().map(Iterator::collect).collect();
    assert_eq!(cells[1][..8], ["envoy-1", "edge", "0a0a0a0a", "ok", "yes", "3.7", "-", "0.4 s ago"]);
    assert_eq!(cells[2][6], "2 for 2.5 s");
    assert_eq!(cells[2][9], "damaged\u{fffd}[2J");
}

#[test]
fn only_who_is_level_or_has_left_is_well() {
    for (state, exit) in [
        ("ok", Exit::Success),
        ("gone", Exit::Success),
        ("behind", Exit::Failed),
        ("nacked", Exit::Failed),
        ("silent", Exit::Failed),
        ("incompatible", Exit::Failed),
    ] {
        assert_eq!(run(&[worker("ok", 0), worker(state, 0)], Format::Text).0, exit, "{state}");
    }
}

#[test]
fn as_json_it_is_what_the_companion_says() {
    let (_, text) = run(&[worker("ok", 0)], Format::Json);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({"workers": [worker("ok", 0)]}));
}
