use tollgate_host_tests::{GrpcStatus, StreamType};

use crate::probe::{TestResult, stream, tell};

#[test]
fn a_local_response_is_captured_and_holds_the_request_whatever_the_guest_returns() -> TestResult {
    let (mut vm, stream) = stream()?;
    let outcome = tell(&mut vm, stream, &["deny 403"])?;
    assert!(!outcome.goes_on);
    let response = outcome.local_response.ok_or("no response")?;
    assert_eq!(response.status, 403);
    assert_eq!(response.body, "denied");
    assert_eq!(response.headers.text("x-reason").as_deref(), Some("told to"));
    assert_eq!(response.grpc_status, None);
    let stream_state = vm.stream(stream)?;
    assert!(!stream_state.request().is_released());
    assert_eq!(stream_state.local_response(), Some(&response));
    assert!(vm.request_body(stream, "x", true).is_err());
    Ok(())
}

#[test]
fn a_grpc_response_carries_its_status() -> TestResult {
    let (mut vm, stream) = stream()?;
    let outcome = tell(&mut vm, stream, &["deny-grpc"])?;
    let response = outcome.local_response.ok_or("no response")?;
    assert_eq!(response.grpc_status, Some(GrpcStatus::PERMISSION_DENIED));
    Ok(())
}

#[test]
fn a_second_local_response_shows() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["deny 403", "deny 429"])?;
    let stream = vm.stream(stream)?;
    let statuses: Vec<u32> = stream.local_responses().iter().map(|r| r.status).collect();
    assert_eq!(statuses, [403, 429]);
    Ok(())
}

#[test]
fn a_reset_stream_goes_nowhere() -> TestResult {
    let (mut vm, stream) = stream()?;
    let outcome = tell(&mut vm, stream, &["reset"])?;
    assert!(!outcome.goes_on);
    assert_eq!(vm.stream(stream)?.reset(), Some(StreamType::Request));
    assert!(vm.response_headers(stream, &[(":status", "200")], true).is_err());
    vm.finish(stream)?;
    Ok(())
}
