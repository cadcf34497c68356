use anyhow::ensure;
use tollgate_policy::data::Fields;

use super::principal::string;

/// The resource that a command line names.
#[derive(Debug)]
pub(super) struct ResourceArg {
    pub(super) kind: String,
    pub(super) id: Option<String>,
    pub(super) attributes: Fields,
}

impl ResourceArg {
    /// Reads `{"kind": …, "id": …}`; whatever else is there are attributes.
    pub(super) fn parse(json: &str) -> anyhow::Result<Self> {
        let fields: Fields = serde_json::from_str(json)?;
        let (mut kind, mut id) = (String::new(), None);
        let mut attributes = Vec::new();
        for (name, value) in fields.iter() {
            match name {
                "kind" => kind = string(name, value)?,
                "id" => id = Some(string(name, value)?),
                _ => attributes.push((name.into(), value.clone())),
            }
        }
        ensure!(!kind.is_empty(), "`kind` is missing or empty");
        Ok(ResourceArg { kind, id, attributes: Fields::new(attributes)? })
    }
}
