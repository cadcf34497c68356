use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tollgate_policy::data::Fields;

use crate::ask::json;
use crate::shell::Quoted;

use super::point::Question;

/// A question, as arguments of `tollgate check`, `--policies` left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Witness(pub(crate) Vec<String>);

impl Witness {
    pub(super) fn of(question: &Question) -> Self {
        let Question { principal, action, resource, request, circumstances } = question;
        let mut arguments = Vec::new();
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        if let Some(claims) = principal {
            let own = [("id", Some(claims.id.as_str().into())), ("roles", Some(claims.roles.clone().into()))];
            add("--principal", document(own, &claims.attributes));
        }
        add("--action", action.clone());
        let own = [
            ("kind", Some(resource.kind.as_str().into())),
            ("id", resource.id.as_deref().map(Into::into)),
            ("scope", resource.scope.as_deref().map(Into::into)),
        ];
        add("--resource", document(own, &resource.attributes));
        if let Some(request) = request {
            add("--request", format!("{} {}", request.method, request.target));
            request.headers.iter().for_each(|(name, value)| add("--header", format!("{name}: {value}")));
            if let Some(body) = &request.body {
                add("--body", String::from_utf8_lossy(body).into_owned());
            }
            add("--host", request.host.clone());
        }
        if let Some(time) = circumstances.time {
            add("--now", time.to_string());
        }
        if let Some(source) = circumstances.source {
            add("--from", source.to_string());
        }
        Witness(arguments)
    }
}

fn document<const COUNT: usize>(own: [(&str, Option<Value>); COUNT], attributes: &Fields) -> String {
    let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let attributes = attributes.iter().map(|(name, value)| (name.to_owned(), json(value)));
    Value::Object(own.chain(attributes).collect::<Map<_, _>>()).to_string()
}

/// As a shell takes it.
impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, argument) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{}", Quoted(argument))?;
        }
        Ok(())
    }
}
