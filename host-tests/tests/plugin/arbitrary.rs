//! Thousands of generated requests and messages: never a trap, always a definite answer, and never an allow that no
//! policy gave.

use base64::prelude::*;
use tollgate_host_tests::HostError;

use crate::feed::{self, FromWorker};
use crate::metadata::{boolean, claims, entry, list, nested, null, number, object, person, string};
use crate::plugin::{Answer, Plugin, options};
use crate::policies::{GATEWAY, TOKEN, compiled, content, documents, id, nothing};
use crate::random::Random;
use crate::request::Request;
use crate::signatures::keys;

const CONFIG: &str = r#"{"feed": {"cluster": "companion"}, "explain": true,
    "forward": {"x-principal": "principal.id", "x-roles": "principal.roles"}}"#;

const NAMES: [&str; 12] = [
    ":path",
    ":method",
    ":authority",
    ":scheme",
    "host",
    "x-user",
    "x-user-roles",
    "x_user",
    "x-principal",
    "x-original-url",
    "content-length",
    "",
];
const VALUES: [&str; 14] = [
    "GET",
    "POST",
    "/documents/1",
    "/documents/%2e%2e/1",
    "/pages/a",
    "/documents/1?x",
    "//",
    "example.com",
    "example.com:80",
    "editor",
    "viewer,editor",
    "*",
    "%",
    "",
];
const ATTRIBUTES: [&str; 5] =
    ["mtls", "peer_certificate_valid", "uri_san_peer_certificate", "dns_san_peer_certificate", "id"];

/// A request that is sound in some places.
fn request(random: &mut Random) -> Request {
    let path = *random.pick(&["/documents/1", "/pages/1", "/documents/a%20b", "/nowhere"]);
    let mut request = if random.once_in(8) { Request::empty() } else { Request::get(path) };
    for _ in 0..random.below(5) {
        let name = if random.once_in(3) { random.bytes(12) } else { random.pick(&NAMES).as_bytes().to_vec() };
        let value = if random.once_in(3) { random.bytes(40) } else { random.pick(&VALUES).as_bytes().to_vec() };
        request = request.header(name, value);
    }
    if random.once_in(6)
        && let Some((_, value)) = request.headers.last_mut()
    {
        *value = random.damaged(value.clone());
    }
    if !random.once_in(4) {
        request = request.metadata(metadata(random));
    }
    for _ in 0..random.below(5) {
        let attribute = *random.pick(&ATTRIBUTES);
        request = match random.below(4) {
            0 => request.connection(attribute, random.bytes(9)),
            1 => request.connection(attribute, "spiffe://prod/gateway"),
            _ => request.connection(attribute, random.once_in(2)),
        };
    }
    request
}

fn metadata(random: &mut Random) -> Vec<u8> {
    let role = *random.pick(&["editor", "viewer", "anonymous", ""]);
    let sound = match random.below(4) {
        0 => person("ann", role),
        1 => random.bytes(60),
        _ => {
            let mut members = vec![("sub", string("ann")), ("roles", list(&[string(role)]))];
            for _ in 0..random.below(4) {
                let name = *random.pick(&["sub", "roles", "locked", "x", ""]);
                members.push((name, value(random, 4)));
            }
            claims(&members)
        }
    };
    if random.once_in(2) { random.damaged(sound) } else { sound }
}

fn value(random: &mut Random, depth: usize) -> Vec<u8> {
    match random.below(if depth == 0 { 5 } else { 8 }) {
        0 => null(),
        1 => number(f64::from_bits(random.next())),
        2 => string("1"),
        3 => boolean(true),
        4 => random.bytes(8),
        5 => list(&[value(random, depth - 1), value(random, depth - 1)]),
        6 => object(&[("a", value(random, depth - 1)), ("b", value(random, depth - 1))]),
        _ => nested(random.below(50)),
    }
}

/// A definite answer: held without one is not.
fn assert_definite(answer: &Answer, seed: u64, request: &Request) {
    match answer {
        Answer::Allowed(_) => {}
        Answer::Refused(_) => {
            assert!([400, 401, 403].contains(&answer.status()), "seed {seed}: {answer:?} {request:?}");
        }
        Answer::Reset | Answer::Held => panic!("seed {seed}: {answer:?} {request:?}"),
    }
}

#[test]
fn a_set_without_an_allow_policy_allows_nothing_whatever_is_asked() {
    let mut plugin = Plugin::deciding(CONFIG, &nothing());
    for seed in 0..4000 {
        let request = request(&mut Random(seed));
        let answer = plugin.ask(&request);
        assert_definite(&answer, seed, &request);
        assert!(!answer.is_allowed(), "seed {seed}: {request:?}");
        plugin.vm.take_calls();
    }
}

#[test]
fn what_is_allowed_was_asked_for_by_one_who_may() {
    let mut plugin = Plugin::deciding(CONFIG, &documents(&[TOKEN, GATEWAY]));
    let mut allowed = 0;
    for seed in 0..6000 {
        let request = request(&mut Random(seed));
        let answer = plugin.ask(&request);
        assert_definite(&answer, seed, &request);
        plugin.vm.take_calls();
        if !answer.is_allowed() {
            continue;
        }
        allowed += 1;
        let all = |name: &str| -> Vec<&[u8]> {
            let headers = request.headers.iter().filter(|(present, _)| present == name.as_bytes());
            headers.map(|(_, value)| &**value).collect()
        };
        let path = match all(":path").as_slice() {
            [path] => String::from_utf8(path.to_vec()).unwrap(),
            other => panic!("seed {seed}: {other:?}"),
        };
        assert_eq!(all(":authority").len(), 1, "seed {seed}");
        assert!(all(":method").len() == 1 && all("x-original-url").is_empty(), "seed {seed}");
        if path.starts_with("/documents/") {
            let says_editor = |bytes: &[u8]| bytes.windows(6).any(|window| window == b"editor");
            let token = request
                .properties
                .iter()
                .any(|(path, value)| path == &["metadata"] && says_editor(format!("{value:?}").as_bytes()));
            let gateway = request.properties.iter().any(|(_, value)| *value == "spiffe://prod/gateway".into());
            let header = gateway && all("x-user-roles").iter().any(|value| says_editor(value));
            assert!(token || header, "seed {seed}: {request:?}");
        } else {
            assert!(path.starts_with("/pages/"), "seed {seed}: {path}");
        }
    }
    assert!(allowed > 300, "only {allowed} requests were allowed");
}

#[test]
fn no_message_of_the_companion_but_a_sound_newer_snapshot_changes_what_is_in_force() {
    let mut plugin = Plugin::deciding(CONFIG, &documents(&[TOKEN]));
    let editor = Request::get("/documents/1").metadata(person("ann", "editor"));
    let sound = feed::snapshot(id(1, 2), &compiled(&nothing(), id(1, 2)));
    let change = content(&nothing()).delta(&content(&documents(&[TOKEN])), id(1, 1), id(1, 2), &[]);
    let sound_delta = feed::delta(id(1, 2), id(1, 1), &change);
    for seed in 0..3000 {
        let mut random = Random(seed);
        let message = match random.below(6) {
            0 => random.bytes(100),
            1 => feed::snapshot(id(random.next(), random.next()), &random.bytes(200)),
            2 => feed::current(id(random.next(), random.next())),
            3 => random.damaged(sound_delta.clone()),
            _ => random.damaged(sound.clone()),
        };
        if message == sound || message == sound_delta {
            continue;
        }
        match plugin.deliver(message).as_slice() {
            [] => {}
            [FromWorker::Nack { reason, .. }] => assert!(reason.len() <= 256, "seed {seed}: {reason}"),
            // Protobuf reads past fields that it does not know, and the last of repeated ones counts.
            [FromWorker::Ack(applied)] if *applied == id(1, 2) => {
                plugin = Plugin::deciding(CONFIG, &documents(&[TOKEN]));
            }
            other => panic!("seed {seed}: {other:?}"),
        }
        plugin.vm.take_calls();
        if seed % 50 == 0 {
            assert!(plugin.ask(&editor).is_allowed(), "seed {seed}");
        }
    }
    assert!(plugin.ask(&editor).is_allowed());
}

#[test]
fn no_configuration_does_more_than_to_be_refused() {
    let mut vm = Plugin::start_vm(options());
    let feed = object(&[("cluster", string("companion"))]);
    let as_struct = [entry("feed", &feed), entry("explain", &boolean(true))].concat();
    let keys = keys(b"ab");
    let keyed = format!(
        r#"{{"feed": {{"cluster": "c", "audience": "a", "keys": {keys}, "max_issued_age": "1h", "max_staleness": "9s"}}}}"#
    );
    let own = BASE64_STANDARD.encode(compiled(&nothing(), id(1, 1)));
    let standalone = format!(r#"{{"standalone": {{"snapshot": "{own}"}}}}"#);
    for seed in 0..2500 {
        let mut random = Random(seed);
        let config = match random.below(6) {
            0 => random.bytes(60),
            1 => entry("feed", &value(&mut random, 4)),
            2 => random.damaged(as_struct.clone()),
            3 => random.damaged(keyed.clone().into()),
            4 => random.damaged(standalone.clone().into()),
            _ => random.damaged(CONFIG.into()),
        };
        match vm.create_root(config) {
            Ok(root) => assert!(vm.shutdown_root(root).unwrap(), "seed {seed}"),
            Err(HostError::Refused { .. }) => {}
            Err(other) => panic!("seed {seed}: {other}"),
        }
    }
}
