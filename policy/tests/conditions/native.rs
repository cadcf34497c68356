//! The lowered form, evaluated over a request's roots as plain maps: gives values, where a decision gives yes and no.

use tollgate_policy::condition::{ConditionProblem, Environment, Map, Memory, Program, Value, lower};
use tollgate_policy::data::{Data, Fields};

use super::answer::Answer;
use super::requests::{KIND, PORT, Request};

/// Lowers an expression with the roots as parameters.
pub(crate) fn compile(source: &str) -> Result<Program, ConditionProblem> {
    lower(source, &Environment::declaring("", ["principal", "resource", "request"].map(str::to_owned).to_vec()))
}

/// A request as parameters.
pub(crate) struct Parameters {
    principal: Data,
    resource: Data,
}

impl Parameters {
    pub(crate) fn of(request: &Request) -> Self {
        let strings = |items: &[String]| Data::List(items.iter().map(|item| Data::from(item.as_str())).collect());
        Parameters {
            principal: with(
                &request.claims,
                vec![("id", Some(Data::from(request.id.as_str()))), ("roles", Some(strings(&request.roles)))],
            ),
            resource: with(
                &request.attributes,
                vec![("kind", Some(Data::from(KIND))), ("id", request.resource_id.as_deref().map(Data::from))],
            ),
        }
    }

    pub(crate) fn evaluate(&self, program: &Program, request: &Request) -> Answer {
        let headers: Vec<_> = request.headers.iter().map(|(name, text)| (name.as_str(), Value::Str(text))).collect();
        let query: Vec<_> = request.query.iter().map(|(name, text)| (name.as_str(), Value::Str(text))).collect();
        let source = [("ip", Value::Str(&request.ip)), ("port", Value::Int(PORT.into()))];
        let facts = [
            ("method", Some(Value::Str(&request.method))),
            ("path", Some(Value::Str(&request.path))),
            ("headers", Some(Value::Map(Map::Pairs(&headers)))),
            ("query", Some(Value::Map(Map::Pairs(&query)))),
            ("source", Some(Value::Map(Map::Pairs(&source)))),
            ("host", request.host.as_deref().map(Value::Str)),
            ("body", request.body.as_ref().map(Value::from)),
            ("time", request.time.map(Value::Timestamp)),
        ];
        let facts: Vec<_> = facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let parameters = [Value::from(&self.principal), Value::from(&self.resource), Value::Map(Map::Pairs(&facts))];
        Answer::of(program.evaluate(&parameters, &Memory::default()))
    }
}

fn with(attributes: &Fields, more: Vec<(&str, Option<Data>)>) -> Data {
    let mut members: Vec<(Box<str>, Data)> = attributes.as_slice().to_vec();
    members.push(("attr".into(), Data::Map(attributes.clone())));
    members.extend(more.into_iter().filter_map(|(name, value)| Some((name.into(), value?))));
    Data::Map(Fields::new(members).unwrap())
}
