use tollgate_host_tests::{GrpcId, GrpcStatus, GrpcStreamState, Vm};

use crate::probe::{TestResult, root, said};

fn connected() -> Result<(Vm, GrpcId), Box<dyn std::error::Error>> {
    let (mut vm, _) = root("connect control")?;
    said(&mut vm);
    let id = vm.grpc_streams().next().ok_or("no stream")?.id;
    Ok((vm, id))
}

fn state(vm: &Vm, id: GrpcId) -> Option<GrpcStreamState> {
    let mut streams = vm.grpc_streams();
    streams.find(|stream| stream.id == id).map(|stream| stream.state)
}

#[test]
fn a_stream_opens_with_its_target_and_first_message() -> TestResult {
    let (vm, _) = connected()?;
    let stream = vm.grpc_streams().next().ok_or("no stream")?;
    assert_eq!(stream.target.upstream, "control");
    assert_eq!(stream.target.service, "probe.v1.Feed");
    assert_eq!(stream.target.method, "Connect");
    let metadata = &stream.target.initial_metadata;
    assert_eq!(metadata.text("x-probe").as_deref(), Some("hello"));
    assert_eq!(stream.sent, ["hello"]);
    assert_eq!(stream.state, GrpcStreamState::Open);
    Ok(())
}

#[test]
fn metadata_and_messages_reach_the_guest_and_its_answers_the_test() -> TestResult {
    let (mut vm, id) = connected()?;
    vm.take_grpc_sent(id)?;
    vm.deliver_grpc_initial_metadata(id, &[("a", "1"), ("b", "2")])?;
    vm.deliver_grpc_message(id, "one")?;
    assert_eq!(said(&mut vm), ["stream 6 metadata 2: a,b", "stream 6 message: one"]);
    assert_eq!(vm.take_grpc_sent(id)?, ["one"]);
    Ok(())
}

#[test]
fn a_stream_the_server_closed_stays_until_the_guest_lets_go() -> TestResult {
    let (mut vm, id) = connected()?;
    vm.close_grpc_stream(id, GrpcStatus::INTERNAL, "oops")?;
    assert_eq!(said(&mut vm), ["stream 6 closed 13: 13 Some(\"oops\")"]);
    let closed = GrpcStreamState::ClosedByServer(GrpcStatus::INTERNAL);
    assert_eq!(state(&vm, id), Some(closed), "the guest leaked it");
    assert!(vm.deliver_grpc_message(id, "late").is_err());
    Ok(())
}

#[test]
fn cancelling_in_the_close_callback_frees_the_stream() -> TestResult {
    let (mut vm, id) = connected()?;
    vm.close_grpc_stream(id, GrpcStatus::UNAVAILABLE, "")?;
    assert_eq!(state(&vm, id), Some(GrpcStreamState::Gone));
    Ok(())
}

#[test]
fn a_cancelled_stream_gets_no_more_callbacks() -> TestResult {
    let (mut vm, id) = connected()?;
    vm.deliver_grpc_message(id, "cancel")?;
    assert_eq!(state(&vm, id), Some(GrpcStreamState::Gone));
    assert!(vm.deliver_grpc_message(id, "late").is_err());
    assert!(vm.close_grpc_stream(id, GrpcStatus::OK, "").is_err());
    Ok(())
}

#[test]
fn a_stream_the_guest_closed_may_still_receive() -> TestResult {
    let (mut vm, id) = connected()?;
    vm.deliver_grpc_message(id, "close")?;
    assert_eq!(state(&vm, id), Some(GrpcStreamState::ClosedByGuest));
    vm.deliver_grpc_message(id, "late")?;
    vm.close_grpc_stream(id, GrpcStatus::OK, "")?;
    assert_eq!(state(&vm, id), Some(GrpcStreamState::Gone));
    Ok(())
}

#[test]
fn two_roots_have_two_streams() -> TestResult {
    let (mut vm, _) = connected()?;
    vm.create_root("connect other")?;
    let upstreams: Vec<_> = vm.grpc_streams().map(|s| s.target.upstream.clone()).collect();
    assert_eq!(upstreams, ["control", "other"]);
    Ok(())
}
