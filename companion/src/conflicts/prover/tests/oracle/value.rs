use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::condition::Condition;

/// What conditions of the oracle read.
pub(super) const PLACES: [&str; 6] =
    ["resource.a", "resource.b", "resource.c", "resource.c.d", "principal.p", "principal.id"];

/// A value for each place that has one.
#[derive(Clone, Debug, Default)]
pub(super) struct Assignment {
    values: BTreeMap<&'static str, Json>,
    pub(super) roles: Vec<String>,
}

impl Assignment {
    pub(super) fn of(principal: &Json, resource: &Json) -> Self {
        let mut values = BTreeMap::new();
        for place in PLACES {
            let mut path = place.split('.');
            let root = if path.next() == Some("principal") { principal } else { resource };
            let found = path.try_fold(root, |value, name| value.as_object()?.get(name));
            values.extend(found.map(|value| (place, value.clone())));
        }
        let roles = principal["roles"].as_array().unwrap().iter().map(|role| role.as_str().unwrap().to_owned());
        Assignment { values, roles: roles.collect() }
    }

    pub(super) fn get(&self, place: &str) -> Option<&Json> {
        self.values.get(place)
    }
}

fn domain(place: &str) -> Vec<Option<Json>> {
    match place {
        "principal.id" => ["x", "xy", "y", "q"].map(|id| Some(json!(id))).into(),
        _ => {
            let values = [
                json!(0),
                json!(1),
                json!(1.5),
                json!(2),
                json!(3),
                json!("x"),
                json!("xy"),
                json!("y"),
                json!("z"),
                json!(true),
                json!(false),
                json!(null),
                json!(["x"]),
                json!(["y"]),
                json!(["x", "y"]),
                json!(["q"]),
                // Different from others only by what nobody looks for.
                json!(["x", "q"]),
                json!(["x", "y", "q"]),
            ];
            values.into_iter().map(Some).chain([None]).collect()
        }
    }
}

/// Every combination of values of what two conditions read.
pub(super) fn assignments(conditions: &[Condition]) -> Vec<Assignment> {
    let mut read: Vec<&'static str> = conditions.iter().flat_map(Condition::reads).collect();
    read.sort_unstable();
    read.dedup();
    let mut all = vec![Assignment::default()];
    for roles in [&["editor"][..], &["editor", "r"]] {
        all.push(Assignment { roles: roles.iter().map(|role| (*role).to_owned()).collect(), ..Assignment::default() });
    }
    all.remove(0);
    for place in read {
        if place == "resource.c.d" {
            // With the members of what it is of.
            all = all
                .into_iter()
                .flat_map(|assignment| {
                    let inner = domain(place).into_iter().map(|value| {
                        let members = value.clone().map(|value| ("d".to_owned(), value)).into_iter();
                        (Some(Json::Object(members.collect::<Map<_, _>>())), value)
                    });
                    let outer = [None, Some(json!(1)), Some(json!("x"))].map(|outer| (outer, None));
                    let both: Vec<_> = inner.chain(outer).collect();
                    both.into_iter().map(move |(outer, value)| {
                        let mut next = assignment.clone();
                        next.values.extend(outer.map(|outer| ("resource.c", outer)));
                        next.values.extend(value.map(|value| ("resource.c.d", value)));
                        next
                    })
                })
                .collect();
            continue;
        }
        all = all
            .into_iter()
            .flat_map(|assignment| {
                domain(place).into_iter().map(move |value| {
                    let mut next = assignment.clone();
                    next.values.extend(value.map(|value| (place, value)));
                    next
                })
            })
            .collect();
    }
    all
}
