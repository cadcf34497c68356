use std::collections::{BTreeMap, BTreeSet};

use crate::data::Data;
use crate::set::{Additional, Schema, SchemaType};

use super::assembly::Assembly;
use super::attributes;
use super::mapping::{Mapping, Shape, listed};
use super::names::KIND;
use super::node::{Key, Node, Value};
use super::printable::shown;
use super::report::{InFile, Problem};
use super::suggest::closest;
use super::value::{choice, distinct, items, text_within};

pub(super) const SCHEMAS: Shape = Shape { noun: "`schemas`", fields: &["principal", "resources"], planned: &[] };

/// The keywords that say something.
const KEYWORDS: &[&str] = &["type", "properties", "required", "additionalProperties", "items", "enum", "const"];

/// Keywords that are for readers and tools alone.
const ANNOTATIONS: &[&str] = &["title", "description", "format", "examples", "default"];

/// Deepest nesting of schemas; attributes nest no deeper.
const MAX_DEPTH: usize = 16;

/// Longest name of a member, in bytes.
const MAX_NAME: usize = 256;

pub(super) fn decode(node: &Node<'_>, file: &mut InFile<'_, '_>, assembly: &mut Assembly) {
    let Some(schemas) = Mapping::read(node, &SCHEMAS, file) else { return };
    if let Some(node) = schemas.get("principal") {
        assembly.schema_names.declare("schema", "principal", file.place(node.at), file.report);
        if let Some(schema) = of_attributes(node, file) {
            assembly.schemas.principal.get_or_insert(schema);
        }
    }
    let Some(node) = schemas.get("resources") else { return };
    let Some(kinds) = members(node, "`resources`", "{document: {type: object}}", file) else { return };
    for (key, node) in kinds {
        match KIND.refusal(&key.name) {
            Some(refusal) => file.refuse(key.at, refusal),
            None => assembly.kind_schema_names.declare("schema of kind", &key.name, file.place(key.at), file.report),
        }
        if let Some(schema) = of_attributes(node, file) {
            assembly.schemas.resources.entry(key.name.to_string()).or_insert(schema);
        }
    }
}

/// The attributes of something are an object.
fn of_attributes(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Schema> {
    let mut schema = read(node, 1, file)?;
    if !schema.may_be(SchemaType::Object) {
        file.refuse(
            node.at,
            "attributes are an object together; write `type: object` and their schemas as `properties`",
        );
        return None;
    }
    schema.types = BTreeSet::from([SchemaType::Object]);
    Some(schema)
}

fn read(node: &Node<'_>, depth: usize, file: &mut InFile<'_, '_>) -> Option<Schema> {
    if depth > MAX_DEPTH {
        file.refuse(node.at, format!("schemas nest deeper than {MAX_DEPTH} levels; flatten them"));
        return None;
    }
    let Value::Map(entries) = &node.value else {
        let problem = Problem::new(format!("a schema is a mapping, not {}", node.value.noun()));
        file.refuse(node.at, problem.help("write it as `{type: string}`; `{}` stands for any value"));
        return None;
    };
    let mut schema = Schema::default();
    let mut sound = true;
    let mut values: Option<&Key<'_>> = None;
    for (key, node) in entries {
        let keyword = &*key.name;
        sound &= match keyword {
            "type" => types(node, file).map(|types| schema.types = types),
            "properties" => properties(node, depth, file).map(|properties| schema.properties = properties),
            "required" => required(node, file).map(|required| schema.required = required),
            "additionalProperties" => additional(node, depth, file).map(|additional| schema.additional = additional),
            "items" => read(node, depth + 1, file).map(|items| schema.items = Some(Box::new(items))),
            "enum" | "const" if values.replace(key).is_some() => {
                file.refuse(key.at, "a schema has `enum` or `const`, not both; remove one of the two");
                None
            }
            "enum" => each_of(node, file).map(|values| schema.values = Some(values)),
            "const" => attributes::data(node, 1, file).map(|value| schema.values = Some(vec![value])),
            _ if ANNOTATIONS.contains(&keyword) => Some(()),
            _ => {
                file.refuse(key.at, unknown(keyword));
                None
            }
        }
        .is_some();
    }
    (sound && agrees(&schema, node, values, file)).then_some(schema)
}

/// What the keywords say together.
fn agrees(schema: &Schema, node: &Node<'_>, values: Option<&Key<'_>>, file: &mut InFile<'_, '_>) -> bool {
    let wrong = |value: &Data| !schema.types.is_empty() && !schema.types.iter().any(|own| own.includes(value));
    if let Some(key) = values
        && schema.values.iter().flatten().any(wrong)
    {
        let problem = Problem::new(format!("`{}` has a value that is not of the schema's `type`", key.name));
        file.refuse(key.at, problem.help("a value of another type can never occur; correct one of the two"));
        return false;
    }
    let absent = schema.required.iter().find(|name| schema.member(name).is_none());
    if let Some(name) = absent {
        let meant = closest(name, schema.properties.keys().map(String::as_str));
        let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        let message = format!("`required` names {}, which is not among `properties`{meant}", shown(name));
        file.refuse(node.at, Problem::new(message).help("`additionalProperties: false` forbids all others"));
    }
    absent.is_none()
}

fn types(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<BTreeSet<SchemaType>> {
    let Value::List(_) = &node.value else {
        return Some(BTreeSet::from([choice(node, "`type`", &SchemaType::NAMES, file)?]));
    };
    let nodes = items(node, "`type`", "[string, \"null\"]", file)?;
    let read = nodes.iter().filter_map(|node| choice(node, "an item of `type`", &SchemaType::NAMES, file));
    let types: Vec<SchemaType> = read.collect();
    (types.len() == nodes.len()).then(|| types.into_iter().collect())
}

fn properties(node: &Node<'_>, depth: usize, file: &mut InFile<'_, '_>) -> Option<BTreeMap<String, Schema>> {
    let entries = members(node, "`properties`", "{department: {type: string}}", file)?;
    let mut properties = BTreeMap::new();
    for (key, node) in entries {
        if key.name.is_empty() || key.name.len() > MAX_NAME {
            file.refuse(key.at, format!("an attribute name has 1 to {MAX_NAME} bytes; rename it"));
        }
        if let Some(schema) = read(node, depth + 1, file) {
            properties.insert(key.name.to_string(), schema);
        }
    }
    (properties.len() == entries.len()).then_some(properties)
}

fn required(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<BTreeSet<String>> {
    // Tools write empty lists, which say nothing.
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        return Some(BTreeSet::new());
    }
    let item = |node: &Node<'_>, file: &mut InFile<'_, '_>| {
        Some(text_within(node, "an item of `required`", MAX_NAME, file)?.to_owned())
    };
    Some(distinct(node, "`required`", "[department]", file, item)?.into_iter().collect())
}

fn additional(node: &Node<'_>, depth: usize, file: &mut InFile<'_, '_>) -> Option<Additional> {
    match &node.value {
        Value::Bool(true) => Some(Additional::Any),
        Value::Bool(false) => Some(Additional::None),
        Value::Map(_) => Some(Additional::Of(Box::new(read(node, depth + 1, file)?))),
        other => {
            let message = format!("`additionalProperties` is a boolean or a schema, not {}", other.noun());
            file.refuse(node.at, message);
            None
        }
    }
}

fn each_of(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<Vec<Data>> {
    let nodes = items(node, "`enum`", "[open, closed]", file)?;
    let values: Vec<Data> = nodes.iter().filter_map(|node| attributes::data(node, 1, file)).collect();
    (values.len() == nodes.len()).then_some(values)
}

/// The entries of a mapping of names to schemas.
fn members<'n, 't>(
    node: &'n Node<'t>,
    what: &str,
    example: &str,
    file: &mut InFile<'_, '_>,
) -> Option<&'n [(Key<'t>, Node<'t>)]> {
    let Value::Map(entries) = &node.value else {
        let problem = Problem::new(format!("{what} is a mapping of names to schemas, not {}", node.value.noun()));
        file.refuse(node.at, problem.help(format!("write it as `{example}`")));
        return None;
    };
    Some(entries)
}

fn unknown(keyword: &str) -> Problem {
    let meant = closest(keyword, KEYWORDS.iter().chain(ANNOTATIONS).copied());
    let advice = meant.map_or("remove it".to_owned(), |meant| format!("did you mean `{meant}`?"));
    let problem = Problem::new(format!("schema keyword {} is not supported; {advice}", shown(keyword)));
    problem.help(format!("a schema may have {}, and annotations: {}", listed(KEYWORDS), listed(ANNOTATIONS)))
}
