use tollgate_host_tests::{HostError, Module, ModuleOptions, Vm, VmOptions, built_module};

use crate::probe::{TestResult, module, root, said, start, stream, tell};

#[test]
fn a_guest_that_loops_runs_out_of_fuel() -> TestResult {
    let mut vm = start(VmOptions { fuel_per_call: 1_000_000, ..VmOptions::default() })?;
    let error = vm.create_root("spin").err().ok_or("came back")?;
    assert!(matches!(error, HostError::OutOfFuel { callback: "proxy_on_configure", limit: 1_000_000 }), "{error}");
    assert!(!vm.is_alive());
    Ok(())
}

#[test]
fn the_same_work_takes_the_same_fuel() -> TestResult {
    let used = || -> Result<Option<u64>, Box<dyn std::error::Error>> {
        let mut vm = start(VmOptions { seed: Some(7), ..VmOptions::default() })?;
        let root = vm.create_root("")?;
        let stream = vm.http_context(root)?;
        tell(&mut vm, stream, &["list"])?;
        Ok(vm.fuel_used())
    };
    let first = used()?;
    assert!(first > Some(0), "{first:?}");
    assert_eq!(first, used()?);
    Ok(())
}

#[test]
fn an_unmetered_module_runs_without_fuel() -> TestResult {
    let path = built_module("abi_probe.wasm")?;
    let module = Module::from_file_with(path, ModuleOptions { metered: false })?;
    let mut vm = Vm::start(&module, VmOptions::default())?;
    vm.create_root("time")?;
    assert_eq!(vm.fuel_used(), None);
    Ok(())
}

#[test]
fn memory_grows_up_to_the_limit_and_then_the_guest_dies() -> TestResult {
    let mut vm = start(VmOptions { memory_limit: 32 << 20, ..VmOptions::default() })?;
    vm.create_root("allocate 8")?;
    assert!(vm.memory_size() > 8 << 20);
    let error = vm.create_root("allocate 64").err().ok_or("survived")?;
    assert!(error.is_fatal(), "{error}");
    Ok(())
}

#[test]
fn a_panic_is_an_error_with_its_message() -> TestResult {
    let (mut vm, stream) = stream()?;
    let error = tell(&mut vm, stream, &["panic"]).err().ok_or("survived")?;
    assert!(error.to_string().contains("told to panic"), "{error}");
    assert!(error.to_string().contains("proxy_on_request_headers"), "{error}");
    Ok(())
}

#[test]
fn another_vm_of_the_module_lives_on() -> TestResult {
    let (mut vm, _) = root("")?;
    assert!(vm.create_root("panic").is_err());
    let mut next = Vm::start(module()?, VmOptions::default())?;
    next.create_root("time")?;
    assert_eq!(said(&mut next).len(), 2);
    Ok(())
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    assert!(matches!(Module::from_bytes(b"no wasm"), Err(HostError::Compile { .. })));
    let empty = b"\0asm\x01\0\0\0";
    let missing = HostError::MissingExport { name: "proxy_abi_version_0_2_1" };
    let error = Module::from_bytes(empty).err().map(|error| error.to_string());
    assert_eq!(error, Some(missing.to_string()));
    assert!(matches!(Module::from_file("/nowhere.wasm"), Err(HostError::Read { .. })));
}
