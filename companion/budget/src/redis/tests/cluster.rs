use std::collections::BTreeSet;

use super::server::{FORGETTING, Server, free_port};
use super::site::{Site, settings};
use crate::redis::RedisSettings;
use crate::testing::Tested;
use crate::testing::calls::*;
use crate::testing::contract;
use crate::*;

/// A cluster of one node, and where that is.
fn cluster() -> (Server, String) {
    let port = free_port();
    let (listened, bus) = (port.to_string(), free_port().to_string());
    let clustered = ["--cluster-enabled", "yes", "--port", &listened, "--cluster-port", &bus];
    (Server::start(&[&FORGETTING[..], &clustered].concat()), format!("redis://127.0.0.1:{port}"))
}

#[test]
fn all_keys_are_in_one_slot_of_a_cluster() {
    let (server, address) = cluster();
    let site = Site::on(RedisSettings { address: address.parse().unwrap(), ..settings(&server) }, &server);
    let _: () = site.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    site.wait_until_ready();
    let store = Tested(&site);
    store.set_time(NOON);
    let lines = [line(Scope::Global, 1000), line(user("{a}"), 1000), by(Window::Month, line(org("b}"), 1000))];
    let held = store.hold(&call(1, tokens(10), lines.clone()));
    store.commit(&held.reservation, tokens(5));
    store.hold(&call(2, tokens(10), lines));
    store.adjust(&adjustment(1, &format!("day:{DAY}:tokens:global"), Change::By(5)));
    let keys: Vec<String> = site.command(&["KEYS", "*"]);
    assert!(keys.len() > 10, "{keys:?}");
    let slots: BTreeSet<u64> = keys.iter().map(|key| site.command::<u64>(&["CLUSTER", "KEYSLOT", key])).collect();
    assert_eq!(slots.len(), 1, "{keys:?}");
}

#[test]
fn the_contract_holds_in_a_cluster() {
    let (server, address) = cluster();
    let settings = || RedisSettings { address: address.parse().unwrap(), ..settings(&server) };
    let first = Site::on(settings(), &server);
    let _: () = first.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    for case in [
        contract::reserve::the_first_way_that_fits_is_held,
        contract::settle::what_was_settled_stays_as_it_was,
        contract::lease::a_commit_after_the_lease_replaces_the_estimate_once,
        contract::adjust::asking_again_adjusts_nothing_again,
        contract::look::holds_are_found_by_scope_the_oldest_first,
        contract::crowd::callers_at_once_never_pass_the_limit,
    ] {
        let site = Site::on(settings(), &server);
        site.wait_until_ready();
        case(&site);
    }
}

#[test]
fn the_node_that_has_the_slot_is_asked_instead() {
    let nodes = [cluster(), cluster()];
    let sites = nodes.each_ref().map(|(server, address)| {
        Site::on(RedisSettings { address: address.parse().unwrap(), ..settings(server) }, server)
    });
    // The first has nothing, and knows that the second has it all.
    let _: () = sites[1].command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let (_, port) = nodes[1].1.rsplit_once(':').unwrap();
    let _: () = sites[0].command(&["CLUSTER", "MEET", "127.0.0.1", port, &nodes[1].0.argument("--cluster-port")]);
    sites[0].wait_until_ready();
    let _: () = sites[1].command(&["SET", &sites[0].clock(), &NOON.to_string()]);
    let held = Tested(&sites[0]).hold(&call(1, tokens(10), [line(Scope::Global, 100)]));
    assert_eq!(held.standings[0].held, 10);
    assert_eq!(sites[0].runtime.block_on(sites[0].redis().members()).unwrap().len(), 1);
}
