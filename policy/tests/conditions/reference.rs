//! The `cel` crate: what it makes of an expression and a request.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cel_interpreter::common::types::{
    CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelList, CelMap, CelNull, CelOptional, CelString, CelTimestamp,
    CelType, CelUInt,
};
use cel_interpreter::common::value::Val;
use cel_interpreter::objects::{Key, Map};
use cel_interpreter::{Context, Env, Program, Value, extensions};
use tollgate_policy::data::{Data, Fields};

use super::answer::{Answer, Known};
use super::requests::{KIND, PORT, Request};

/// The reference, with all its extensions.
pub(crate) struct Reference(Arc<Env>);

/// A parsed expression, or why there is none.
pub(crate) struct Compiled(Result<Program, String>);

/// A request as the reference's variables.
pub(crate) struct Variables(Context<'static, 'static>);

impl Reference {
    pub(crate) fn new() -> Self {
        let mut env = Env::stdlib();
        env.add_extension(extensions::strings).unwrap();
        env.add_extension(extensions::math).unwrap();
        env.add_extension(extensions::lists).unwrap();
        env.add_extension(extensions::encoders).unwrap();
        Reference(Arc::new(env))
    }

    pub(crate) fn compile(&self, source: &str) -> Compiled {
        Compiled(self.0.compile(source).map_err(|errors| errors.to_string()))
    }

    pub(crate) fn variables(&self, request: &Request) -> Variables {
        let mut context = Context::with_env(Arc::clone(&self.0));
        context.add_variable_from_value("principal", principal(request));
        context.add_variable_from_value("resource", resource(request));
        context.add_variable_from_value("request", facts(request));
        Variables(context)
    }

    pub(crate) fn evaluate(&self, program: &Compiled, variables: &Variables) -> Answer {
        let program = match &program.0 {
            Ok(program) => program,
            Err(why) => return Answer::Error(why.clone()),
        };
        let resolve = || match Value::resolve_val(program.expression(), &variables.0) {
            Ok(value) => Answer::Value(known(value.as_ref())),
            Err(error) => Answer::Error(error.to_string()),
        };
        catch_unwind(AssertUnwindSafe(resolve)).unwrap_or_else(|_| Answer::Error("it panics".to_owned()))
    }
}

fn known<'v>(value: &(dyn Val + 'v)) -> Known {
    if let Some(value) = value.downcast_ref::<CelBool>() {
        Known::Bool(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelInt>() {
        Known::Int(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelUInt>() {
        Known::UInt(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelDouble>() {
        Known::Double(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelString<'_>>() {
        Known::Text(value.inner().to_owned())
    } else if let Some(value) = value.downcast_ref::<CelBytes<'_>>() {
        Known::Bytes(value.inner().to_vec())
    } else if value.downcast_ref::<CelNull>().is_some() {
        Known::Null
    } else if let Some(value) = value.downcast_ref::<CelList<'_>>() {
        Known::List(value.inner().iter().map(|item| known(item.as_ref())).collect())
    } else if let Some(value) = value.downcast_ref::<CelMap<'_>>() {
        let entries = value.inner().iter();
        Known::Map(entries.map(|(key, value)| (key_of(Key::from(key.clone())), known(value.as_ref()))).collect())
    } else if let Some(value) = value.downcast_ref::<CelTimestamp>() {
        Known::Time(value.inner().timestamp(), value.inner().timestamp_subsec_nanos())
    } else if let Some(value) = value.downcast_ref::<CelDuration>() {
        let span = value.inner();
        Known::Span(i128::from(span.num_seconds()) * 1_000_000_000 + i128::from(span.subsec_nanos()))
    } else if let Some(value) = value.downcast_ref::<CelType>() {
        Known::Type(value.name().to_owned())
    } else if let Some(value) = value.downcast_ref::<CelOptional<'_>>() {
        Known::Optional(value.option().map(|value| Box::new(known(value))))
    } else {
        Known::Own(format!("a {} of the reference", value.get_type().name()))
    }
}

fn key_of(key: Key) -> Known {
    match key {
        Key::Bool(value) => Known::Bool(value),
        Key::Int(value) => Known::Int(value),
        Key::Uint(value) => Known::UInt(value),
        Key::String(text) => Known::Text(text.to_string()),
    }
}

fn principal(request: &Request) -> Value {
    let mut members = members(&request.claims);
    members.insert("attr".into(), map(self::members(&request.claims)));
    members.insert("id".into(), string(&request.id));
    members.insert("roles".into(), Value::List(Arc::new(request.roles.iter().map(|role| string(role)).collect())));
    map(members)
}

fn resource(request: &Request) -> Value {
    let mut members = members(&request.attributes);
    members.insert("attr".into(), map(self::members(&request.attributes)));
    members.insert("kind".into(), string(KIND));
    if let Some(id) = &request.resource_id {
        members.insert("id".into(), string(id));
    }
    map(members)
}

fn facts(request: &Request) -> Value {
    let mut members = HashMap::from([
        (Key::from("method"), string(&request.method)),
        ("path".into(), string(&request.path)),
        ("headers".into(), strings(&request.headers)),
        ("query".into(), strings(&request.query)),
        (
            "source".into(),
            map(HashMap::from([("ip".into(), string(&request.ip)), ("port".into(), Value::Int(PORT.into()))])),
        ),
    ]);
    members.extend(request.host.as_ref().map(|host| (Key::from("host"), string(host))));
    members.extend(request.body.as_ref().map(|body| (Key::from("body"), value(body))));
    members.extend(request.time.map(|time| (Key::from("time"), Value::Timestamp(time.to_string().parse().unwrap()))));
    map(members)
}

fn members(fields: &Fields) -> HashMap<Key, Value> {
    fields.iter().map(|(name, data)| (Key::from(name), value(data))).collect()
}

fn strings(pairs: &[(String, String)]) -> Value {
    map(pairs.iter().map(|(name, value)| (Key::from(name.as_str()), string(value))).collect())
}

fn value(data: &Data) -> Value {
    match data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::Bool(*value),
        Data::Int(value) => Value::Int(*value),
        Data::UInt(value) => Value::UInt(*value),
        Data::Double(value) => Value::Float(*value),
        Data::String(text) => string(text),
        Data::List(items) => Value::List(Arc::new(items.iter().map(value).collect())),
        Data::Map(fields) => map(members(fields)),
    }
}

fn map(members: HashMap<Key, Value>) -> Value {
    Value::Map(Map { map: Arc::new(members) })
}

fn string(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}
