use tollgate_host_tests::{Fault, HostCall, HostError, HostFn, Status};

use crate::probe::{TestResult, root, said, stream, tell};

#[test]
fn a_fault_the_sdk_expects_is_an_error_for_the_guest() -> TestResult {
    let (mut vm, stream) = stream()?;
    vm.inject(Fault::always(HostFn::GetProperty, Status::InternalFailure));
    tell(&mut vm, stream, &["property metadata"])?;
    assert_eq!(said(&mut vm), ["property metadata: error InternalFailure"]);
    Ok(())
}

#[test]
fn a_fault_the_sdk_does_not_expect_kills_the_vm() -> TestResult {
    let (mut vm, stream) = stream()?;
    vm.inject(Fault::once(HostFn::GetHeaderMapPairs, Status::BadArgument));
    let error = tell(&mut vm, stream, &[]).err().ok_or("survived")?;
    let HostError::Trapped { callback, panic, .. } = &error else {
        return Err(error.into());
    };
    assert_eq!(*callback, "proxy_on_request_headers");
    assert!(panic.as_deref().unwrap_or_default().contains("unexpected status: 2"), "{panic:?}");
    let after = vm.finish(stream).err().ok_or("alive")?;
    assert!(matches!(after, HostError::Dead { .. }), "{after}");
    Ok(())
}

#[test]
fn a_fault_strikes_the_call_it_names_by_count() -> TestResult {
    let (mut vm, stream) = stream()?;
    vm.inject(Fault::once_after(1, HostFn::GetProperty, Status::SerializationFailure));
    tell(&mut vm, stream, &["property a", "property b", "property c"])?;
    assert_eq!(said(&mut vm), ["property a: None", "property b: error SerializationFailure", "property c: None"]);
    Ok(())
}

#[test]
fn a_fault_can_look_at_the_arguments() -> TestResult {
    let (mut vm, stream) = stream()?;
    vm.inject(Fault::when(|call| match call {
        HostCall::GetProperty { path } if path == &["b"] => Some(Status::InternalFailure),
        _ => None,
    }));
    tell(&mut vm, stream, &["property a", "property b"])?;
    assert_eq!(said(&mut vm), ["property a: None", "property b: error InternalFailure"]);
    Ok(())
}

#[test]
fn a_faulted_call_has_no_effect_and_faults_can_be_lifted() -> TestResult {
    let (mut vm, _) = root("")?;
    vm.inject(Fault::always(HostFn::GrpcStream, Status::InternalFailure));
    said(&mut vm);
    vm.create_root("connect control")?;
    assert_eq!(said(&mut vm), ["connect: error InternalFailure"]);
    assert_eq!(vm.grpc_streams().count(), 0);
    vm.clear_faults();
    vm.create_root("connect control")?;
    assert_eq!(vm.grpc_streams().count(), 1);
    Ok(())
}
