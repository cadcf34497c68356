use std::collections::BTreeMap;

use super::{AttributeTypes, Use, check};
use crate::condition::{Environment, lower};
use crate::set::{Names, Schemas};
use crate::source::{SourceFile, load};

const SCHEMAS: &str = "
schemas:
  principal:
    type: object
    properties: {department: {type: string}, level: {type: integer}, manager: {type: object, properties: {id: {type: string}}}}
  resources:
    document:
      type: object
      properties:
        ownerId: {type: string}
        status: {enum: [draft, published]}
        size: {type: integer}
        price: {type: number}
        public: {type: boolean}
        tags: {type: array, items: {type: string}}
        meta: {type: object, additionalProperties: {type: string}}
        expires: {type: [string, \"null\"]}
        free: {}
    folder:
      type: object
      additionalProperties: false
      properties: {ownerId: {type: string}, depth: {type: integer}}
    note: {type: object, additionalProperties: true, properties: {text: {type: string}}}
";

fn schemas() -> Schemas {
    load(&[SourceFile::new("schemas.yaml", SCHEMAS)]).unwrap().schemas
}

fn variables() -> BTreeMap<String, String> {
    let named =
        [("isOwner", "resource.ownerId == principal.id"), ("limit", "10"), ("open", "resource.status == 'published'")];
    named.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

fn of(kinds: &[&str], condition: &str) -> Vec<String> {
    let environment = Environment::policy().with_variables(variables());
    lower(condition, &environment).unwrap_or_else(|problem| panic!("{condition}: {problem}"));
    let schemas = schemas();
    let kinds = match kinds {
        ["*"] => Names::Any,
        kinds => Names::Of(kinds.iter().map(|kind| (*kind).to_owned()).collect()),
    };
    let problems = check(condition, &environment, &AttributeTypes::new(&schemas, Some(&kinds), false), Use::Condition);
    let shown = |part: &str, message: &str| format!("{part} | {message}");
    problems
        .into_iter()
        .map(|problem| shown(condition.get(problem.offset..problem.offset + problem.len).unwrap(), &problem.message))
        .collect()
}

fn only(condition: &str) -> String {
    let problems = of(&["document"], condition);
    assert_eq!(problems.len(), 1, "{condition}: {problems:#?}");
    problems.into_iter().next().unwrap()
}

#[test]
fn nothing_is_said_of_conditions_that_could_be_meant() {
    let mut alarms = Vec::new();
    for condition in [
        "resource.ownerId == principal.id",
        "resource.status == 'draft'",
        "resource.status in ['draft', 'published']",
        "resource.kind in ['document', 'folder']",
        "2 in [1, 2, 3]",
        "resource.status != 'draft'",
        "resource.size > 5 && resource.size < 5.5 && resource.size + 1 > 2",
        "resource.price * 2.0 > 5 || resource.price * 2 > 5",
        "resource.public",
        "!resource.public",
        "resource.public ? resource.size > 1 : false",
        "'x' in resource.tags && resource.tags.exists(t, t.startsWith('a'))",
        "resource.tags == []",
        "resource.meta.anything == 'x' && resource.meta['other'].startsWith('a')",
        "has(resource.meta.anything)",
        "resource.expires == null || timestamp(resource.expires) > request.time",
        "resource.expires != null",
        "resource.ownerId != null",
        "resource.free > 5 && resource.free == 'x' && resource.free.deep.deeper[3] == 1 && resource.free in [1, 'a']",
        "resource.free",
        "principal.manager.id == principal.id",
        "principal.level >= 3 && principal.department == 'x'",
        "'admin' in principal.roles && principal.roles.size() > 2 && principal.roles.all(r, r != 'x')",
        "principal.roles.exists(r, r in resource.tags)",
        "request.body.amount > 5 && request.body.items.map(i, i.price).exists(p, p > 3.5)",
        "request.headers['x-a'] == '5' && int(request.query.page) > 5",
        "request.time > timestamp('2026-01-01T00:00:00Z') && request.time.getHours('Europe/Berlin') < 18 && request.time.getHours('+02:00') < 18",
        "request.time - timestamp('2026-01-01T00:00:00Z') > duration('24h')",
        "cidr('10.0.0.0/8').containsIP(request.source.ip) && ip(request.source.ip).family() == 4",
        "request.source.port == 443u && request.source.port < 1024.5",
        "type(resource.free) == int && type(resource.free) != string",
        "dyn(principal.id) > 5 && dyn('a') == 1",
        "resource.?ownerId.orValue('x') == 'y' && resource.?free.hasValue()",
        "optional.of(1).optMap(x, x + 1).value() == 2",
        "math.greatest(resource.size, 5) > 3 && math.abs(resource.price) > 1.5",
        "cel.bind(x, resource.size, x * x > 4)",
        "resource.tags.map(t, t + 'x').filter(t, t != 'y').size() == 2",
        "{'a': 1, 'b': 2}[resource.ownerId] == 1",
        "['a', 1].exists(x, x == 1) && [1, 2][0] == 1",
        "resource.kind == 'document' && resource.id == 'x'",
        "variables.isOwner && resource.size > variables.limit",
        "resource.attr.size > 1 && resource['size'] > 1 && resource.attr['size'] > 1",
        "resource.tags[0] == 'x' && resource.tags.join(',') == 'a,b'",
        "resource.meta.exists(k, k == 'x') && resource.meta.all(k, v, v != k)",
        "resource.ownerId.matches('^a') && size(resource.ownerId) < 5",
        "1 / resource.size > 0",
        "true",
        "1 == 2 || 'a' == 'b'",
    ] {
        alarms.extend(of(&["document"], condition));
    }
    assert_eq!(alarms, Vec::<String>::new());
}

#[test]
fn what_is_certainly_wrong_is_said_with_its_place_and_what_to_write() {
    let mut wrong = Vec::new();
    for (condition, expected) in [
        ("principal.id > 5", "principal.id > 5 | `>` cannot compare a string with an int; write it as a string: `'5'`"),
        ("size(3) == 1", "3 | `size` takes a string, bytes, a list or a map here, and this is an int"),
        (
            "!resource.ownerId",
            "resource.ownerId | `!` takes a boolean, and this is a string; write `resource.ownerId == '…'`, or `has(resource.ownerId)` to ask whether it is there",
        ),
        ("'a' + 1 == 'a1'", "'a' + 1 | `+` has no meaning for a string and an int; convert with `string(1)`"),
        (
            "principal.roles == 'admin'",
            "principal.roles == 'admin' | this never holds: a list of strings is never equal to a string; write `'admin' in principal.roles`",
        ),
        (
            "principal.roles in ['admin']",
            "principal.roles in ['admin'] | this never holds: a list of strings is never equal to an element of this list; write `principal.roles.exists(x, x in ['admin'])`",
        ),
        (
            "principal.id in 'alice'",
            "'alice' | `in` takes a list or a map, and this is a string; write `'alice'.contains(principal.id)`, or a list: `principal.id in ['alice']`",
        ),
        (
            "principal.roles in 'admin'",
            "'admin' | `in` takes a list or a map, and this is a string; write `'admin' in principal.roles`",
        ),
        ("resource.owner_id == 'x'", "owner_id | unknown attribute `owner_id`; did you mean `ownerId`?"),
        ("has(resource.ownerID)", "ownerID | unknown attribute `ownerID`; did you mean `ownerId`?"),
        ("principal.manager.name == 'x'", "name | unknown attribute `name`: by its schema it has `id`"),
        (
            "resource.status == 'publishd'",
            "resource.status == 'publishd' | this never holds: `resource.status` is one of 'draft', 'published'; did you mean `'published'`?",
        ),
        ("resource.status in ['draft', 'old']", "'old' | `resource.status` is one of 'draft', 'published'"),
        (
            "resource.size == '5'",
            "resource.size == '5' | this never holds: a whole number is never equal to a string; write the number without quotes: `5`",
        ),
        (
            "resource.public == 'true'",
            "resource.public == 'true' | this never holds: a boolean is never equal to a string; write `true` without quotes",
        ),
        (
            "principal.id != 5",
            "principal.id != 5 | this always holds: a string is never equal to an int; write it as a string: `'5'`",
        ),
        (
            "principal.id == null",
            "principal.id == null | this never holds: a string is never equal to null; to ask whether it is there, write `has(principal.id)`",
        ),
        (
            "request.time > '2026-01-01T00:00:00Z'",
            "request.time > '2026-01-01T00:00:00Z' | `>` cannot compare a timestamp with a string; write `timestamp('2026-01-01T00:00:00Z')`",
        ),
        (
            "resource.expires < request.time",
            "resource.expires < request.time | `<` cannot compare a string or null with a timestamp; write `timestamp(resource.expires)`",
        ),
        (
            "resource.size + 1.5 > 2.0",
            "resource.size + 1.5 | `+` has no meaning for a whole number and a double; convert with `double(resource.size)`",
        ),
        (
            "principal.roles.contains('admin')",
            "principal.roles | `contains` is called on a string, and this is a list of strings; write `'admin' in principal.roles`",
        ),
        (
            "resource.size.startsWith('1')",
            "resource.size | `startsWith` is called on a string, and this is a whole number; write `string(resource.size)`",
        ),
        ("principal.id.startsWith(5)", "5 | `startsWith` takes a string here, and this is an int; write `string(5)`"),
        (
            "resource.ownerId",
            "resource.ownerId | a condition is true or false, but this is a string; compare it with something, as in `… == 'x'`",
        ),
        (
            "resource.public && principal.id",
            "principal.id | `&&` takes a boolean, and this is a string; compare it with something",
        ),
        (
            "resource.size ? true : false",
            "resource.size | `?:` takes a boolean, and this is a whole number; compare it, as in `… > 0`",
        ),
        (
            "timestamp('tomorrow') > request.time",
            "timestamp('tomorrow') | this is no timestamp; write it as in `timestamp('2026-01-31T08:00:00Z')`",
        ),
        (
            "request.time - timestamp('2026-01-01T00:00:00Z') > duration('1 day')",
            "duration('1 day') | this is no duration; write hours, minutes and seconds, as in `duration('1h30m')` or `duration('90s')`",
        ),
        (
            "ip('10.0.0') == ip(request.source.ip)",
            "ip('10.0.0') | this is no IP address; write it as in `'10.0.0.1'` or `'2001:db8::1'`",
        ),
        (
            "cidr('10.0.0.0/8').containsIP('10.0.0')",
            "'10.0.0' | this is no IP address; write it as in `'10.0.0.1'` or `'2001:db8::1'`",
        ),
        (
            "cidr(request.headers.a).containsIP('10.0.0')",
            "'10.0.0' | this is no IP address; write it as in `'10.0.0.1'` or `'2001:db8::1'`",
        ),
        ("[1, 2][5] == 1", "[1, 2][5] | the list or map has no such element"),
        ("resource.size / 0 == 1", "0 | division by zero"),
        ("1 / 0 == 1", "0 | division by zero"),
        (
            "base64.decode('*') == b'x'",
            "base64.decode('*') | this always fails: `base64.decode` is of a string that is no base64",
        ),
        ("principal.id.exists(x, x == 'a')", "principal.id | `exists` goes over a list or a map, and this is a string"),
        (
            "resource.tags.exists(t, t == 5)",
            "t == 5 | this never holds: a string is never equal to an int; write it as a string: `'5'`",
        ),
        (
            "principal.roles.exists(r, r)",
            "r | `exists` takes a boolean, and this is a string; compare it with something",
        ),
        ("math.ceil(1) == 1.0", "1 | `math.ceil` takes a double here, and this is an int; write `1.0`"),
        ("resource.kind == 'folder'", "resource.kind == 'folder' | this never holds: `resource.kind` is 'document'"),
        (
            "type(resource.free) == 'int'",
            "type(resource.free) == 'int' | this never holds: a type is never equal to a string; write the type without quotes: `int`",
        ),
        (
            "principal.id.orValue('x') == 'x'",
            "principal.id | `orValue` takes an optional, and this is a string; write `?.` where it is read, as in `resource.?name.orValue('x')`",
        ),
        (
            "request.source.ip in cidr('10.0.0.0/8')",
            "cidr('10.0.0.0/8') | `in` takes a list or a map, and this is a CIDR range; write a list, as in `… in ['a', 'b']`",
        ),
        (
            "request.time + 5 > request.time",
            "request.time + 5 | `+` has no meaning for a timestamp and an int; write a span of time, as in `duration('24h')`",
        ),
        (
            "variables.limit.startsWith('1')",
            "variables.limit | `startsWith` is called on a string, and this is an int; write `string(variables.limit)`",
        ),
        ("-principal.id == 'x'", "principal.id | `-` takes an int or a double, and this is a string"),
        (
            "resource.tags['0'] == 'x'",
            "resource.tags['0'] | the elements of a list are found by their position, and this is a string",
        ),
        (
            "{[1]: 2}.size() == 1",
            "[1] | the keys of a map are strings, whole numbers or booleans, and this is a list of ints",
        ),
        (
            "resource.tags.map(t, size(t)).exists(n, n == 'x')",
            "n == 'x' | this never holds: an int is never equal to a string; convert one of them, as in `string(n)`",
        ),
    ] {
        let said = only(condition);
        if said != expected {
            wrong.push(format!("{condition}\n   {said}\n   {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn of_several_kinds_an_attribute_is_unknown_only_if_all_lack_it() {
    assert_eq!(of(&["document", "folder"], "resource.depth > 1 && resource.size > 1"), Vec::<String>::new());
    assert_eq!(
        of(&["document", "folder"], "resource.dept > 1"),
        ["dept | unknown attribute `dept`; did you mean `depth`?"]
    );
    assert_eq!(of(&["document", "other"], "resource.anything > 1"), Vec::<String>::new());
    assert_eq!(of(&["note"], "resource.anything > 1"), Vec::<String>::new());
    assert_eq!(of(&["*"], "resource.anything > 1"), Vec::<String>::new(), "notes have any attribute");
    assert_eq!(
        of(&["folder"], "resource.size > 1"),
        ["size | unknown attribute `size`: by its schema it has `depth`, `ownerId`"]
    );
    assert_eq!(of(&["document", "folder"], "resource.kind == 'note'").len(), 1);
}

#[test]
fn what_is_wrong_with_a_variable_for_these_kinds_is_said_where_it_is_named() {
    let expected =
        "variables.open | in variable `open`: unknown attribute `status`: by its schema it has `depth`, `ownerId`";
    assert_eq!(of(&["folder"], "variables.isOwner && variables.open"), [expected]);
}

#[test]
fn all_problems_are_told_in_the_order_of_the_source() {
    let problems = of(&["document"], "principal.id > 5 || resource.owner == 'x' || !resource.size");
    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert!(
        problems[0].starts_with("principal.id > 5 |") && problems[2].starts_with("resource.size |"),
        "{problems:#?}"
    );
}

#[test]
fn without_schemas_attributes_are_any_json() {
    let environment = Environment::policy();
    let types = AttributeTypes::unknown();
    assert!(
        check(
            "resource.x > 5 && resource.y.z[0] == 'a' && resource.x in resource.list",
            &environment,
            &types,
            Use::Condition
        )
        .is_empty()
    );
    let problems = check("resource.createdAt < request.time", &environment, &types, Use::Condition);
    assert_eq!(
        problems[0].message,
        "`<` cannot compare a JSON value with a timestamp; write `timestamp(resource.createdAt)`"
    );
}

#[test]
fn nesting_multiplies_no_work() {
    let nested = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(28), close.repeat(28));
    for condition in [
        nested("true in [", "true", "]"),
        nested("resource.free in [", "true", "]"),
        nested("(true ? ", "true", " : false)"),
        nested("[true].exists(x, ", "x", ")"),
        nested("!(", "resource.free == 1", ")"),
        nested("optional.of(", "1", ")") + ".hasValue()",
    ] {
        let environment = Environment::policy();
        let _ = check(&condition, &environment, &AttributeTypes::unknown(), Use::Condition);
    }
}
