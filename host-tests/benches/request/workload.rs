use std::fmt::Write as _;

use tollgate_policy::snapshot::encode;
use tollgate_policy::source::{SourceFile, load};

use crate::proxy::ID;
use crate::requests::Identity;

const POLICIES: usize = 10_000;
const ACTIONS: [&str; 5] = ["view", "edit", "delete", "share", "approve"];

/// Five policies a kind, most of them with a condition, one in twenty a deny; a route for each kind.
pub(crate) fn snapshot(identity: Identity) -> Vec<u8> {
    let mut yaml = String::from("policies:\n");
    for index in 0..POLICIES {
        let (kind, place) = (index / 5, index % 5);
        let effect = if index % 20 == 7 { "deny" } else { "allow" };
        let actions = [ACTIONS[place], ACTIONS[(place + 1) % 5]].join(", ");
        let condition = match place {
            0 => "resource.ownerId == principal.id",
            1 => "principal.id != 'user-0' && resource.ownerId != 'user-0'",
            2 => "request.path.startsWith('/area-9/') == false",
            _ => "true",
        };
        writeln!(
            yaml,
            "  - {{name: policy-{index}, effect: {effect}, resource: kind-{kind}, actions: [{actions}], \
             roles: [role-{}, role-{}], condition: \"{condition}\"}}",
            (index + 3) % 20,
            (index + 12) % 20,
        )
        .unwrap();
    }
    yaml.push_str("routes:\n");
    for kind in 0..POLICIES / 5 {
        writeln!(
            yaml,
            "  - {{name: kind-{kind}, match: {{methods: [GET], path: \"/kind-{kind}/users/{{user}}/things/{{id}}\"}}, \
             action: view, resource: {{kind: kind-{kind}, id: path.id, attr: {{ownerId: path.user}}}}}}"
        )
        .unwrap();
    }
    yaml.push_str(match identity {
        Identity::Headers => "identity:\n  - {name: headers, headers: {id: x-user, roles: x-user-roles, trust: all}}\n",
        Identity::Token => "identity:\n  - {name: token, jwt: {roles: roles}}\n",
    });
    let set = load(&[SourceFile::new("policies.yaml", yaml)]);
    encode(&set.unwrap_or_else(|problems| panic!("{problems}")), ID).unwrap()
}
