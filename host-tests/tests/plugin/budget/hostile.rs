//! Nothing that a client, a provider or the companion sends ends the VM, and whatever comes is settled once.

use super::caller::{CHAT, EVENTS, JSON, MESSAGES, PLAIN, STREAMED, admitted, begin, call, plugin, settlements_of};
use super::wire::{disabled, held};
use crate::plugin::Plugin;
use crate::random::Random;

#[test]
fn replies_of_any_bytes_end_no_vm_and_release_no_request_twice() {
    let mut random = Random(11);
    let good = held(b"reservation", "gpt-4o", 300, 900);
    let mut plugin = plugin();
    for _ in 0..2000 {
        let reply = random.damaged(good.clone());
        let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
        plugin.vm.answer_grpc_call(call.grpc, reply).unwrap();
        let state = plugin.vm.stream(call.stream).unwrap();
        assert_eq!(state.request().is_released(), state.local_responses().is_empty());
        plugin.vm.finish(call.stream).unwrap();
    }
}

#[test]
fn bodies_of_any_bytes_are_refused_or_reserved() {
    let mut random = Random(12);
    let mut plugin = plugin();
    for _ in 0..2000 {
        let body = random.damaged(PLAIN.as_bytes().to_vec());
        let (stream, _) = plugin.begin(&call(CHAT, PLAIN), false);
        let outcome = plugin.vm.request_body(stream, &body, true).unwrap();
        let asked = plugin.vm.grpc_calls().next().map(|call| call.id);
        assert_eq!(outcome.local_response.is_none(), asked.is_some());
        if let Some(asked) = asked {
            plugin.vm.answer_grpc_call(asked, disabled()).unwrap();
        }
        plugin.vm.finish(stream).unwrap();
    }
}

fn garbage(random: &mut Random) -> Vec<u8> {
    let parts: [&[u8]; 12] = [
        b"data: ",
        b"\n",
        b"\r\n",
        b"\r",
        b"{\"choices\":[],\"usage\":{\"prompt_tokens\":",
        b"18446744073709551615",
        b"}}",
        b"[DONE]",
        b"event: message_delta",
        b"\xff\xfe\0",
        b"[[[[[[[[[[",
        b"{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1e999",
    ];
    (0..random.below(20)).flat_map(|_| parts[random.below(parts.len())].to_vec()).collect()
}

#[test]
fn answers_of_any_bytes_are_settled_once() {
    let mut random = Random(13);
    for round in 0..400 {
        let mut plugin: Plugin = plugin();
        let (path, body) = match round % 3 {
            0 => (CHAT, STREAMED),
            1 => (CHAT, PLAIN),
            _ => (MESSAGES, r#"{"model": "c", "stream": true, "messages": []}"#),
        };
        let stream = admitted(&mut plugin, path, body);
        let head = if random.below(2) == 0 { &EVENTS } else { &JSON };
        plugin.vm.response_headers(stream, head, false).unwrap();
        for _ in 0..random.below(6) {
            plugin.vm.response_body(stream, garbage(&mut random), false).unwrap();
        }
        match random.below(3) {
            0 => drop(plugin.vm.response_body(stream, garbage(&mut random), true).unwrap()),
            1 => drop(plugin.vm.response_trailers(stream, &[("t", "1")]).unwrap()),
            _ => {}
        }
        plugin.vm.finish(stream).unwrap();
        let settlements = settlements_of(&mut plugin);
        assert_eq!(settlements.len(), 1, "{settlements:?}");
        assert_eq!(settlements[0].reservation, b"r");
    }
}

#[test]
fn heads_of_any_kind_are_settled_once() {
    for head in [
        vec![],
        vec![(":status", "")],
        vec![(":status", "99999999999")],
        vec![(":status", "-1")],
        vec![(":status", "2\u{ff}0")],
        vec![(":status", "200"), (":status", "500")],
        vec![(":status", "200"), ("content-type", "\u{0}\u{ff}")],
    ] {
        let mut plugin = plugin();
        let stream = admitted(&mut plugin, CHAT, STREAMED);
        plugin.vm.response_headers(stream, &head, false).unwrap();
        plugin.vm.response_body(stream, "data: {}\n\n", true).unwrap();
        plugin.vm.finish(stream).unwrap();
        assert_eq!(settlements_of(&mut plugin).len(), 1, "{head:?}");
    }
}
