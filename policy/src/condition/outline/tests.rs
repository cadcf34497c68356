use crate::condition::{Environment, Mention, Outline, lower};

/// `&&`, `||` and so on as words, parts as what they read.
fn said(outline: &Outline) -> String {
    let all = |parts: &[Outline]| parts.iter().map(said).collect::<Vec<_>>().join(", ");
    match outline {
        Outline::All(parts) => format!("all({})", all(parts)),
        Outline::Any(parts) => format!("any({})", all(parts)),
        Outline::Not(part) => format!("not({})", said(part)),
        Outline::Choice(parts) => format!("choice({})", all(&**parts)),
        Outline::Part(part) => part.reads.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}

fn outline(text: &str) -> Outline {
    lower(text, &Environment::policy()).unwrap().outline()
}

#[test]
fn the_logic_of_a_condition_is_told_from_its_parts() {
    for (text, expected) in [
        (
            "resource.a == 1 && !(resource.b || has(resource.c)) && true",
            "all(resource.a, not(any(resource.b, resource.c)), )",
        ),
        (
            "principal.a ? resource.id == principal.id : request.time < request.time",
            "choice(principal.a, resource.id principal.id, request.time)",
        ),
        ("(resource.a && resource.b) == resource.c", "resource.a resource.b resource.c"),
        ("resource.a.b['c'] == request.body.d", "resource.a.b.c request.body.d"),
        ("has(resource.a.b) || has(principal.attr.id)", "any(resource.a.b, principal.id)"),
        ("resource.tags.exists(t, t in principal.roles)", "resource.tags principal.roles"),
        ("resource.list[resource.n] == request.headers['x-n']", "resource.list resource.n request.headers['x-n']"),
    ] {
        assert_eq!(said(&outline(text)), expected, "{text}");
    }
}

#[test]
fn a_part_alone_says_what_it_said_in_its_condition() {
    let Outline::All(parts) = outline("resource.a in ['x', 'y'] && resource.b.matches('^a[0-9]{3}$')") else {
        panic!()
    };
    let programs: Vec<_> = ["resource.a in ['x', 'y']", "resource.b.matches('^a[0-9]{3}$')"]
        .map(|text| lower(text, &Environment::policy()).unwrap().outline())
        .into();
    assert_eq!(parts, programs);
}

#[test]
fn a_pattern_is_mentioned_by_a_text_that_it_occurs_in() {
    for pattern in ["^a[0-9]{3}$", "x+y", "^/v[12]/(a|b)+/?$", "(?i)^ADMIN", "", "\\\\d{2}-\\\\w"] {
        let text = format!("resource.a.matches('{pattern}')");
        let Outline::Part(part) = outline(&text) else { panic!() };
        let [Mention::Match(example)] = part.mentions.as_slice() else { panic!("{pattern}: {:?}", part.mentions) };
        let pattern = pattern.replace("\\\\", "\\");
        assert!(regex::Regex::new(&pattern).unwrap().is_match(example), "{pattern}: {example}");
    }
}
