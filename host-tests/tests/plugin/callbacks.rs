//! The other callbacks of a request: bodies, trailers, the response, the end.

use tollgate_host_tests::{Action, Fault, HostFn, Status, VmOptions, built_module};

use crate::metadata::person;
use crate::plugin::{Answer, CONFIG, Plugin, options};
use crate::policies::{documents_by_token, id};
use crate::request::Request;

fn editor() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

fn viewer() -> Request {
    Request::get("/documents/1").metadata(person("vic", "viewer"))
}

/// In a proxy that delivers bodies of held requests too.
fn plugin() -> Plugin {
    let options = VmOptions { allow_on_headers_stop_iteration: true, ..options() };
    let mut plugin = Plugin::with_options(CONFIG, options);
    plugin.publish(&documents_by_token(), id(1, 1));
    plugin
}

#[test]
fn body_and_trailers_of_an_allowed_request_pass() {
    let mut plugin = plugin();
    let (stream, outcome) = plugin.begin(&editor(), false);
    assert!(outcome.goes_on);
    plugin.vm.take_calls();
    for chunk in ["one", "two"] {
        assert!(plugin.vm.request_body(stream, chunk, false).unwrap().goes_on);
    }
    assert!(plugin.vm.request_trailers(stream, &[("t", "1")]).unwrap().goes_on);
    assert_eq!(plugin.vm.stream(stream).unwrap().request().forwarded_body(), b"onetwo");
    plugin.vm.finish(stream).unwrap();
    assert_eq!(plugin.vm.take_call_lines(&[]), [""; 0]);
}

#[test]
fn body_and_trailers_of_a_request_that_could_not_be_answered_do_not_release_it() {
    let mut plugin = plugin();
    plugin.vm.inject(Fault::always(HostFn::SendLocalResponse, Status::InternalFailure));
    plugin.vm.inject(Fault::always(HostFn::CloseStream, Status::InternalFailure));
    let (stream, outcome) = plugin.begin(&viewer(), false);
    assert_eq!(plugin.answer(stream, &outcome), Answer::Held);
    plugin.vm.clear_faults();
    for chunk in ["one", "two"] {
        assert_eq!(plugin.vm.request_body(stream, chunk, false).unwrap().action, Action::Pause);
    }
    assert_eq!(plugin.vm.request_trailers(stream, &[("t", "1")]).unwrap().action, Action::Pause);
    let request = plugin.vm.stream(stream).unwrap().request();
    assert!(request.is_held() && !request.is_released());
    assert_eq!(request.forwarded_body(), b"");
    plugin.vm.finish(stream).unwrap();
}

#[test]
fn the_response_passes_untouched() {
    let mut plugin = plugin();
    let (stream, _) = plugin.begin(&editor(), true);
    plugin.vm.take_calls();
    assert!(plugin.vm.response_headers(stream, &[(":status", "200"), ("x-odd", "\u{e9}")], false).unwrap().goes_on);
    assert!(plugin.vm.response_body(stream, [0xff; 100], false).unwrap().goes_on);
    assert!(plugin.vm.response_trailers(stream, &[("grpc-status", "0")]).unwrap().goes_on);
    plugin.vm.finish(stream).unwrap();
    assert_eq!(plugin.vm.take_call_lines(&[]), [""; 0]);
}

#[test]
fn the_plugins_own_refusal_passes_as_a_response() {
    let mut plugin = plugin();
    let (stream, outcome) = plugin.begin(&viewer(), false);
    assert_eq!(plugin.answer(stream, &outcome).status(), 403);
    assert!(plugin.vm.response_headers(stream, &[(":status", "403")], false).unwrap().goes_on);
    assert!(plugin.vm.response_body(stream, "{}", true).unwrap().goes_on);
    plugin.vm.finish(stream).unwrap();
}

#[test]
fn a_stream_may_end_before_its_headers_come() {
    let mut plugin = plugin();
    let stream = plugin.vm.http_context(plugin.root).unwrap();
    plugin.vm.finish(stream).unwrap();
    let answered_elsewhere = plugin.vm.http_context(plugin.root).unwrap();
    assert!(plugin.vm.response_headers(answered_elsewhere, &[(":status", "400")], true).unwrap().goes_on);
    plugin.vm.finish(answered_elsewhere).unwrap();
    assert!(plugin.ask(&editor()).is_allowed());
}

#[test]
fn streams_do_not_get_in_each_others_way() {
    let mut plugin = plugin();
    let streams: Vec<_> = (0..50).map(|_| plugin.vm.http_context(plugin.root).unwrap()).collect();
    for (index, stream) in streams.iter().enumerate() {
        let request = if index % 2 == 0 { editor() } else { viewer() };
        for (path, value) in &request.properties {
            plugin.vm.set_stream_property(*stream, path, value.clone()).unwrap();
        }
        let outcome = plugin.vm.request_headers(*stream, &request.headers, false).unwrap();
        assert_eq!(outcome.goes_on, index % 2 == 0);
    }
    plugin.publish(&crate::policies::nothing(), id(1, 2));
    for stream in streams.iter().step_by(2) {
        assert!(plugin.vm.request_body(*stream, "decided already", true).unwrap().goes_on);
    }
    for stream in streams.into_iter().rev() {
        plugin.vm.finish(stream).unwrap();
    }
}

#[test]
fn memory_does_not_grow_with_the_requests() {
    let mut plugin = Plugin::with_options(CONFIG, VmOptions { call_limit: 0, ..options() });
    plugin.publish(&documents_by_token(), id(1, 1));
    let mut ask = |times| {
        for _ in 0..times {
            plugin.ask(&editor());
            plugin.ask(&viewer());
        }
        plugin.vm.memory_size()
    };
    let warm = ask(500);
    assert_eq!(ask(3000), warm);
}

#[test]
fn the_proxy_calls_what_is_answered_and_nothing_else() {
    let engine = wasmtime::Engine::default();
    let module = wasmtime::Module::from_file(&engine, built_module("tollgate_plugin.wasm").unwrap()).unwrap();
    let exports: Vec<&str> = module.exports().map(|export| export.name()).collect();
    assert_eq!(
        exports,
        [
            "memory",
            "_initialize",
            "proxy_abi_version_0_2_1",
            "proxy_on_configure",
            "proxy_on_context_create",
            "proxy_on_delete",
            "proxy_on_downstream_data",
            "proxy_on_grpc_close",
            "proxy_on_grpc_receive",
            "proxy_on_grpc_receive_initial_metadata",
            "proxy_on_memory_allocate",
            // As a network filter it would let every connection pass, did it not hold it and its data.
            "proxy_on_new_connection",
            "proxy_on_request_body",
            "proxy_on_request_headers",
            "proxy_on_request_trailers",
            "proxy_on_response_body",
            "proxy_on_response_headers",
            "proxy_on_response_trailers",
            "proxy_on_tick",
        ]
    );
}
