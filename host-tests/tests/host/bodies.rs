use tollgate_host_tests::{Action, HostError, VmOptions};

use crate::probe::{TestResult, said, start, stream, tell};

#[test]
fn chunks_add_up_while_the_guest_pauses_and_go_on_as_it_changed_them() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["shout"])?;
    let first = vm.request_body(stream, "one ", false)?;
    assert_eq!(first.action, Action::Pause);
    assert_eq!(vm.stream(stream)?.request().held_body(), b"one ");
    let second = vm.request_body(stream, "two", true)?;
    assert!(second.goes_on);
    let request = vm.stream(stream)?.request();
    assert_eq!(request.forwarded_body(), b"ONE TWO");
    assert!(!request.is_held());
    Ok(())
}

#[test]
fn a_streamed_response_passes_chunk_by_chunk() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &[])?;
    vm.response_headers(stream, &[(":status", "200")], false)?;
    said(&mut vm);
    vm.response_body(stream, "data: 1", false)?;
    vm.response_body(stream, "data: 2", true)?;
    let chunks = ["response chunk false: data: 1", "response chunk true: data: 2"];
    assert_eq!(said(&mut vm), chunks);
    assert_eq!(vm.stream(stream)?.response().forwarded_body(), b"data: 1data: 2");
    Ok(())
}

#[test]
fn held_headers_stop_the_body_by_default() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["pause"])?;
    let error = vm.request_body(stream, "x", true).err().ok_or("delivered")?;
    assert!(matches!(error, HostError::NotDelivered { .. }), "{error}");
    assert!(vm.is_alive());
    Ok(())
}

#[test]
fn a_body_let_through_releases_held_headers() -> TestResult {
    let mut vm = start(VmOptions { allow_on_headers_stop_iteration: true, ..VmOptions::default() })?;
    let root = vm.create_root("")?;
    let stream = vm.http_context(root)?;
    tell(&mut vm, stream, &["pause"])?;
    assert!(!vm.stream(stream)?.request().is_released());
    vm.request_body(stream, "x", true)?;
    assert!(vm.stream(stream)?.request().is_released());
    Ok(())
}

#[test]
fn nothing_comes_before_the_headers_or_after_the_end() -> TestResult {
    let (mut vm, stream) = stream()?;
    assert!(vm.request_body(stream, "early", false).is_err());
    tell(&mut vm, stream, &[])?;
    vm.request_body(stream, "x", true)?;
    assert!(vm.request_body(stream, "late", true).is_err());
    assert!(vm.request_trailers(stream, &[("a", "b")]).is_err());
    Ok(())
}
