//! Configurations: what is refused, and what an update keeps.

use tollgate_host_tests::{GrpcStreamState, HostError, LogLevel, RootId};

use crate::feed::{FromWorker, snapshot};
use crate::metadata::{entry, object, person, string};
use crate::plugin::{Answer, CONFIG, EXPLAINING, Plugin, options};
use crate::policies::{compiled, documents_by_token, id, nothing};
use crate::request::Request;

const ELSEWHERE: &str = r#"{"feed": {"cluster": "elsewhere"}}"#;

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

fn ask_at(plugin: &mut Plugin, root: RootId, request: &Request) -> Answer {
    let current = std::mem::replace(&mut plugin.root, root);
    let answer = plugin.ask(request);
    plugin.root = current;
    answer
}

/// The messages on the stream of this root since they were last taken.
fn said_by(plugin: &mut Plugin, root: RootId) -> Vec<FromWorker> {
    let open = plugin.vm.grpc_streams().find(|stream| stream.root == root && stream.state == GrpcStreamState::Open);
    let id = open.expect("an open stream").id;
    plugin.vm.take_grpc_sent(id).unwrap().iter().map(|message| FromWorker::read(message)).collect()
}

#[test]
fn a_bad_configuration_is_refused_with_a_line_in_the_log() {
    for (config, expected) in [
        ("", "the filter has no configuration"),
        ("{", "is not valid"),
        ("{}", "missing field `feed`"),
        ("[]", "is not valid"),
        ("\u{0}", "is not valid"),
        (r#"{"feed": {}}"#, "missing field `cluster`"),
        (r#"{"feed": {"cluster": ""}}"#, "1 to 120 bytes"),
        (r#"{"feed": {"cluster": "c"}, "explian": true}"#, "unknown field `explian`"),
        (r#"{"feed": {"cluster": "c"}, "forward": {"Host": "principal.id"}}"#, "not a header name"),
        (r#"{"feed": {"cluster": "c"}, "forward": {"host": "principal.id"}}"#, "cannot carry a fact"),
    ] {
        let mut vm = Plugin::start_vm(options());
        let refused = vm.create_root(config);
        assert!(matches!(refused, Err(HostError::Refused { callback: "proxy_on_configure" })), "{config}");
        let errors: Vec<_> = vm.take_logs().into_iter().filter(|log| log.level == LogLevel::Error).collect();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].message.contains(expected), "{}", errors[0].message);
        assert_eq!(vm.grpc_streams().count(), 0);
        vm.create_root(CONFIG).unwrap();
    }
}

#[test]
fn a_configuration_may_come_as_a_struct() {
    let feed = object(&[("cluster", string("companion"))]);
    let mut vm = Plugin::start_vm(options());
    let root = vm.create_root(entry("feed", &feed)).unwrap();
    let mut plugin = Plugin { vm, root };
    plugin.publish(&documents_by_token(), id(1, 1));
    assert!(plugin.ask(&editor()).is_allowed());
}

#[test]
fn an_update_keeps_the_snapshot_in_force() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let old = plugin.root;
    let new = plugin.vm.create_root(EXPLAINING).unwrap();
    let said = said_by(&mut plugin, new);
    let [FromWorker::Hello(hello)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(hello.applied, Some(id(1, 1)));
    for root in [old, new] {
        assert!(ask_at(&mut plugin, root, &editor()).is_allowed());
    }
    assert!(plugin.vm.shutdown_root(old).unwrap());
    plugin.root = new;
    assert!(plugin.ask(&editor()).is_allowed());
    plugin.publish(&nothing(), id(1, 2));
    let denied = plugin.ask(&editor());
    assert_eq!(denied.status(), 403);
    assert!(denied.problem().get("reason").is_some(), "the new configuration explains");
}

#[test]
fn a_root_that_goes_gives_its_stream_back() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let feed = plugin.feed();
    let new = plugin.vm.create_root(CONFIG).unwrap();
    plugin.vm.shutdown_root(plugin.root).unwrap();
    let states: Vec<_> = plugin.vm.grpc_streams().map(|stream| (stream.id == feed, stream.state)).collect();
    assert_eq!(states, [(true, GrpcStreamState::Gone), (false, GrpcStreamState::Open)]);
    assert_eq!(plugin.vm.roots(), [new]);
    plugin.vm.advance(std::time::Duration::from_secs(5)).unwrap();
    assert_eq!(plugin.vm.grpc_streams().count(), 2, "and opens no other");
}

#[test]
fn a_snapshot_on_either_stream_counts_for_both_roots_of_a_feed() {
    let mut plugin = Plugin::configured(CONFIG);
    let second = plugin.vm.create_root(CONFIG).unwrap();
    let of_first = plugin.vm.grpc_streams().next().unwrap().id;
    let content = compiled(&documents_by_token(), id(1, 1));
    plugin.vm.deliver_grpc_message(of_first, snapshot(id(1, 1), &content)).unwrap();
    for root in [plugin.root, second] {
        assert!(ask_at(&mut plugin, root, &editor()).is_allowed());
    }
}

#[test]
fn another_feed_has_its_own_snapshot() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let other = plugin.vm.create_root(ELSEWHERE).unwrap();
    assert_eq!(ask_at(&mut plugin, other, &editor()).status(), 503);
    assert!(plugin.ask(&editor()).is_allowed());
    let of_other = plugin.vm.grpc_streams().find(|stream| stream.root == other).unwrap().id;
    plugin.vm.deliver_grpc_message(of_other, snapshot(id(9, 9), &compiled(&nothing(), id(9, 9)))).unwrap();
    assert_eq!(ask_at(&mut plugin, other, &editor()).status(), 403);
    assert!(plugin.ask(&editor()).is_allowed());
}

#[test]
fn a_refused_update_leaves_the_old_configuration_at_work() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    assert!(plugin.vm.create_root("{}").is_err());
    assert!(plugin.ask(&editor()).is_allowed());
    plugin.publish(&nothing(), id(1, 2));
    assert_eq!(plugin.ask(&editor()).status(), 403);
}

#[test]
fn requests_under_way_survive_the_end_of_their_root() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    let (allowed, _) = plugin.begin(&editor(), false);
    let undecided = plugin.vm.http_context(plugin.root).unwrap();
    plugin.vm.create_root(CONFIG).unwrap();
    plugin.vm.shutdown_root(plugin.root).unwrap();
    assert!(plugin.vm.request_body(allowed, "rest", true).unwrap().goes_on);
    plugin.vm.finish(allowed).unwrap();
    let outcome = plugin.vm.request_headers(undecided, &editor().headers, true).unwrap();
    assert_eq!(outcome.local_response.unwrap().status, 401);
    plugin.vm.finish(undecided).unwrap();
}

#[test]
fn a_refusal_tells_the_operator_which_snapshot_and_why() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    plugin.logged(LogLevel::Warn);
    plugin.offer(id(1, 2), b"nonsense");
    let warnings = plugin.logged(LogLevel::Warn);
    assert!(
        matches!(warnings.as_slice(), [line] if line.starts_with("snapshot refused: snapshot 1.2 ")),
        "{warnings:?}"
    );
}
