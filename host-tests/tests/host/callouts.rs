use tollgate_host_tests::{GrpcStatus, HttpResponse};

use crate::probe::{TestResult, said, stream, tell};

#[test]
fn a_request_waits_for_its_http_call_and_goes_on_with_the_answer() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["http-call control"])?;
    said(&mut vm);
    let call = vm.http_calls().next().ok_or("no call")?.clone();
    assert_eq!(call.upstream, "control");
    assert_eq!(call.headers.text(":path").as_deref(), Some("/callout"));
    assert_eq!(call.body, "question");
    assert_eq!(call.context, stream.into());
    assert!(vm.stream(stream)?.request().is_held());

    vm.answer_http_call(call.id, HttpResponse::new(200, "answer"))?;
    assert_eq!(said(&mut vm), ["http call 4: 200 answer"]);
    let request = vm.stream(stream)?.request();
    assert!(request.is_released());
    let headers = request.headers().ok_or("no headers")?;
    assert_eq!(headers.text("x-callout").as_deref(), Some("done"));
    assert!(vm.answer_http_call(call.id, HttpResponse::default()).is_err(), "answered once");
    Ok(())
}

#[test]
fn a_failed_http_call_leaves_the_request_to_the_guest() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["http-call control"])?;
    said(&mut vm);
    let id = vm.http_calls().next().ok_or("no call")?.id;
    vm.fail_http_call(id)?;
    assert_eq!(said(&mut vm), ["http call 4 failed: 11 Some(\"reset\")"]);
    let stream = vm.stream(stream)?;
    assert_eq!(stream.local_response().ok_or("no response")?.status, 503);
    assert!(!stream.request().is_released());
    Ok(())
}

#[test]
fn an_http_call_without_a_path_is_refused() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["bad-http-call control"])?;
    assert_eq!(said(&mut vm), ["http-call: error BadArgument"]);
    assert_eq!(vm.http_calls().count(), 0);
    Ok(())
}

#[test]
fn a_request_waits_for_its_grpc_call() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["grpc-call control"])?;
    said(&mut vm);
    let call = vm.grpc_calls().next().ok_or("no call")?.clone();
    assert_eq!(call.target.service, "probe.v1.Budget");
    assert_eq!(call.target.method, "Reserve");
    assert_eq!(call.timeout.as_millis(), 250);
    vm.answer_grpc_call(call.id, "answer")?;
    assert_eq!(said(&mut vm), ["grpc call 5: 0 answer"]);
    assert!(vm.stream(stream)?.request().is_released());
    Ok(())
}

#[test]
fn a_failed_grpc_call_tells_its_status() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["grpc-call control"])?;
    said(&mut vm);
    let id = vm.grpc_calls().next().ok_or("no call")?.id;
    vm.fail_grpc_call(id, GrpcStatus::UNAVAILABLE, "down")?;
    assert_eq!(said(&mut vm), ["grpc call 5: 14 "]);
    Ok(())
}

#[test]
fn an_answer_for_a_stream_that_is_gone_does_no_harm() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["http-call control"])?;
    let id = vm.http_calls().next().ok_or("no call")?.id;
    vm.finish(stream)?;
    vm.answer_http_call(id, HttpResponse::new(200, ""))?;
    assert!(vm.is_alive());
    Ok(())
}
