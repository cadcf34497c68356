use serde_json::Value;

use crate::{folder, tollgate};

/// Conflicts that take everything that a question can have.
const POLICIES: &str = r#"
scopes: [acme, acme.eu]
schemas:
  resources:
    invoice:
      type: object
      properties: {amount: {type: integer}, currency: {enum: [EUR, USD]}, owner: {type: object, properties: {team: {type: string}}, required: [team]}}
      required: [currency, owner]
derivedRoles:
  - {name: owner, roles: [editor], condition: "resource.ownerId == principal.id"}
policies:
  - {name: anonymous-read, resource: page, actions: [view], roles: [anonymous]}
  - {name: drafts-closed, effect: deny, resource: page, actions: ["v*"], roles: [anonymous, guest], condition: "resource.state == \"it's a draft\""}
  - {name: owners-edit, resource: document, actions: [edit], roles: [owner], condition: "resource.labels.region in ['eu', 'us']"}
  - {name: labels-closed, effect: deny, resource: "*", actions: ["*"], roles: ["*"], condition: "resource.labels.tier == 'closed' && !('admin' in principal.roles)"}
  - {name: acme-view, scope: acme, resource: report, actions: [view], roles: [reader], condition: "principal.level >= 3"}
  - {name: acme-eu-closed, scope: acme.eu, effect: deny, resource: report, actions: [view], roles: [reader], condition: "principal.level < 4.5"}
  - {name: orders, resource: order, actions: [place], roles: [clerk], condition: "request.method == 'POST' && request.body.amount > 10 && request.headers['x-tenant'] == 'acme'"}
  - {name: orders-inside, effect: deny, resource: order, actions: [place], roles: [clerk], condition: "!cidr('10.0.0.0/8').containsIP(request.source.ip) && request.path.startsWith('/v1/')"}
  - {name: shifts, resource: till, actions: [open], roles: [clerk], condition: "request.time.getHours() >= 9"}
  - {name: shifts-frozen, effect: deny, resource: till, actions: [open], roles: [clerk], notBefore: 2026-03-01T00:00:00Z, notAfter: 2026-03-02T00:00:00Z}
  - {name: invoices, resource: invoice, actions: [approve], roles: [accountant], condition: "resource.amount > 100 && resource.currency != 'EUR'"}
  - {name: invoices-limit, effect: deny, resource: invoice, actions: [approve], roles: [accountant], condition: "resource.amount >= 1000"}
"#;

#[test]
fn every_question_that_shows_a_conflict_is_answered_so_by_check() {
    let dir = folder(&[("policies/a.yaml", POLICIES)]);
    let (code, results, problems) = tollgate(&["conflicts", "--policies", "policies", "--format", "json"], dir.path());
    assert_eq!(code, 0, "{problems}");
    let report: Value = serde_json::from_str(&results).unwrap();
    let conflicts = report["conflicts"].as_array().unwrap();
    let names: Vec<_> = conflicts.iter().map(|conflict| conflict["allow"].as_str().unwrap()).collect();
    for allow in ["anonymous-read", "owners-edit", "acme-view", "orders", "shifts", "invoices"] {
        assert!(names.contains(&allow), "{allow}: {results}");
    }
    for conflict in conflicts {
        let witness = conflict["witness"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap());
        let arguments: Vec<&str> =
            ["check", "--policies", "policies", "--format", "json"].into_iter().chain(witness).collect();
        let (code, results, problems) = tollgate(&arguments, dir.path());
        assert_eq!(code, 2, "{conflict}: {problems}");
        let answer: Value = serde_json::from_str(&results).unwrap();
        let applies = |policy: &Value| {
            let candidates = answer["candidates"].as_array().unwrap();
            let found = candidates.iter().find(|candidate| candidate["policy"] == *policy);
            found.map(|candidate| candidate["applies"].as_str().unwrap().to_owned())
        };
        assert_eq!(applies(&conflict["allow"]).as_deref(), Some("yes"), "{conflict}: {results}");
        let expected = if conflict["byFault"] == true { "error" } else { "yes" };
        assert_eq!(applies(&conflict["deny"]).as_deref(), Some(expected), "{conflict}: {results}");
    }
}

#[test]
fn the_line_that_is_written_can_be_given_to_a_shell() {
    let dir = folder(&[("policies/a.yaml", POLICIES)]);
    let (code, results, problems) = tollgate(&["conflicts", "--policies", "policies"], dir.path());
    assert_eq!(code, 0, "{problems}");
    let lines: Vec<&str> = results.lines().map(str::trim).filter(|line| line.starts_with("tollgate check ")).collect();
    assert!(lines.len() >= 6, "{results}");
    let path = std::path::Path::new(env!("CARGO_BIN_EXE_tollgate")).parent().unwrap().to_owned();
    for line in lines {
        let paths = std::env::join_paths([path.clone(), "/usr/bin".into(), "/bin".into()]).unwrap();
        let status =
            std::process::Command::new("sh").args(["-c", line]).env("PATH", paths).current_dir(dir.path()).output();
        let output = status.unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_is_denied_ends_with_one_and_what_cannot_be_read_with_two() {
    let dir = folder(&[("a.yaml", POLICIES), ("b.yaml", "policies: [")]);
    for (arguments, expected) in [
        (&["conflicts", "--policies", "a.yaml"][..], 0),
        (&["conflicts", "--policies", "a.yaml", "--deny", "conflict"], 1),
        (&["conflicts", "--policies", "a.yaml", "--deny", "redundant", "--deny", "shadowed"], 0),
        (&["conflicts", "--policies", "a.yaml", "--policy", "nobody"], 2),
        (&["conflicts", "--policies", "b.yaml"], 2),
        (&["duplicates", "--policies", "a.yaml", "--deny"], 0),
        (&["duplicates", "--policies", "b.yaml"], 2),
        (&["duplicates", "--policies", "a.yaml", "--threshold", "7"], 2),
        (&["duplicates", "--surely"], 2),
    ] {
        let (code, results, problems) = tollgate(arguments, dir.path());
        assert_eq!(code, expected, "{arguments:?}: {results}{problems}");
    }
}
