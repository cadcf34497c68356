use super::*;
use crate::protobuf::build::{boolean, entry, list, message, null, number, object, string};
use crate::protobuf::value;
use crate::random::Random;

/// A sample of everything, its members in an order that the seed says, objects in it as well.
fn sample(random: &mut Random) -> Vec<u8> {
    let inner = shuffled(vec![("a", string("one")), ("b", number(1.0)), ("c", null()), ("", list(&[]))], random);
    let items = [inner.clone(), string("x"), list(&[shuffled(vec![("p", null()), ("q", boolean(true))], random)])];
    shuffled(
        vec![
            ("sub", string("somebody")),
            ("iat", number(1_790_000_000.0)),
            ("exp", number(1_790_000_300.0)),
            ("ok", boolean(true)),
            ("none", null()),
            ("roles", list(&[string("role-3"), string("role-11")])),
            ("org", inner),
            ("items", list(&items)),
            ("long", string(&"l".repeat(300))),
        ],
        random,
    )
}

fn shuffled(mut members: Vec<(&str, Vec<u8>)>, random: &mut Random) -> Vec<u8> {
    for last in (1..members.len()).rev() {
        let other = usize::try_from(random.below(last as u64 + 1)).unwrap();
        members.swap(last, other);
    }
    object(&members)
}

#[test]
fn members_may_come_in_any_order_at_every_level() {
    let mut random = Random::from_seed(1);
    let known = sample(&mut random);
    for _ in 0..500 {
        let other = sample(&mut random);
        assert!(same_object(&other, &known));
        assert_eq!(object_hash(&other), object_hash(&known));
        assert!(object_hash(&other).is_some());
    }
}

#[test]
fn what_is_the_same_would_be_read_as_the_same_whatever_the_damage() {
    let mut random = Random::from_seed(2);
    let known = sample(&mut random);
    let read = value(&known).unwrap();
    let mut same = 0;
    for round in 0..60_000 {
        let mut other = if round % 2 == 0 { known.clone() } else { sample(&mut random) };
        for _ in 0..1 + random.below(3) {
            let at = usize::try_from(random.below(other.len() as u64)).unwrap();
            let to = usize::try_from(random.below(other.len() as u64)).unwrap();
            match random.below(5) {
                0 => other[at] ^= 1 << random.below(8),
                1 => other.swap(at, to),
                2 => other[at] = other[to],
                3 => drop(other.remove(at)),
                _ => other.insert(at, other[to]),
            }
        }
        if same_object(&other, &known) {
            same += 1;
            assert_eq!(value(&other).unwrap(), read, "round {round}");
        }
    }
    assert!(same > 0, "damage that changes nothing happens, too");
}

#[test]
fn every_difference_is_seen() {
    let roles = |roles: &[&str]| list(&roles.iter().map(|role| string(role)).collect::<Vec<_>>());
    let known = object(&[("sub", string("ann")), ("roles", roles(&["a", "b"])), ("org", object(&[("x", null())]))]);
    let with = |sub: Vec<u8>, held: Vec<u8>, org: Vec<u8>| object(&[("org", org), ("sub", sub), ("roles", held)]);
    let org = || object(&[("x", null())]);
    assert!(same_object(&with(string("ann"), roles(&["a", "b"]), org()), &known));
    for other in [
        with(string("bob"), roles(&["a", "b"]), org()),
        with(string("ann"), roles(&["b", "a"]), org()),
        with(string("ann"), roles(&["a"]), org()),
        with(string("ann"), roles(&["a", "b", "c"]), org()),
        with(string("ann"), roles(&["a", "b", ""]), org()),
        with(string("ann"), string("a b"), org()),
        with(string("ann"), roles(&["a", "b"]), object(&[("x", boolean(false))])),
        with(string("ann"), roles(&["a", "b"]), object(&[("y", null())])),
        with(string("ann"), roles(&["a", "b"]), object(&[])),
        object(&[("sub", string("ann")), ("roles", roles(&["a", "b"]))]),
        object(&[("sub", string("ann")), ("sub", string("ann")), ("roles", roles(&["a", "b"])), ("org", org())]),
        [known.clone(), known.clone()].concat(),
        list(std::slice::from_ref(&known)),
        string("ann"),
        vec![],
    ] {
        assert!(!same_object(&other, &known), "{other:x?}");
    }
}

#[test]
fn a_list_that_goes_on_is_another() {
    let items = |count: usize| list(&vec![null(); count]);
    for (own, known) in [(1, 2), (2, 1), (0, 1), (1, 0)] {
        assert!(!same_value(&items(own), &items(known)), "{own} and {known}");
    }
    // A member longer by what another is shorter.
    let pair = |a, b| object(&[("a", items(a)), ("b", items(b))]);
    assert!(!same_object(&pair(1, 2), &pair(2, 1)));
}

#[test]
fn a_member_that_is_there_twice_does_not_stand_for_another() {
    let known = object(&[("a", string("x")), ("b", string("x"))]);
    let twice = object(&[("a", string("x")), ("a", string("x"))]);
    assert_eq!(known.len(), twice.len());
    assert!(!same_object(&twice, &known));
}

#[test]
fn fields_that_a_reader_passes_over_or_refuses_are_a_difference() {
    let known = object(&[("a", string("x"))]);
    let more = message(5, [entry("a", &string("x")), message(2, "")].concat());
    assert!(value(&more).is_ok() && !same_object(&more, &known));
    let key_twice = message(5, message(1, [message(1, "a"), message(1, "a"), message(2, string("x"))].concat()));
    assert!(value(&key_twice).is_err() && !same_object(&key_twice, &known));
}

#[test]
fn objects_of_very_many_members_are_not_compared() {
    let names: Vec<String> = (0..=MAX_MEMBERS).map(|number| number.to_string()).collect();
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), null())).collect();
    let (most, more) = (object(&members[1..]), object(&members));
    assert!(object_hash(&most).is_some() && same_object(&most, &most));
    assert!(object_hash(&more).is_none() && !same_object(&more, &more));
}
