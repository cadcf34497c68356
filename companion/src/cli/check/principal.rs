use anyhow::{Context, bail, ensure};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::identity::PrincipalClaims;

/// Reads `{"id": …, "roles": […], "source": …, "scope": …}`; whatever else is there are attributes.
pub(super) fn parse(json: &str) -> anyhow::Result<PrincipalClaims> {
    let fields = Fields::from_json(json.as_bytes())?;
    let mut claims = PrincipalClaims::default();
    let mut attributes = Vec::new();
    for (name, value) in fields.iter() {
        match name {
            "id" => claims.id = string(name, value)?,
            "source" => claims.source = Some(string(name, value)?),
            "scope" => claims.scope = Some(string(name, value)?),
            "roles" => claims.roles = strings(name, value)?,
            _ => attributes.push((name.into(), value.clone())),
        }
    }
    ensure!(!claims.id.is_empty(), "`id` is missing or empty");
    claims.attributes = Fields::new(attributes)?;
    Ok(claims)
}

/// A string member.
pub(super) fn string(name: &str, value: &Data) -> anyhow::Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("`{name}` must be a string"))
}

fn strings(name: &str, value: &Data) -> anyhow::Result<Vec<String>> {
    let Data::List(items) = value else {
        bail!("`{name}` must be a list of strings");
    };
    items.iter().map(|item| string(name, item)).collect()
}
