//! The JSON Schema of policy files says what the loader does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::source::order::SHAPES;
use crate::source::{JSON_SCHEMA, SourceFile, load};

fn schema() -> Value {
    serde_json::from_str(JSON_SCHEMA).unwrap()
}

/// The schema of the mapping at a path: through lists, references, and the alternative that is a mapping.
fn at(root: &Value, path: &[&str]) -> Value {
    let mapping = |schema: &Value| -> Value {
        let mut schema = schema.clone();
        loop {
            let next = if let Some(name) = schema["$ref"].as_str() {
                root.pointer(name.trim_start_matches('#')).unwrap().clone()
            } else if schema.get("items").is_some() {
                schema["items"].clone()
            } else if schema.get("properties").is_none()
                && let Some(any) = schema["anyOf"].as_array()
            {
                any.iter().find(|one| one.get("properties").is_some()).unwrap().clone()
            } else {
                return schema;
            };
            schema = next;
        }
    };
    path.iter().fold(mapping(root), |schema, field| mapping(&schema["properties"][field]))
}

#[test]
fn fields_are_those_of_the_loader() {
    let root = schema();
    for (path, shape) in SHAPES {
        let schema = at(&root, path);
        let fields: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, shape.fields.iter().copied().collect(), "{path:?}");
        assert_eq!(schema["additionalProperties"], json!(false), "{path:?}");
    }
}

/// A set that holds one of every mapping, each with the fields that it needs and no other.
fn least() -> Value {
    let rules = json!({"limits": [{"scope": "org", "tokens": 1}]});
    let price = json!({"input": 1, "output": 1});
    json!({
        "policies": [{"name": "a", "resource": "d", "actions": ["view"], "roles": ["x"]}],
        "derivedRoles": [{"name": "owner", "roles": ["x"]}],
        "routes": [{
            "match": {"path": "/a"}, "action": "view", "resource": {"kind": "d"}, "body": {"json": {"maxBytes": 10}},
        }, {
            "match": {"path": "/b"}, "action": "view", "resource": {"kind": "d"}, "budget": {"downgrade": {}},
        }],
        "identity": [
            {"name": "a", "jwt": {}},
            {"name": "b", "mtls": {"san": "uri"}},
            {"name": "c", "headers": {"id": "x-id", "trust": {"sans": ["spiffe://a"]}}},
        ],
        "principals": [{"source": "a", "id": "b", "roles": ["x"]}],
        "schemas": {},
        "budgets": {
            "models": [{"name": "m", "provider": "p", "context": 1, "maxOutput": 1, "price": price}],
            "environments": {"dev": rules, "staging": rules, "prod": rules},
        },
    })
}

fn loads(set: &Value) -> bool {
    load(&[SourceFile::new("a.json", set.to_string())]).is_ok()
}

/// Every mapping at a path, in any item of lists on the way.
fn visit(value: &mut Value, path: &[&str], see: &mut dyn FnMut(&mut serde_json::Map<String, Value>)) {
    match (value, path) {
        (Value::Array(items), _) => items.iter_mut().for_each(|item| visit(item, path, see)),
        (Value::Object(fields), []) => see(fields),
        (Value::Object(fields), [first, rest @ ..]) => {
            if let Some(value) = fields.get_mut(*first) {
                visit(value, rest, see);
            }
        }
        _ => {}
    }
}

#[test]
fn required_fields_are_those_that_the_loader_misses() {
    let root = schema();
    assert!(loads(&least()));
    for (path, _) in SHAPES {
        let required = at(&root, path)["required"].as_array().cloned().unwrap_or_default();
        let mut seen = false;
        for field in required.iter().map(|field| field.as_str().unwrap()) {
            let mut set = least();
            visit(&mut set, path, &mut |fields| seen |= fields.remove(field).is_some());
            assert!(seen && !loads(&set), "{path:?} without {field}");
        }
        // One set is the least of all, so nothing else is needed.
        visit(&mut least(), path, &mut |fields| {
            for field in required.iter().map(|field| field.as_str().unwrap()) {
                assert!(fields.contains_key(field), "{path:?} {field}");
            }
        });
    }
}
