use tollgate_policy::data::Data;

/// An attribute value as JSON.
pub(crate) fn json(data: &Data) -> serde_json::Value {
    match data {
        Data::Null => serde_json::Value::Null,
        Data::Bool(value) => (*value).into(),
        Data::Int(value) => (*value).into(),
        Data::UInt(value) => (*value).into(),
        Data::Double(value) => (*value).into(),
        Data::String(text) => text.to_string().into(),
        Data::List(items) => items.iter().map(json).collect(),
        Data::Map(fields) => fields.iter().map(|(name, value)| (name.to_owned(), json(value))).collect(),
    }
}
