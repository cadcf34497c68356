//! Host calls that fail: no failure lets a request through that would not have passed, none kills the VM.

use std::time::Duration;

use tollgate_host_tests::{
    CallRecord, Fault, GrpcStreamState, HostCall, HostError, HostFn, LogLevel, Status, VmOptions,
};

use crate::metadata::person;
use crate::plugin::{Answer, Plugin, options};
use crate::policies::{GATEWAY, TOKEN, compiled, documents, id};
use crate::request::Request;

const CONFIG: &str = r#"{"feed": {"cluster": "companion"}, "forward": {"x-principal": "principal.id"}}"#;

const FAILURES: [Status; 12] = [
    Status::NotFound,
    Status::BadArgument,
    Status::SerializationFailure,
    Status::ParseFailure,
    Status::BadExpression,
    Status::InvalidMemoryAccess,
    Status::Empty,
    Status::CasMismatch,
    Status::ResultMismatch,
    Status::InternalFailure,
    Status::BrokenConnection,
    Status::Unimplemented,
];

/// A plugin that makes every host call it ever makes for a request: it logs single decisions too.
fn plugin() -> Plugin {
    let options = VmOptions { log_level: LogLevel::Debug, ..options() };
    let mut plugin = Plugin::with_options(CONFIG, options);
    plugin.publish(&documents(&[TOKEN, GATEWAY]), id(1, 1));
    plugin
}

fn by_token(role: &str) -> Request {
    let spoofed = Request::get("/documents/1").header("x-principal", "root").header("x-user", "root");
    spoofed.metadata(person("ann", role))
}

fn by_gateway(role: &str) -> Request {
    let request =
        Request::get("/documents/1").peer("spiffe://prod/gateway").connection("dns_san_peer_certificate", "g");
    request.header("x-user", "ann").header("x-user-roles", role)
}

/// The answers to this request with each of its host calls failing in each way.
fn answers_under_faults(request: &Request) -> Vec<(HostCall, Status, Answer)> {
    let mut plugin = plugin();
    plugin.vm.take_calls();
    plugin.ask(request);
    let calls: Vec<_> = plugin.vm.take_calls().into_iter().filter(|record| record.call.function().is_some()).collect();
    let mut answers = Vec::new();
    for (index, record) in calls.iter().enumerate() {
        for status in FAILURES {
            let mut seen = 0;
            plugin.vm.inject(Fault::when(move |call| {
                let at = seen;
                seen += usize::from(call.function().is_some());
                (at == index && call.function().is_some()).then_some(status)
            }));
            answers.push((record.call.clone(), status, plugin.ask(request)));
            plugin.vm.clear_faults();
        }
        assert_eq!(plugin.ask(request).is_allowed(), record_allows(&calls), "faults leave nothing behind");
    }
    answers
}

fn record_allows(calls: &[CallRecord]) -> bool {
    !calls.iter().any(|record| matches!(record.call, HostCall::SendLocalResponse { .. }))
}

#[test]
fn no_fault_lets_a_denied_request_through() {
    let nobody = Request::get("/documents/1");
    let unreadable = Request::get("/documents/../1").metadata(person("ann", "editor"));
    for request in [by_token("viewer"), by_gateway("viewer"), nobody, unreadable] {
        for (call, status, answer) in answers_under_faults(&request) {
            match call {
                HostCall::SendLocalResponse { .. } => assert_eq!(answer, Answer::Reset, "{status}"),
                _ => assert!((400..504).contains(&answer.status()), "{call} {status}: {answer:?}"),
            }
        }
    }
}

#[test]
fn a_fault_of_a_call_that_decides_refuses_a_request_that_would_pass() {
    for (by, request) in [("token", by_token("editor")), ("gateway", by_gateway("editor"))] {
        for (call, status, answer) in answers_under_faults(&request) {
            let harmless = match &call {
                HostCall::Log { .. } => true,
                // The trusted name was found already, and this one is not needed.
                HostCall::GetProperty { path } if path[1..] == ["dns_san_peer_certificate"] => {
                    status == Status::NotFound
                }
                // There is nothing to remove.
                HostCall::RemoveHeaderMapValue { .. } => status == Status::NotFound,
                // There is no token, and the gateway's word is looked for next.
                HostCall::GetProperty { path } if path == &["metadata"] && by == "gateway" => {
                    status == Status::NotFound
                }
                // A token decides without the peer, whose headers are then those of a stranger.
                HostCall::GetProperty { path } if path[0] == "connection" => by == "token",
                _ => false,
            };
            assert_eq!(answer.is_allowed(), harmless, "{call} {status}: {answer:?}");
            assert!(harmless || [400, 401, 503].contains(&answer.status()), "{call} {status}: {answer:?}");
        }
    }
}

#[test]
fn a_request_that_cannot_be_told_the_facts_does_not_go_on() {
    for (function, status) in [
        (HostFn::ReplaceHeaderMapValue, Status::NotFound),
        (HostFn::ReplaceHeaderMapValue, Status::InternalFailure),
        (HostFn::RemoveHeaderMapValue, Status::BadArgument),
    ] {
        let mut plugin = plugin();
        plugin.vm.inject(Fault::always(function, status));
        let answer = plugin.ask(&by_token("editor"));
        assert_eq!((answer.status(), &*answer.code()), (503, "POLICY_UNAVAILABLE"));
    }
}

#[test]
fn a_refusal_that_cannot_be_sent_still_refuses() {
    for status in FAILURES {
        let mut plugin = plugin();
        plugin.vm.inject(Fault::always(HostFn::SendLocalResponse, status));
        assert_eq!(plugin.ask(&by_token("viewer")), Answer::Reset);
        plugin.vm.inject(Fault::always(HostFn::CloseStream, status));
        assert_eq!(plugin.ask(&by_token("viewer")), Answer::Held);
        assert!(plugin.ask(&by_token("editor")).is_allowed());
    }
}

#[test]
fn unreadable_headers_are_no_request() {
    for status in FAILURES {
        let mut plugin = plugin();
        plugin.vm.inject(Fault::always(HostFn::GetHeaderMapPairs, status));
        let answer = plugin.ask(&by_token("editor"));
        assert_eq!((answer.status(), &*answer.code()), (503, "POLICY_UNAVAILABLE"));
    }
}

#[test]
fn no_fault_of_the_feed_kills_the_vm_or_changes_a_decision() {
    for function in HostFn::ALL {
        let statuses = match function {
            // The SDK opens streams itself and knows only these failures; Envoy returns no others.
            HostFn::GrpcStream => &[Status::ParseFailure, Status::InternalFailure][..],
            // The SDK's own, of the context it is being called for; fails only if there is no such context.
            HostFn::SetEffectiveContext => &[],
            _ => &FAILURES,
        };
        for status in statuses {
            let mut plugin = plugin();
            plugin.vm.inject(Fault::always(*function, *status));
            for _ in 0..5 {
                plugin.vm.advance(Duration::from_secs(1)).unwrap();
            }
            let message = crate::feed::snapshot(id(1, 2), &compiled(&documents(&[TOKEN]), id(1, 3)));
            let open = plugin.vm.grpc_streams().find(|stream| stream.state == GrpcStreamState::Open);
            if let Some(feed) = open.map(|stream| stream.id) {
                plugin.vm.deliver_grpc_message(feed, message).unwrap();
            }
            plugin.vm.clear_faults();
            plugin.vm.advance(Duration::from_secs(3)).unwrap();
            assert!(plugin.ask(&by_token("editor")).is_allowed(), "{function} {status}");
            assert_eq!(plugin.ask(&by_token("viewer")).status(), 403, "{function} {status}");
        }
    }
}

#[test]
fn a_plugin_configured_under_faults_works_once_they_are_over() {
    for function in [
        HostFn::Log,
        HostFn::GetLogLevel,
        HostFn::GetProperty,
        HostFn::DefineMetric,
        HostFn::GrpcSend,
        HostFn::GrpcCancel,
    ] {
        for status in FAILURES {
            let mut vm = Plugin::start_vm(options());
            vm.inject(Fault::always(function, status));
            let root = vm.create_root(CONFIG).unwrap();
            let mut plugin = Plugin { vm, root };
            assert_eq!(plugin.ask(&by_token("editor")).status(), 503);
            plugin.vm.clear_faults();
            plugin.vm.advance(Duration::from_secs(1)).unwrap();
            plugin.publish(&documents(&[TOKEN]), id(1, 1));
            assert!(plugin.ask(&by_token("editor")).is_allowed());
            assert_eq!(plugin.ask(&by_token("viewer")).status(), 403);
        }
    }
}

#[test]
fn an_unreadable_configuration_is_refused() {
    for status in FAILURES {
        let mut vm = Plugin::start_vm(options());
        vm.inject(Fault::always(HostFn::GetBufferBytes, status));
        assert!(matches!(vm.create_root(CONFIG), Err(HostError::Refused { .. })), "{status}");
        let said = &vm.logs().last().unwrap().message;
        // Envoy has no buffer to show where there is no configuration.
        let expected = if status == Status::NotFound { "has no configuration" } else { "cannot be read: status" };
        assert!(said.contains(expected), "{status}: {said}");
        vm.clear_faults();
        vm.create_root(CONFIG).unwrap();
    }
}
