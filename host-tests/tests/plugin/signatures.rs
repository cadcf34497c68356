//! Keys in the configuration: only what is signed with one of them, for this audience, gets in force.

use std::time::Duration;

use base64::prelude::*;
use ed25519_compact::{KeyPair, Seed};
use tollgate_policy::snapshot::{Attestation, Content, SnapshotId};

use crate::feed::{self, FromWorker};
use crate::metadata::person;
use crate::plugin::{CONFIG, Plugin};
use crate::policies::{content, documents_by_token, id, nothing};
use crate::request::Request;

/// The keys, told apart by a letter.
pub(crate) fn pair(letter: u8) -> KeyPair {
    KeyPair::from_seed(Seed::new([letter; 32]))
}

/// The `keys` of a configuration.
pub(crate) fn keys(letters: &[u8]) -> String {
    let keys = letters.iter().map(|letter| {
        let public = BASE64_STANDARD.encode(*pair(*letter).pk);
        format!(r#"{{"id": "{}", "ed25519": "{public}"}}"#, char::from(*letter))
    });
    format!("[{}]", keys.collect::<Vec<_>>().join(", "))
}

/// A configuration with keys for the audience `prod`.
fn config(letters: &[u8]) -> String {
    let keys = keys(letters);
    format!(r#"{{"feed": {{"cluster": "companion", "audience": "prod", "keys": {keys}, "max_issued_age": "1h"}}}}"#)
}

/// A signature of the content under this id.
pub(crate) fn attest(letter: u8, audience: &str, content: &Content, id: SnapshotId, at: Duration) -> Attestation {
    let issued_at = u64::try_from(at.as_millis()).unwrap();
    let statement = Attestation::statement(audience, id, &content.digest(), issued_at);
    let signature = *pair(letter).sk.sign(statement, None);
    Attestation { key: char::from(letter).to_string(), audience: audience.to_owned(), issued_at, signature }
}

fn now(plugin: &Plugin) -> Duration {
    plugin.vm.clock().now()
}

/// Offers the set, signed with this key at this time.
fn offer(plugin: &mut Plugin, yaml: &str, id: SnapshotId, letter: u8, at: Duration) -> Vec<FromWorker> {
    let content = content(yaml);
    let attestation = attest(letter, "prod", &content, id, at);
    plugin.offer(id, &content.encode(id, &[attestation]))
}

fn assert_refused(said: &[FromWorker], because: &str) {
    let [FromWorker::Nack { reason, .. }] = said else { panic!("{said:?}") };
    assert!(reason.contains(because), "`{reason}` does not say `{because}`");
}

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

#[test]
fn what_is_signed_with_a_configured_key_gets_in_force() {
    let mut plugin = Plugin::configured(&config(b"ab"));
    let at = now(&plugin);
    assert_eq!(offer(&mut plugin, &documents_by_token(), id(1, 1), b'a', at), [FromWorker::Ack(id(1, 1))]);
    assert!(plugin.ask(&editor()).is_allowed());
    assert_eq!(offer(&mut plugin, &nothing(), id(1, 2), b'b', at), [FromWorker::Ack(id(1, 2))]);
    assert_eq!(plugin.ask(&editor()).status(), 403);
}

#[test]
fn anything_else_is_refused_before_it_is_read() {
    let mut plugin = Plugin::configured(&config(b"a"));
    let at = now(&plugin);
    let content = content(&documents_by_token());
    let mut offer = |attestations: &[Attestation]| {
        // The content is cut short: whoever read it would find that first.
        let whole = content.encode(id(1, 1), attestations);
        plugin.offer(id(1, 1), &whole[..whole.len() - 1])
    };
    let good = attest(b'a', "prod", &content, id(1, 1), at);
    assert_refused(&offer(&[]), "not trusted: it is not signed");
    assert_refused(
        &offer(&[attest(b'b', "prod", &content, id(1, 1), at)]),
        "`b`, which is none of the configured keys",
    );
    assert_refused(&offer(&[attest(b'a', "test", &content, id(1, 1), at)]), "signed for the audience `test`");
    assert_refused(&offer(&[attest(b'a', "prod", &content, id(1, 2), at)]), "its signature with the key `a` is wrong");
    let forged = Attestation { signature: [0; 64], ..good.clone() };
    assert_refused(&offer(&[forged]), "its signature with the key `a` is wrong");
    let other_time = Attestation { issued_at: good.issued_at + 1, ..good.clone() };
    assert_refused(&offer(&[other_time]), "its signature with the key `a` is wrong");
    assert_refused(&offer(&[good]), "cannot be used");
    assert_eq!(plugin.ask(&editor()).status(), 503);
}

#[test]
fn deltas_are_signed_too() {
    let mut plugin = Plugin::configured(&config(b"a"));
    let at = now(&plugin);
    offer(&mut plugin, &documents_by_token(), id(1, 1), b'a', at);
    let (from, to) = (content(&documents_by_token()), content(&nothing()));
    let delta = |attestations: &[Attestation]| {
        feed::delta(id(1, 2), id(1, 1), &to.delta(&from, id(1, 1), id(1, 2), attestations))
    };
    let said = plugin.deliver(delta(&[]));
    assert!(matches!(said.as_slice(), [FromWorker::Nack { wants_full: false, .. }]), "{said:?}");
    assert_refused(&plugin.deliver(delta(&[attest(b'a', "prod", &from, id(1, 2), at)])), "signature with the key `a`");
    assert!(plugin.ask(&editor()).is_allowed());
    let good = attest(b'a', "prod", &to, id(1, 2), at);
    assert_eq!(plugin.deliver(delta(&[good])), [FromWorker::Ack(id(1, 2))]);
    assert_eq!(plugin.ask(&editor()).status(), 403);
}

#[test]
fn a_signature_of_long_ago_is_refused_when_it_comes_over_the_feed() {
    let mut plugin = Plugin::configured(&config(b"a"));
    let at = now(&plugin);
    let old = at - Duration::from_secs(3601);
    assert_refused(&offer(&mut plugin, &documents_by_token(), id(1, 1), b'a', old), "longer than the 3600 s");
    let ahead = at + Duration::from_secs(301);
    assert_refused(&offer(&mut plugin, &documents_by_token(), id(1, 1), b'a', ahead), "ahead of this machine's clock");
    assert_eq!(offer(&mut plugin, &documents_by_token(), id(1, 1), b'a', at).len(), 1);
    assert!(plugin.ask(&editor()).is_allowed());
}

#[test]
fn keys_can_be_replaced_while_requests_are_decided() {
    let mut plugin = Plugin::configured(&config(b"a"));
    let at = now(&plugin);
    offer(&mut plugin, &documents_by_token(), id(1, 1), b'a', at);
    plugin.root = plugin.vm.create_root(config(b"ab")).unwrap();
    assert!(plugin.ask(&editor()).is_allowed(), "what is in force is signed with one of them");
    plugin.root = plugin.vm.create_root(config(b"b")).unwrap();
    assert_eq!(plugin.ask(&editor()).status(), 503, "and with none of these");
}

#[test]
fn what_came_before_there_were_keys_does_not_decide_once_there_are() {
    let mut plugin = Plugin::deciding(CONFIG, &documents_by_token());
    assert!(plugin.ask(&editor()).is_allowed());
    plugin.root = plugin.vm.create_root(config(b"a")).unwrap();
    assert_eq!(plugin.ask(&editor()).status(), 503);
}
