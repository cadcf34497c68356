use serde_json::{Map, Number, Value};
use tollgate_policy::data::{Data, Fields};

/// The JSON of a struct.
pub(super) fn object(fields: &Fields) -> Value {
    Value::Object(fields.iter().map(|(name, data)| (name.to_owned(), value(data))).collect::<Map<_, _>>())
}

fn value(data: &Data) -> Value {
    match data {
        Data::Null => Value::Null,
        Data::Bool(flag) => Value::Bool(*flag),
        Data::Int(number) => Value::from(*number),
        Data::UInt(number) => Value::from(*number),
        Data::Double(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Data::String(text) => Value::from(&**text),
        Data::List(items) => items.iter().map(value).collect(),
        Data::Map(fields) => object(fields),
    }
}
