//! Who sends the demo's requests.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;
use tollgate_testbed::Keys;

const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// Names whose tokens the identity provider signs. What else is known of them is in `people.yaml`.
pub(crate) const PEOPLE: [&str; 7] = ["alice", "bob", "carol", "dana", "mallory", "root", "billing-service"];

/// The `authorization` header of this person's requests; `nobody` sends none, `forger` signs with a key of their own.
pub(crate) fn authorization(keys: &Keys, who: &str) -> Result<Option<String>> {
    let roles: &[&str] = match who {
        "nobody" => return Ok(None),
        "forger" => {
            let token = Keys::generate()?.token(&json!({"sub": "root", "roles": ["admin"]}), LIFETIME)?;
            return Ok(Some(format!("Bearer {token}")));
        }
        "root" => &["employee", "admin"],
        "billing-service" => &[],
        _ if PEOPLE.contains(&who) => &["employee"],
        _ => bail!("`{who}` has no part in the demo"),
    };
    let token = keys.token(&json!({"sub": who, "roles": roles}), LIFETIME)?;
    Ok(Some(format!("Bearer {token}")))
}
