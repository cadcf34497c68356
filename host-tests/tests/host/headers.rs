use tollgate_host_tests::HostError;

use crate::probe::{TestResult, said, stream, tell};

#[test]
fn duplicate_headers_all_arrive_in_order() -> TestResult {
    let (mut vm, stream) = stream()?;
    let headers = [("x-a", "1"), ("X-Do", "list"), ("x-a", "2"), ("x-do", "header x-a")];
    vm.request_headers(stream, &headers, true)?;
    assert_eq!(said(&mut vm), ["x-a,x-do,x-a,x-do", "header x-a: Some(\"1\")"]);
    Ok(())
}

#[test]
fn the_guest_changes_what_goes_on() -> TestResult {
    let (mut vm, stream) = stream()?;
    let commands = ["set x-one 1", "add x-two a", "add x-two b", "remove :path", "set x-two c"];
    tell(&mut vm, stream, &commands[..4])?;
    let sent = vm.stream(stream)?.request().headers().ok_or("no headers")?;
    assert_eq!(sent.text("x-one").as_deref(), Some("1"));
    let twos: Vec<_> = sent.get_all("x-two").collect();
    assert_eq!(twos, ["a", "b"]);
    assert_eq!(sent.get(":path"), None);
    Ok(())
}

#[test]
fn setting_a_header_replaces_every_duplicate() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["add x-a 1", "add x-a 2", "set x-a 3"])?;
    let sent = vm.stream(stream)?.request().headers().ok_or("no headers")?;
    assert_eq!(sent.get_all("x-a").count(), 1);
    Ok(())
}

#[test]
fn the_whole_map_can_be_replaced() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["replace-all"])?;
    let sent = vm.stream(stream)?.request().headers().ok_or("no headers")?;
    assert_eq!(sent.pairs(), [("only".into(), "this".into()), ("only".into(), "and".into())]);
    Ok(())
}

#[test]
fn a_value_that_is_no_utf8_reaches_the_guest_as_bytes() -> TestResult {
    let (mut vm, stream) = stream()?;
    let headers: [(&str, &[u8]); 2] = [("x-raw", b"\xff\xfe"), ("x-do", b"header x-raw")];
    vm.request_headers(stream, &headers, true)?;
    assert_eq!(said(&mut vm), ["header x-raw: Some(\"\u{fffd}\u{fffd}\")"]);
    Ok(())
}

#[test]
fn a_text_getter_dies_of_a_value_that_is_no_utf8() -> TestResult {
    let (mut vm, stream) = stream()?;
    let headers: [(&str, &[u8]); 2] = [("x-raw", b"\xff"), ("x-do", b"text-header x-raw")];
    let error = vm.request_headers(stream, &headers, true).err().ok_or("survived")?;
    assert!(error.is_fatal(), "{error}");
    assert!(!vm.is_alive());
    Ok(())
}

#[test]
fn request_headers_are_gone_in_the_response_and_back_in_the_log() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &[])?;
    vm.response_headers(stream, &[(":status", "200")], true)?;
    assert_eq!(said(&mut vm)[0], "property request.path: None");
    vm.finish(stream)?;
    assert_eq!(said(&mut vm), ["log /thing?q=1 Some(\"200\")"]);
    assert!(matches!(vm.stream(stream), Err(HostError::NoStream(_))));
    Ok(())
}

#[test]
fn the_guest_adds_response_headers() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &[])?;
    let outcome = vm.response_headers(stream, &[(":status", "200")], false)?;
    assert!(outcome.goes_on);
    let sent = vm.stream(stream)?.response().headers().ok_or("no headers")?;
    assert_eq!(sent.text("x-probe").as_deref(), Some("seen"));
    Ok(())
}
