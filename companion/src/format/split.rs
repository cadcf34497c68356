//! A policy file taken apart: its policies, each as a document of its own, and the rest.

use serde_json::{Map, Number, Value as Json};
use tollgate_policy::source::SourceFile;
use tollgate_policy::source::tree::{self, Node as Read, Value};

use super::FormatError;
use super::layout;
use super::syntax::{self, Kind, Node};

/// What a policy file holds.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Names and texts of its policies.
    pub(crate) policies: Vec<(String, String)>,
    /// Its other sections, if there are any.
    pub(crate) rest: Option<String>,
}

/// Takes a file apart that the loader has accepted. Comments stay with what they are about. Anchors and aliases may reach
/// from one policy into another: a file with any, or with anything else that cannot be kept as it is written, is written out
/// first, without its comments.
pub(crate) fn split(file: &SourceFile) -> Result<Parts, FormatError> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let unsupported =
        |syntax::Unsupported { line, reason }| FormatError::Unsupported { file: file.name.clone(), line, reason };
    let written_out;
    let document = match syntax::parse(text) {
        Ok(document) if !document.has_anchors => document,
        _ => {
            written_out = write_out(file)?;
            syntax::parse(&written_out).map_err(unsupported)?
        }
    };
    let Some(Node { kind: Kind::Map { entries, .. }, .. }) = &document.root else { return Ok(Parts::default()) };
    let mut parts = Parts::default();
    for (key, section) in entries {
        match &section.node.kind {
            Kind::List { items, .. } if key.value == "policies" => {
                for item in items {
                    let name = name(&item.node)
                        .ok_or_else(|| unsupported(syntax::Unsupported { line: 1, reason: "a policy has no name" }))?;
                    parts.policies.push((name, layout::write_item(&document, item, &key.value)));
                }
            }
            _ if key.value == "policies" => {}
            _ => parts.rest = Some(String::new()),
        }
    }
    parts.rest = parts.rest.map(|_| layout::write_without(&document, "policies"));
    Ok(parts)
}

fn name(policy: &Node) -> Option<String> {
    let Kind::Map { entries, .. } = &policy.kind else { return None };
    entries.iter().find(|(key, _)| key.value == "name").and_then(|(_, child)| match &child.node.kind {
        Kind::Scalar(scalar) => Some(scalar.value.clone()),
        _ => None,
    })
}

fn write_out(file: &SourceFile) -> Result<String, FormatError> {
    let value = tree::read(file, |root, _| Some(json(root))).map_err(FormatError::Unreadable)?;
    Ok(value.to_string())
}

fn json(node: &Read<'_>) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::UInt(value) => Json::from(*value),
        Value::Double(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
        Value::Text(text) => Json::from(text.as_ref()),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.name.to_string(), json(value)));
            Json::Object(entries.collect::<Map<String, Json>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use tollgate_policy::set::PolicySet;
    use tollgate_policy::source::{Shape, load};

    use super::*;

    const FILE: &str = "\
# About everything.
scopes: [acme]
policies:
  # About readers.
  - name: reader   # the first
    resource: document
    actions: [view]
    roles: [editor]
    condition: >-
      resource.a == 1 &&
      resource.b == 2

  - {name: \"writer\", resource: document, actions: [edit], roles: [editor]}
routes:
  - {match: {path: /a}, action: view, resource: {kind: document}}
";

    fn together(parts: Parts) -> PolicySet {
        let mut files: Vec<SourceFile> = parts.rest.map(|rest| SourceFile::new("set", rest)).into_iter().collect();
        files.extend(parts.policies.into_iter().map(|(name, text)| SourceFile {
            name: format!("policies/{name}"),
            text: text.into(),
            shape: Shape::Policy(name),
        }));
        load(&files).unwrap()
    }

    #[test]
    fn the_parts_are_the_same_set_and_keep_their_comments() {
        let file = SourceFile::new("a.yaml", FILE);
        let parts = split(&file).unwrap();
        let names: Vec<_> = parts.policies.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["reader", "writer"]);
        let texts: String = parts.policies.iter().map(|(_, text)| text.as_str()).collect();
        assert!(texts.contains("# About readers.\n") && texts.contains("# the first"), "{texts}");
        assert!(parts.rest.as_ref().unwrap().contains("# About everything."), "{parts:?}");
        assert_eq!(together(parts), load(&[file]).unwrap());
    }

    #[test]
    fn json_aliases_directives_and_tags_are_taken_apart_as_well() {
        let json =
            r#"{"policies": [{"name": "a", "resource": "d", "actions": ["view"], "roles": ["*"]}], "scopes": ["x"]}"#;
        let aliases = "policies:\n  - {name: a, resource: d, actions: &these [view], roles: [r]}\n  \
                       - {name: b, resource: d, actions: *these, roles: [r]}\n";
        let directive = "%YAML 1.2\n---\npolicies:\n  - {name: a, resource: d, actions: [view], roles: [r]}\n";
        let tag = "policies:\n  - {name: !!str a, resource: d, actions: [view], roles: [r]}\n";
        for text in [json, aliases, directive, tag] {
            let file = SourceFile::new("a.yaml", text);
            assert_eq!(together(split(&file).unwrap()), load(&[file]).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_file_of_nothing_has_no_parts() {
        let parts = split(&SourceFile::new("a.yaml", "# nothing\n")).unwrap();
        assert!(parts.policies.is_empty() && parts.rest.is_none());
    }
}
