use super::{Pair, Verdict, set, word};

fn of(allow: &str, deny: &str) -> Verdict {
    let condition = |text: &str| match text {
        "" => String::new(),
        text => format!("condition: {}", serde_json::Value::from(text)),
    };
    let text = format!(
        "policies:
  - {{name: a, resource: document, actions: [view], roles: [editor], {}}}
  - {{name: b, effect: deny, resource: document, actions: [view], roles: [editor], {}}}
",
        condition(allow),
        condition(deny)
    );
    Pair::of(&set(&text)).verdict()
}

#[test]
fn conditions_that_can_hold_together_are_found_to() {
    for (allow, deny) in [
        ("", ""),
        ("resource.ownerId == principal.id", "resource.frozen"),
        ("resource.ownerId == principal.id", "resource.ownerId != principal.department"),
        ("resource.a == 'x' || resource.b == 'y'", "resource.a != 'x' && resource.c > 17"),
        ("resource.level > 3", "resource.level < 4"),
        ("resource.level >= 10 && resource.level <= 10", "resource.level in [9, 10, 11]"),
        ("resource.price > 1.5 && resource.price < 1.75", ""),
        ("resource.name.startsWith('doc-')", "resource.name.startsWith('doc-a')"),
        ("resource.name.startsWith('doc-') && resource.name.endsWith('.pdf')", "resource.name.contains('-')"),
        ("resource.name.matches('^[a-z]{3}-[0-9]+$')", "resource.name != 'x'"),
        ("'secret' in resource.tags", "!('public' in resource.tags)"),
        ("principal.id in resource.members", "!(principal.id in resource.blocked)"),
        ("principal.team in resource.teams", "resource.ownerId != principal.id"),
        ("resource.tags.exists(t, t == 'x')", "resource.tags.exists(t, t == 'y')"),
        ("resource.tags.size() > 2", "resource.tags.all(t, t != 'q')"),
        ("size(resource.name) >= 20", "size(resource.name) <= 20"),
        ("'admin' in principal.roles", "!('guest' in principal.roles)"),
        ("principal.roles.exists(r, r.startsWith('team-'))", ""),
        ("request.time >= timestamp('2026-01-01T00:00:00Z')", "request.time < timestamp('2026-01-02T00:00:00Z')"),
        ("request.time.getHours() >= 9 && request.time.getHours() < 17", "request.time.getDayOfWeek() == 0"),
        ("request.method == 'GET'", "request.path.startsWith('/internal/')"),
        ("request.method != 'GET'", "request.headers['x-debug'] == 'on'"),
        ("has(request.body.amount) && request.body.amount > 100", "request.body.currency == 'EUR'"),
        ("cidr('10.0.0.0/8').containsIP(request.source.ip)", "request.source.port > 1024"),
        ("!cidr('10.0.0.0/8').containsIP(request.source.ip)", "!(request.source.ip == '203.0.113.7')"),
        ("has(resource.labels) && resource.labels.region == 'eu'", "resource.labels.tier in ['gold', 'silver']"),
        ("resource.a.b.c == 'x'", "has(resource.a.d)"),
        ("resource.public ? true : resource.ownerId == principal.id", "!resource.public"),
        ("resource.size * 2 > 100", "resource.size - 3 < 60"),
        ("resource.name.lowerAscii() == 'bob'", "resource.name != 'bob'"),
        ("resource.?region.orValue('eu') == 'eu'", "!has(resource.region)"),
        ("resource.min < resource.max", "resource.max < 10"),
        ("principal.level >= resource.level", "resource.level == 5"),
        ("resource.kind == 'document'", "resource.id == '7'"),
        ("principal.id == 'mallory'", "resource.ownerId != principal.id"),
        ("principal.a == resource.a && resource.a == resource.b", "principal.a != 'x'"),
        ("resource.flag == null", "resource.other == true"),
    ] {
        let verdict = of(allow, deny);
        assert_eq!(word(&verdict), "conflict", "{allow} | {deny}: {verdict:?}");
    }
}

#[test]
fn a_deny_that_can_only_fail_where_the_allow_holds_denies_by_that() {
    for (allow, deny) in [
        ("!has(resource.level)", "resource.level > 5"),
        ("resource.state == 'draft' && !has(resource.reviewer)", "resource.reviewer == principal.id"),
        ("resource.level == 'high'", "resource.level > 5"),
        ("resource.a == 'x'", "resource.a > 'y' || resource.b == 'z' && resource.b != 'z'"),
    ] {
        let verdict = of(allow, deny);
        assert_eq!(word(&verdict), "fault", "{allow} | {deny}: {verdict:?}");
    }
}

#[test]
fn conditions_that_never_hold_together_are_told_so() {
    for (allow, deny) in [
        ("resource.state == 'draft'", "resource.state == 'published'"),
        ("resource.state == 'draft'", "resource.state in ['published', 'archived'] && resource.x > 5"),
        ("resource.level > 5", "resource.level <= 5"),
        ("resource.level > 5 && resource.level < 6", "resource.level in [5, 6]"),
        ("resource.ownerId == principal.id", "!(resource.ownerId == principal.id)"),
        ("resource.ownerId == principal.id", "resource.ownerId != principal.id"),
        (
            "principal.id != 'root' && resource.ownerId == principal.id",
            "resource.ownerId == 'root' && has(resource.ownerId)",
        ),
        ("resource.a == resource.b && resource.b == 'x'", "resource.a == 'y'"),
        ("has(resource.a)", "!has(resource.a)"),
        ("resource.name.startsWith('a-')", "resource.name.startsWith('b-')"),
        ("'x' in resource.tags", "!('x' in resource.tags)"),
        ("principal.id in resource.members", "!(principal.id in resource.members)"),
        ("resource.tags.exists(t, t == 'x')", "!resource.tags.exists(t, t == 'x') && resource.n > 3"),
        ("'admin' in principal.roles", "!('admin' in principal.roles)"),
        ("cidr('10.0.0.0/8').containsIP(request.source.ip)", "!cidr('10.0.0.0/8').containsIP(request.source.ip)"),
        ("request.method == 'GET'", "request.method in ['POST', 'PUT']"),
        ("request.time < timestamp('2026-01-01T00:00:00Z')", "request.time >= timestamp('2026-01-01T00:00:00Z')"),
        ("resource.min < resource.max", "resource.min >= resource.max"),
        ("resource.kind == 'document' && resource.a", "has(resource.a) && !resource.a"),
        ("resource.public == true", "has(resource.public) && !resource.public"),
    ] {
        let verdict = of(allow, deny);
        assert_eq!(word(&verdict), "conditions", "{allow} | {deny}: {verdict:?}");
    }
}

#[test]
fn roles_are_all_held_and_all_but_one_however_many_are_looked_for() {
    let holds: Vec<String> =
        ["a", "b", "c", "d", "e", "f", "g"].map(|role| format!("'{role}' in principal.roles")).into();
    assert_eq!(word(&of(&holds.join(" && "), "")), "conflict");
    assert_eq!(word(&of(&holds[1..].join(" && "), "'a' in principal.roles")), "conflict");
    assert_eq!(word(&of(&holds[1..].join(" && "), "!('a' in principal.roles)")), "conflict");
}

#[test]
fn a_witness_is_a_request_that_can_be_made() {
    // Of a request of another type no body is read.
    let (other, reads) = ("request.headers['content-type'] == 'text/plain'", "request.body.x == 1");
    assert_eq!(word(&of(&format!("{other} && {reads}"), "")), "unknown");
    let Verdict::Conflict(conflict) = of(other, reads) else { panic!("they conflict") };
    assert!(conflict.by_fault && !conflict.witness.0.contains(&"--body".to_owned()), "{conflict:?}");
    let json = of("request.headers['content-type'] == 'application/json'", reads);
    assert_eq!(word(&json), "conflict", "{json:?}");
    for (allow, deny) in
        [("request.headers['host'] == 'a.example'", ""), ("request.headers[':path'] == '/x'", "request.path == '/y'")]
    {
        let verdict = of(allow, deny);
        assert_eq!(word(&verdict), "unknown", "{allow} | {deny}: {verdict:?}");
    }
}

#[test]
fn lists_may_differ_in_what_nobody_looks_for() {
    let verdict = of("resource.tags != resource.old && 'x' in resource.tags && 'x' in resource.old", "");
    assert!(!matches!(verdict, Verdict::Disjoint(_)), "{verdict:?}");
}

#[test]
fn nothing_is_ruled_out_because_a_request_seldom_has_it() {
    for allow in [
        "request.headers['x-name'] == 'José'",
        "request.headers['x-name'] == 'a\\tb'",
        "request.method == 'M-SEARCH'",
        "request.host == 'my_host'",
        "request.host == '[::1]'",
        "request.path == '/a%20b'",
        "request.path == '/é'",
        "request.path == '/a|b'",
        "request.path == '/a//b'",
    ] {
        let verdict = of(allow, "");
        assert!(!matches!(verdict, Verdict::Disjoint(_)), "{allow}: {verdict:?}");
    }
    for allow in ["principal.id == ''", "request.source.ip == '::ffff:10.0.0.1'"] {
        let verdict = of(allow, "");
        assert_eq!(word(&verdict), "conditions", "{allow}: {verdict:?}");
    }
}

#[test]
fn what_is_neither_found_nor_ruled_out_is_said_to_be_unknown() {
    for (allow, deny) in [
        ("resource.items.exists(i, i.price > 10 && i.sold)", ""),
        ("resource.name.upperAscii() == 'a'", ""),
        ("request.query.q == 'x'", ""),
        ("resource.a * resource.a == 2", "resource.a > 0"),
    ] {
        let verdict = of(allow, deny);
        let Verdict::Unknown { tried } = verdict else { panic!("{allow} | {deny}: {verdict:?}") };
        assert!(tried > 0);
    }
}

#[test]
fn conditions_within_the_conditions_of_others_are_looked_into_once() {
    let nested = |depth: usize| {
        (0..depth).fold("resource.c".to_owned(), |inner, level| {
            format!("({inner} ? resource.x{} : resource.y{})", level % 3, level % 3)
        })
    };
    for (allow, deny) in [(nested(30), "resource.z"), ("resource.z".to_owned(), &*nested(30))] {
        let verdict = of(&allow, deny);
        assert_eq!(word(&verdict), "conflict", "{verdict:?}");
    }
    let verdict = of(&nested(12), &format!("!{}", nested(12)));
    assert_ne!(word(&verdict), "conflict", "{verdict:?}");
}
