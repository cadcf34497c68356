//! Limits that are spent refuse for a moment without the companion.

use std::time::Duration;

use super::caller::{CHAT, PLAIN, begin, call, plugin, refusal};
use super::wire::{ACME, Standing, exceeded};
use crate::metadata::{claims, list, string};
use crate::plugin::Plugin;
use crate::request::Request;

const SPENT: Standing = Standing { used: 1_000_000, held: 0, ..ACME };

fn refused_by(standing: &Standing) -> Plugin {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    plugin.vm.answer_grpc_call(call.grpc, exceeded(standing, 5)).unwrap();
    refusal(&plugin, call.stream);
    plugin
}

/// Whether a request is refused without a reserve.
fn is_refused(plugin: &mut Plugin, request: &Request) -> bool {
    let (stream, _) = plugin.begin(request, false);
    let before = plugin.vm.grpc_calls().count();
    let outcome = plugin.vm.request_body(stream, PLAIN, true).unwrap();
    let is_asked = plugin.vm.grpc_calls().count() > before;
    match outcome.local_response {
        Some(_) => assert!(!is_asked && refusal(plugin, stream).0.status == 429),
        None => assert!(is_asked),
    }
    !is_asked
}

fn of(user: &str, org: &str) -> Request {
    let claims = claims(&[("sub", string(user)), ("roles", list(&[string("dev")])), ("org", string(org))]);
    Request::post(CHAT).metadata(claims)
}

#[test]
fn a_limit_that_is_spent_refuses_for_a_second() {
    let mut plugin = refused_by(&SPENT);
    assert!(is_refused(&mut plugin, &of("bob", "acme")));
    assert!(!is_refused(&mut plugin, &of("bob", "other")));
    plugin.vm.advance(Duration::from_millis(999)).unwrap();
    assert!(is_refused(&mut plugin, &of("bob", "acme")));
    plugin.vm.advance(Duration::from_millis(2)).unwrap();
    assert!(!is_refused(&mut plugin, &of("bob", "acme")));
}

#[test]
fn a_limit_of_which_something_is_left_may_have_room_for_another_call() {
    let mut plugin = refused_by(&ACME);
    assert!(!is_refused(&mut plugin, &of("ann", "acme")));
}

#[test]
fn a_limit_refuses_those_that_it_is_for() {
    let mut plugin = refused_by(&Standing { scope: "user", name: "ann", ..SPENT });
    assert!(is_refused(&mut plugin, &of("ann", "other")));
    assert!(!is_refused(&mut plugin, &of("bob", "acme")));
    let mut plugin = refused_by(&Standing { scope: "global", name: "", ..SPENT });
    assert!(is_refused(&mut plugin, &of("bob", "other")));
    // Another model may have room.
    let mut plugin = refused_by(&Standing { scope: "model", name: "gpt-4o", ..SPENT });
    assert!(!is_refused(&mut plugin, &of("ann", "acme")));
}

#[test]
fn a_limit_that_begins_anew_at_once_refuses_nobody() {
    let mut plugin = refused_by(&Standing { resets_in: 0, ..SPENT });
    assert!(!is_refused(&mut plugin, &of("ann", "acme")));
}
