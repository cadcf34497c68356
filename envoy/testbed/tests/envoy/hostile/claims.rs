use anyhow::Result;
use serde_json::{Value, json};

use crate::gate::{Gate, Ledger};

/// Claims in tokens whose signature is good. `/files/a` takes the role `employee`.
fn cases() -> Vec<(Value, &'static str)> {
    let passed = "upstream /files/a";
    let (unauthenticated, forbidden) = ("401 UNAUTHENTICATED", "403 FORBIDDEN");
    let employee = json!(["employee"]);
    vec![
        (json!({"sub": "alice", "roles": employee}), passed),
        (json!({"sub": "alice", "roles": "reader employee"}), passed),
        // Present and of the wrong type: invalid, and not a guess.
        (json!({"sub": "alice", "roles": null}), unauthenticated),
        (json!({"sub": "alice", "roles": 1}), unauthenticated),
        (json!({"sub": "alice", "roles": true}), unauthenticated),
        (json!({"sub": "alice", "roles": {"employee": true}}), unauthenticated),
        (json!({"sub": "alice", "roles": [1]}), unauthenticated),
        (json!({"sub": "alice", "roles": ["employee", null]}), unauthenticated),
        (json!({"sub": "alice", "roles": [["employee"]]}), unauthenticated),
        // No roles, or none that says anything.
        (json!({"sub": "alice"}), forbidden),
        (json!({"sub": "alice", "roles": []}), forbidden),
        (json!({"sub": "alice", "roles": ""}), forbidden),
        (json!({"sub": "alice", "roles": ["*"]}), forbidden),
        (json!({"sub": "alice", "roles": ["Employee", " employee", "employee,x"]}), forbidden),
        (json!({"sub": "alice", "roles": vec!["x"; 2000]}), forbidden),
        // Nobody in particular.
        (json!({"roles": employee}), unauthenticated),
        (json!({"sub": "", "roles": employee}), unauthenticated),
        // Envoy itself refuses a subject that is no string.
        (json!({"sub": null, "roles": employee}), "envoy 401"),
        (json!({"sub": 7, "roles": employee}), "envoy 401"),
        (json!({"sub": true, "roles": employee}), "envoy 401"),
        (json!({"sub": {}, "roles": employee}), "envoy 401"),
        (json!({"sub": ["alice"], "roles": employee}), "envoy 401"),
        // Claims that nobody reads can be anything.
        (json!({"sub": "alice", "roles": employee, "a": null, "b": [null, {"c": null}], "d": 1e300}), passed),
        (json!({"sub": "alice", "roles": employee, "": {"": ""}, "a.b": 1, "x\u{0}y": "\u{0}"}), passed),
        (json!({"sub": "alice", "roles": employee, "large": "x".repeat(20_000)}), passed),
    ]
}

#[test]
fn a_claim_of_the_wrong_type_is_no_claim_to_anything() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    for (claims, expected) in cases() {
        let mut text = claims.to_string();
        text.truncate(text.floor_char_boundary(80));
        ledger.note(text, expected, gate.get_as(&claims, "/files/a"));
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn nesting_that_is_endless_gets_an_answer() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    for depth in [10, 30, 45, 60, 90, 120, 500] {
        let nested = (0..depth).fold(json!(1), |inner, _| json!([inner]));
        let answer = gate.get_as(&json!({"sub": "alice", "roles": ["employee"], "nested": nested}), "/files/a")?;
        println!("{depth}: {answer:?}");
    }
    gate.finish(0)
}

#[test]
fn a_name_that_a_header_cannot_hold_reaches_the_upstream_escaped() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    for id in ["a\r\nx-tollgate-roles: admin", "a\u{0}b", "\u{e4}\u{1f600}", "a,b", " a ", "a%0d"] {
        let roles = json!(["employee", "a,admin", "b\r\nx: y"]);
        let answer = gate.get_as(&json!({"sub": id, "roles": roles}), "/files/a")?;
        let seen = answer.seen()?;
        println!("{id:?} -> {:?} {:?}", seen.header("x-tollgate-principal"), seen.header("x-tollgate-roles"));
    }
    gate.finish(0)
}
