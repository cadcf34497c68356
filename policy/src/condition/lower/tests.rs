use super::{Environment, lower_mapped};

#[test]
fn every_part_stands_once_and_none_that_was_computed_beforehand() {
    let source =
        "int('5') < resource.size && request.path.matches('^a+$') && request.time > timestamp('2020-01-01T00:00:00Z')";
    let (_, map) = lower_mapped(source, &Environment::policy()).unwrap();
    let mut ids: Vec<_> = map.parts.iter().map(|(id, _)| *id).collect();
    ids.dedup();
    assert_eq!(ids.len(), map.parts.len());
    let texts: Vec<&str> = map.parts.iter().filter_map(|(_, range)| source.get(range.clone())).collect();
    assert!(texts.contains(&"int('5')") && texts.contains(&"timestamp('2020-01-01T00:00:00Z')"), "{texts:?}");
    assert!(!texts.contains(&"'5'") && !texts.contains(&"'^a+$'"), "{texts:?}");
}
