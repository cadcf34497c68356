use std::num::NonZeroUsize;

use crate::set::RouteBody;

use super::mapping::{Mapping, Shape};
use super::node::{Node, Value};
use super::report::{InFile, Problem};
use super::value::choice;

pub(super) const BODY: Shape = Shape { noun: "`body`", fields: &["json"], planned: &[] };

pub(super) const JSON: Shape = Shape { noun: "`json`", fields: &["maxBytes"], planned: &[] };

const DEFAULT: RouteBody = RouteBody::Json { max_bytes: RouteBody::DEFAULT_MAX_BYTES };

/// What a route makes of bodies: `json`, or `{json: {maxBytes: 65536}}`.
pub(super) fn read(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<RouteBody> {
    if !matches!(node.value, Value::Map(_)) {
        return choice(node, "`body`", &[("json", DEFAULT)], file);
    }
    let json = Mapping::read(node, &BODY, file)?.require("json", file)?;
    let max_bytes = Mapping::read(json, &JSON, file)?.require("maxBytes", file)?;
    let number = match max_bytes.value {
        Value::Int(number) => usize::try_from(number).ok(),
        _ => None,
    };
    match number.filter(|number| *number <= RouteBody::MAX_BYTES).and_then(NonZeroUsize::new) {
        Some(max_bytes) => Some(RouteBody::Json { max_bytes }),
        None => {
            let problem = Problem::new(format!("`maxBytes` is a whole number from 1 to {}", RouteBody::MAX_BYTES));
            let default = RouteBody::DEFAULT_MAX_BYTES;
            file.refuse(max_bytes.at, problem.help(format!("write `body: json` for the default of {default} bytes")));
            None
        }
    }
}
