use super::mapping::Shape;
use super::{body, budget, derived_role, identity, policy, principal, route, schema, section};

/// The fields that the mapping at a path of a policy file may have, in the order in which they are best written; none where
/// names are the author's own. The path is that of field names from the top: lists have no part in it.
#[must_use]
pub fn fields_at(path: &[&str]) -> &'static [&'static str] {
    SHAPES.iter().find(|(at, _)| *at == path).map_or(&[], |(_, shape)| shape.fields)
}

/// The mappings of a policy file whose fields are the language's, by path.
pub(super) const SHAPES: &[(&[&str], &Shape)] = &[
    (&[], &section::FILE),
    (&["policies"], &policy::POLICY),
    (&["derivedRoles"], &derived_role::DERIVED_ROLE),
    (&["routes"], &route::ROUTE),
    (&["routes", "match"], &route::MATCH),
    (&["routes", "resource"], &route::RESOURCE),
    (&["routes", "body"], &body::BODY),
    (&["routes", "body", "json"], &body::JSON),
    (&["routes", "budget"], &budget::BUDGET),
    (&["routes", "budget", "downgrade"], &budget::DOWNGRADE),
    (&["identity"], &identity::SOURCE),
    (&["identity", "jwt"], &identity::JWT),
    (&["identity", "mtls"], &identity::MTLS),
    (&["identity", "headers"], &identity::HEADERS),
    (&["identity", "headers", "trust"], &identity::TRUST),
    (&["principals"], &principal::PRINCIPAL),
    (&["schemas"], &schema::SCHEMAS),
    (&["budgets"], &budget::BUDGETS),
    (&["budgets", "models"], &budget::MODEL_FIELDS),
    (&["budgets", "models", "price"], &budget::PRICE),
    (&["budgets", "environments"], &budget::ENVIRONMENTS),
    (&["budgets", "environments", "dev"], &budget::RULES),
    (&["budgets", "environments", "dev", "limits"], &budget::LIMIT),
    (&["budgets", "environments", "staging"], &budget::RULES),
    (&["budgets", "environments", "staging", "limits"], &budget::LIMIT),
    (&["budgets", "environments", "prod"], &budget::RULES),
    (&["budgets", "environments", "prod", "limits"], &budget::LIMIT),
];
