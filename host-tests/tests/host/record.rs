use tollgate_host_tests::{HostCall, HostFn, MapType, Status, VmOptions};

use crate::probe::{TestResult, start, stream, tell};

#[test]
fn the_record_states_the_exact_calls_of_a_request() -> TestResult {
    let (mut vm, stream) = stream()?;
    vm.take_calls();
    tell(&mut vm, stream, &["property source.address", "deny 403"])?;
    let calls = vm.take_calls();
    let lines: Vec<String> = calls.iter().map(|record| record.call.to_string()).collect();
    assert_eq!(
        lines,
        [
            "get_header_map_pairs(request_headers)",
            "get_property(source.address)",
            "log(info, property source.address: None)",
            "send_local_response(403, 6 bytes)",
        ]
    );
    let map = MapType::RequestHeaders;
    assert_eq!(calls[0].call, HostCall::GetHeaderMapPairs { map });
    assert_eq!(calls[0].callback, "proxy_on_request_headers");
    assert_eq!(calls[0].context, stream.into());
    assert_eq!(calls[1].status, Status::NotFound);
    assert!(vm.calls().is_empty(), "taken");
    Ok(())
}

#[test]
fn lines_leave_out_wasi_and_what_a_test_does_not_care_about() -> TestResult {
    let (mut vm, stream) = stream()?;
    vm.take_calls();
    tell(&mut vm, stream, &["time", "property a"])?;
    let wasi = |call: &HostCall| matches!(call, HostCall::Wasi("clock_time_get"));
    assert!(vm.calls().iter().any(|record| wasi(&record.call)));
    assert_eq!(
        vm.take_call_lines(&[HostFn::Log, HostFn::GetCurrentTime]),
        ["get_header_map_pairs(request_headers)", "get_property(a)"]
    );
    Ok(())
}

#[test]
fn the_record_can_be_limited_and_switched_off() -> TestResult {
    for limit in [0, 2] {
        let mut vm = start(VmOptions { call_limit: limit, ..VmOptions::default() })?;
        vm.create_root("time\ntime\ntime")?;
        assert_eq!(vm.calls().len(), limit);
        assert!(vm.dropped_calls() > 0);
    }
    Ok(())
}
