//! The index snapshot: it names policies that are like the one that denies, to the operator alone, and changes no answer.

use std::time::Duration;

use tollgate_host_tests::{LogLevel, VmOptions};
use tollgate_policy::related::{MAX_PARTS, PartContent, PartHead, PartId, Policy, PolicyKey, Similarity};
use tollgate_policy::snapshot::Attestation;

use crate::feed::{self, FromWorker};
use crate::metadata::{claims, person, string};
use crate::plugin::{Answer, CONFIG, EXPLAINING, Plugin, options};
use crate::policies::{compiled, content, documents_by_token, id, nothing, on_condition};
use crate::request::Request;
use crate::signatures::{keys, pair};

/// What the companion calls the part; the plugin gives it back as it is.
const ID: &[u8] = b"\x08\x03\x10\x09";

/// Who is like whom, and how much.
type Like<'a> = (&'a str, &'a [(&'a str, f32)]);

/// All that is said below: every policy of the documents set is like the others, and like some that are gone.
const DOCUMENTS: [Like<'_>; 2] = [
    ("documents-locked", &[("gone", 0.99), ("editors-view", 0.87), ("anyone-reads", 0.6)]),
    ("editors-view", &[("documents-locked", 0.87), ("anyone-reads", 0.31)]),
];

fn part_content(generation: u64, all: &[Like<'_>]) -> PartContent {
    let id = PartId { model: "v1".to_owned(), generation, revision: 1, parts: 1, number: 0 };
    let near = |(name, cosine): &(&str, f32)| (PolicyKey::of(name), Similarity::of_cosine(*cosine).unwrap());
    let policy =
        |(name, like): &Like<'_>| Policy { key: PolicyKey::of(name), neighbours: like.iter().map(near).collect() };
    let mut policies: Vec<Policy> = all.iter().map(policy).collect();
    policies.sort_by_key(|policy| policy.key);
    PartContent::new(&id, &policies)
}

fn documents_part() -> Vec<u8> {
    part_content(1, &DOCUMENTS).encode(&[])
}

fn verbose() -> VmOptions {
    VmOptions { log_level: LogLevel::Debug, ..options() }
}

/// With the documents set in force, and this part.
fn deciding(config: &str, options: VmOptions, part: Option<&[u8]>) -> Plugin {
    let mut plugin = Plugin::with_options(config, options);
    plugin.publish(&documents_by_token(), id(1, 1));
    if let Some(part) = part {
        plugin.deliver(feed::part(ID, part));
    }
    plugin.logged(LogLevel::Debug);
    plugin
}

fn taken() -> [FromWorker; 1] {
    [FromWorker::Part { id: ID.to_vec(), refused: String::new() }]
}

/// Why the part was refused.
fn refused(said: &[FromWorker]) -> &str {
    match said {
        [FromWorker::Part { id, refused }] if id == ID && !refused.is_empty() => refused,
        other => panic!("not refused: {other:?}"),
    }
}

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

/// Is denied by `documents-locked`.
fn locked() -> Request {
    let locked = [("sub", string("lou")), ("roles", string("editor")), ("locked", string("1"))];
    Request::get("/documents/1").metadata(claims(&locked))
}

/// What the operator reads of a request.
fn line(plugin: &mut Plugin, request: &Request) -> String {
    plugin.logged(LogLevel::Debug);
    plugin.ask(request);
    let lines = plugin.logged(LogLevel::Debug);
    let [line] = &lines[..] else { panic!("{lines:?}") };
    line.clone()
}

fn related(plugin: &mut Plugin, request: &Request) -> Option<String> {
    line(plugin, request).split_once("; related to ").map(|(_, related)| related.to_owned())
}

#[test]
fn a_denials_line_names_what_is_like_the_policy_that_denies() {
    let mut plugin = deciding(CONFIG, verbose(), None);
    assert!(!line(&mut plugin, &locked()).contains("related"));
    assert_eq!(plugin.deliver(feed::part(ID, &documents_part())), taken());
    let named = "`documents-locked`: `editors-view` 0.87, `anyone-reads` 0.60";
    assert_eq!(related(&mut plugin, &locked()).as_deref(), Some(named));
    assert_eq!(related(&mut plugin, &editor()), None, "it is allowed");
    assert_eq!(related(&mut plugin, &Request::get("/nowhere")), None, "no policy is to blame");
    assert_eq!(plugin.counter("tollgate.index_parts.result.applied"), 1);
}

#[test]
fn where_no_condition_holds_it_names_what_is_like_the_nearest_policy() {
    let mut plugin = Plugin::with_options(CONFIG, verbose());
    plugin.publish(&on_condition("resource.id == '2'"), id(1, 1));
    plugin.deliver(feed::part(ID, &part_content(1, &[("conditional", &[("conditional-2", 0.9)])]).encode(&[])));
    assert_eq!(related(&mut plugin, &editor()), None, "there is no `conditional-2`");
    let policies = on_condition("resource.id == '2'");
    let twice =
        policies.replacen("routes:", "  - {name: conditional-2, resource: page, actions: [x], roles: [y]}\nroutes:", 1);
    plugin.publish(&twice, id(1, 2));
    assert_eq!(related(&mut plugin, &editor()).as_deref(), Some("`conditional`: `conditional-2` 0.90"));
}

#[test]
fn three_are_named_at_most_and_nobody_is_told_at_the_usual_log_level() {
    let more: String =
        (0..5).map(|number| format!("  - {{name: p{number}, resource: x, actions: [x], roles: [x]}}\n")).collect();
    let policies = documents_by_token().replacen("routes:", &format!("{more}routes:"), 1);
    let like = [("p0", 0.9), ("p1", 0.8), ("p2", 0.7), ("p3", 0.6), ("p4", 0.5)];
    let part = part_content(1, &[("documents-locked", &like)]).encode(&[]);
    for (options, expected) in
        [(verbose(), Some("`documents-locked`: `p0` 0.90, `p1` 0.80, `p2` 0.70")), (options(), None)]
    {
        let mut plugin = Plugin::with_options(CONFIG, options);
        plugin.publish(&policies, id(1, 1));
        plugin.deliver(feed::part(ID, &part));
        plugin.vm.take_logs();
        plugin.ask(&locked());
        let lines: Vec<_> = plugin.vm.take_logs().into_iter().map(|log| log.message).collect();
        let named = lines.iter().find_map(|line| line.split_once("; related to ")).map(|(_, named)| named);
        assert_eq!(named, expected, "{lines:?}");
    }
}

#[test]
fn no_answer_depends_on_it() {
    let damaged = &documents_part()[..90];
    let lying =
        part_content(1, &[("editors-view", &[("documents-locked", 1.0)]), ("documents-locked", &[])]).encode(&[]);
    let requests = [
        editor(),
        locked(),
        Request::get("/documents/1").metadata(person("vic", "viewer")),
        Request::get("/documents/1"),
        Request::get("/pages/1"),
        Request::get("/nowhere"),
        Request::get("/documents/../1"),
        Request::empty(),
    ];
    for config in [CONFIG, EXPLAINING] {
        for options in [options(), verbose()] {
            let answers = |part: Option<&[u8]>| -> Vec<Answer> {
                let mut plugin = deciding(config, options.clone(), part);
                requests.iter().map(|request| plugin.ask(request)).collect()
            };
            // Byte for byte, decision ids included.
            let without = answers(None);
            assert!(without[0].is_allowed() && without[1].status() == 403);
            assert_eq!(answers(Some(&documents_part())), without);
            assert_eq!(answers(Some(&lying)), without);
            assert_eq!(answers(Some(damaged)), without);
            assert_eq!(answers(Some(b"")), without);
        }
    }
}

#[test]
fn it_costs_requests_no_host_call() {
    let mut plugin = deciding(CONFIG, options(), None);
    let calls = |plugin: &mut Plugin, request: &Request| {
        plugin.vm.take_calls();
        plugin.ask(request);
        plugin.vm.take_calls().iter().map(|record| record.call.to_string()).collect::<Vec<_>>()
    };
    let before = [calls(&mut plugin, &editor()), calls(&mut plugin, &locked())];
    plugin.vm.take_calls();
    plugin.deliver(feed::part(ID, &documents_part()));
    let of_part: Vec<_> = plugin.vm.take_calls().iter().map(|record| record.call.to_string()).collect();
    assert_eq!(of_part, ["wasi.clock_time_get()", "get_buffer_bytes(grpc_message)", "grpc_send(6, 8 bytes)"]);
    assert_eq!([calls(&mut plugin, &editor()), calls(&mut plugin, &locked())], before);
}

#[test]
fn it_stays_whatever_policies_come_and_is_gone_with_the_vm() {
    let mut plugin = deciding(CONFIG, verbose(), Some(&documents_part()));
    let (from, to) = (content(&documents_by_token()), content(&nothing()));
    plugin.deliver(feed::delta(id(1, 2), id(1, 1), &to.delta(&from, id(1, 1), id(1, 2), &[])));
    assert_eq!(related(&mut plugin, &locked()), None, "the others are gone");
    plugin.publish(&documents_by_token(), id(1, 3));
    assert!(related(&mut plugin, &locked()).is_some());
    plugin.root = plugin.vm.create_root(CONFIG).unwrap();
    assert!(related(&mut plugin, &locked()).is_some(), "a new configuration of the same feed");
    plugin.vm.advance(Duration::from_secs(60)).unwrap();
    let options = VmOptions { process: plugin.vm.process().clone(), clock: plugin.vm.clock().clone(), ..verbose() };
    let mut plugin = Plugin::with_options(CONFIG, options);
    assert_eq!(plugin.ask(&locked()).status(), 403, "the policies were left in shared data");
    assert_eq!(related(&mut plugin, &locked()), None);
    assert_eq!(plugin.deliver(feed::part(ID, &documents_part())), taken());
    assert!(related(&mut plugin, &locked()).is_some());
}

#[test]
fn it_can_come_before_the_policies() {
    let mut plugin = Plugin::with_options(CONFIG, verbose());
    assert_eq!(plugin.deliver(feed::part(ID, &documents_part())), taken());
    assert_eq!(plugin.ask(&editor()).status(), 503);
    plugin.publish(&documents_by_token(), id(1, 1));
    assert!(related(&mut plugin, &locked()).is_some());
}

#[test]
fn a_damaged_part_is_refused_and_the_one_before_stays() {
    let mut plugin = deciding(CONFIG, verbose(), Some(&documents_part()));
    let (whole, mut count) = (documents_part(), 0);
    for place in (0..whole.len()).step_by(3) {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        for damaged in [&damaged[..], &whole[..place]] {
            let said = plugin.deliver(feed::part(ID, damaged));
            assert!(refused(&said).starts_with("it cannot be used: "), "{said:?}");
            count += 1;
        }
    }
    assert!(plugin.logged(LogLevel::Warn).iter().all(|line| line.starts_with("part of the index snapshot refused: ")));
    assert!(related(&mut plugin, &locked()).is_some());
    assert_eq!(plugin.counter("tollgate.index_parts.result.refused"), count);
    assert_eq!(plugin.counter("tollgate.snapshots.result.refused"), 0);
    plugin.publish(&nothing(), id(1, 2));
}

#[test]
fn where_keys_are_set_a_part_has_to_be_signed() {
    let keys = keys(b"a");
    let config = format!(
        r#"{{"feed": {{"cluster": "companion", "audience": "prod", "keys": {keys}, "max_issued_age": "1h"}}}}"#
    );
    let mut plugin = Plugin::with_options(&config, verbose());
    let now = plugin.vm.clock().now();
    let content = part_content(1, &DOCUMENTS);
    let signed = |statement: &dyn Fn(u64) -> Vec<u8>, at: Duration| {
        let issued_at = u64::try_from(at.as_millis()).unwrap();
        let signature = *pair(b'a').sk.sign(statement(issued_at), None);
        content.encode(&[Attestation { key: "a".to_owned(), audience: "prod".to_owned(), issued_at, signature }])
    };
    let good = |issued_at| PartHead::statement("prod", &content.digest(), issued_at);
    let as_snapshot = |issued_at| Attestation::statement("prod", id(1, 1), &content.digest(), issued_at);
    let mut offer = |part: &[u8]| plugin.deliver(feed::part(ID, part));
    assert_eq!(refused(&offer(&content.encode(&[]))), "it is not trusted: it is not signed");
    assert!(refused(&offer(&signed(&as_snapshot, now))).contains("its signature with the key `a` is wrong"));
    assert!(
        refused(&offer(&signed(&good, now - Duration::from_secs(3601)))).contains("longer ago than `max_issued_age`")
    );
    assert_eq!(offer(&signed(&good, now)), taken());
}

#[test]
fn as_many_parts_as_there_can_be_are_taken_and_more_refused() {
    let mut plugin = deciding(CONFIG, verbose(), None);
    let part = |parts: u16, number: u16| {
        let own = |name: &&Like<'_>| PolicyKey::of(name.0).part(parts.into()) == usize::from(number);
        let id = PartId { model: "v1".to_owned(), generation: 1, revision: 1, parts, number };
        let policies = DOCUMENTS.iter().filter(own).map(|(name, _)| Policy {
            key: PolicyKey::of(name),
            neighbours: vec![(PolicyKey::of("anyone-reads"), Similarity::of_cosine(0.5).unwrap())],
        });
        PartContent::new(&id, &policies.collect::<Vec<_>>()).encode(&[])
    };
    let most = u16::try_from(MAX_PARTS).unwrap();
    for number in 0..most {
        assert_eq!(plugin.deliver(feed::part(ID, &part(most, number))), taken());
    }
    assert_eq!(related(&mut plugin, &locked()).as_deref(), Some("`documents-locked`: `anyone-reads` 0.50"));
    refused(&plugin.deliver(feed::part(ID, &part(2 * most, 0))));
    assert!(related(&mut plugin, &locked()).is_some());
}

#[test]
fn a_snapshot_is_no_part_and_a_part_no_snapshot() {
    let mut plugin = deciding(CONFIG, verbose(), None);
    refused(&plugin.deliver(feed::part(ID, &compiled(&nothing(), id(1, 2)))));
    let said = plugin.offer(id(1, 2), &documents_part());
    assert!(matches!(said[..], [FromWorker::Nack { .. }]), "{said:?}");
    assert!(plugin.ask(&editor()).is_allowed());
}
