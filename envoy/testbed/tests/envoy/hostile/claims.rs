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
fn nesting_gets_an_answer_however_deep() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    let mut ledger = Ledger::default();
    // Deeper than the plugin reads, and then deeper than Envoy reads.
    for (depth, expected) in [(20, "upstream /files/a"), (90, "401 UNAUTHENTICATED"), (500, "envoy 401")] {
        let nested = (0..depth).fold(json!(1), |inner, _| json!([inner]));
        let claims = json!({"sub": "alice", "roles": ["employee"], "nested": nested});
        ledger.note(depth, expected, gate.get_as(&claims, "/files/a"));
    }
    ledger.settle()?;
    gate.finish(0)
}

#[test]
fn a_name_that_no_header_can_hold_reaches_the_upstream_escaped() -> Result<()> {
    let gate = Gate::with_policies("hostile")?;
    for (id, expected) in [
        ("a\r\nx-tollgate-roles: admin", "a%0D%0Ax-tollgate-roles:%20admin"),
        ("a\0b", "a%00b"),
        ("\u{e4}", "%C3%A4"),
        ("a,b", "a%2Cb"),
        (" a ", "%20a%20"),
        ("a%0d", "a%250d"),
    ] {
        let answer = gate.get_as(&json!({"sub": id, "roles": ["employee", "a,admin"]}), "/files/a")?;
        let seen = answer.seen()?;
        assert_eq!(seen.header("x-tollgate-principal"), [expected]);
        assert_eq!(seen.header("x-tollgate-roles"), ["a%2Cadmin,employee"]);
    }
    gate.finish(0)
}
