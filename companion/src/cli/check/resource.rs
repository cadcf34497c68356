use anyhow::ensure;
use tollgate_policy::data::Fields;

use crate::ask::ResourceFixture;

use super::principal::string;

/// Reads `{"kind": …, "id": …, "scope": …}`; whatever else is there are attributes.
pub(super) fn parse(json: &str) -> anyhow::Result<ResourceFixture> {
    let fields = Fields::from_json(json.as_bytes())?;
    let (mut kind, mut id, mut scope) = (String::new(), None, None);
    let mut attributes = Vec::new();
    for (name, value) in fields.iter() {
        match name {
            "kind" => kind = string(name, value)?,
            "id" => id = Some(string(name, value)?),
            "scope" => scope = Some(string(name, value)?),
            _ => attributes.push((name.into(), value.clone())),
        }
    }
    ensure!(!kind.is_empty(), "`kind` is missing or empty");
    Ok(ResourceFixture { kind, id, attributes: Fields::new(attributes)?, scope })
}
