//! The exact host calls of a call of a model, and of a request that is none.

use super::caller::{CHAT, EVENTS, PLAIN, STREAMED, admitted, answer, begin, call, plugin};
use super::wire::held;
use crate::metadata::person;
use crate::plugin::Plugin;
use crate::request::Request;

fn calls(plugin: &mut Plugin) -> Vec<String> {
    plugin.vm.take_calls().iter().map(|record| record.call.to_string()).collect()
}

#[test]
fn a_route_without_a_budget_pays_nothing_for_its_answer() {
    let mut plugin = plugin();
    let (stream, outcome) = plugin.begin(&Request::get("/free").metadata(person("ann", "dev")), true);
    assert!(outcome.goes_on);
    plugin.vm.take_calls();
    answer(&mut plugin, stream, &EVENTS, false);
    let mut instructions = vec![plugin.vm.fuel_used().unwrap()];
    for (chunk, end) in [("data: {}\n\n", false), ("", true)] {
        plugin.vm.response_body(stream, chunk, end).unwrap();
        instructions.push(plugin.vm.fuel_used().unwrap());
    }
    assert!(instructions.iter().all(|taken| *taken < 200), "{instructions:?}");
    plugin.vm.finish(stream).unwrap();
    assert_eq!(calls(&mut plugin), [""; 0]);
}

#[test]
fn a_plain_call_costs_a_reserve_and_what_its_answer_takes_to_read() {
    let mut plugin = plugin();
    let call = begin(&mut plugin, &call(CHAT, PLAIN), PLAIN);
    let asked = calls(&mut plugin);
    let head = ["get_header_map_pairs(request_headers)", "get_property(metadata)"];
    assert_eq!(asked[..2], head);
    assert_eq!(asked[2], "get_buffer_bytes(request_body)");
    assert_eq!(asked[3..5], head);
    // Whether a limit is known to be spent depends on the time.
    assert_eq!(asked[5], "wasi.clock_time_get()");
    assert!(asked[6].contains("tollgate.v1.Budgets/Reserve"), "{asked:?}");
    assert_eq!(asked.len(), 7);
    plugin.vm.answer_grpc_call(call.grpc, held(b"r", "gpt-4o", 300, 900)).unwrap();
    assert_eq!(
        calls(&mut plugin),
        [
            "get_buffer_bytes(grpc_message)".to_owned(),
            format!("set_effective_context({})", call.stream),
            "wasi.clock_time_get()".to_owned(),
            "remove_header_map_value(request_headers, accept-encoding)".to_owned(),
            "continue_stream(request)".to_owned(),
        ]
    );
}

#[test]
fn each_chunk_of_an_answer_costs_its_reading() {
    let mut plugin = plugin();
    let stream = admitted(&mut plugin, CHAT, STREAMED);
    plugin.vm.take_calls();
    answer(&mut plugin, stream, &EVENTS, false);
    assert_eq!(
        calls(&mut plugin),
        [
            "get_header_map_pairs(response_headers)",
            "get_property(response.code_details)",
            "remove_header_map_value(response_headers, content-length)"
        ]
    );
    plugin.vm.response_body(stream, "data: {\"choices\":[{}]}\n\n", false).unwrap();
    assert_eq!(calls(&mut plugin), ["get_buffer_bytes(response_body)"]);
    plugin.vm.response_body(stream, "data: [DONE]\n\n", true).unwrap();
    let last = calls(&mut plugin);
    assert_eq!(last[..2], ["get_buffer_bytes(response_body)", "wasi.clock_time_get()"]);
    assert!(last[2].starts_with("grpc_send("), "{last:?}");
    assert_eq!(last.len(), 3);
}
