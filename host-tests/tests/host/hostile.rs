//! Guests that no SDK would build, written as text.

use tollgate_host_tests::{HostCall, HostError, HostFn, Module, Status, Vm, VmOptions};

use crate::probe::TestResult;

/// A module with these imports and functions, an allocator, and a page of memory.
fn module(imports: &str, body: &str) -> Result<Module, HostError> {
    let text = format!(
        r#"(module {imports}
            (memory (export "memory") 1)
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
            {body})"#
    );
    Module::from_bytes(text.as_bytes())
}

const GET_PROPERTY: &str = r#"(import "env" "proxy_get_property"
    (func $get (param i32 i32 i32 i32) (result i32)))"#;

const SEND: &str = r#"(import "env" "proxy_send_local_response"
    (func $send (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))"#;

/// The status of the one host call a module makes when it is configured.
fn status_of(imports: &str, call: &str) -> Result<(Status, HostCall), Box<dyn std::error::Error>> {
    let configure =
        format!(r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) {call} drop (i32.const 1))"#);
    let mut vm = Vm::start(&module(imports, &configure)?, VmOptions::default())?;
    vm.create_root("")?;
    let record = vm.take_calls().pop().ok_or("no call")?;
    Ok((record.status, record.call))
}

#[test]
fn a_pointer_outside_memory_is_refused_and_recorded_as_malformed() -> TestResult {
    let call = "(call $get (i32.const 65530) (i32.const 100) (i32.const 0) (i32.const 4))";
    let (status, call) = status_of(GET_PROPERTY, call)?;
    assert_eq!(status, Status::InvalidMemoryAccess);
    assert_eq!(call, HostCall::Malformed(HostFn::GetProperty));
    Ok(())
}

#[test]
fn a_pointer_that_wraps_around_is_refused() -> TestResult {
    let call = "(call $get (i32.const -1) (i32.const -1) (i32.const 0) (i32.const 4))";
    assert_eq!(status_of(GET_PROPERTY, call)?.0, Status::InvalidMemoryAccess);
    Ok(())
}

#[test]
fn a_result_pointer_outside_memory_is_refused() -> TestResult {
    let name = r#"(data (i32.const 16) "plugin_vm_id")"#;
    let imports = GET_PROPERTY;
    let body = format!(
        r#"{name} (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (drop (call $get (i32.const 16) (i32.const 12) (i32.const 70000) (i32.const 4)))
            (i32.const 1))"#
    );
    let options = VmOptions { vm_id: "id".into(), ..VmOptions::default() };
    let mut vm = Vm::start(&module(imports, &body)?, options)?;
    vm.create_root("")?;
    assert_eq!(vm.calls()[0].status, Status::InvalidMemoryAccess);
    Ok(())
}

#[test]
fn a_malformed_pair_list_is_refused() -> TestResult {
    let call = "(i32.store (i32.const 32) (i32.const 7))
        (call $send (i32.const 403) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 32) (i32.const 12) (i32.const -1))";
    assert_eq!(status_of(SEND, call)?.0, Status::BadArgument);
    Ok(())
}

#[test]
fn an_import_the_proxy_does_not_offer_is_refused_by_name() {
    let imports = r#"(import "env" "proxy_frobnicate" (func))"#;
    let error = module(imports, "").err().map(|error| error.to_string());
    assert!(error.as_deref().unwrap_or_default().contains("proxy_frobnicate"), "{error:?}");
}

#[test]
fn a_host_call_before_the_module_is_initialised_kills_the_vm() -> TestResult {
    let call = "(call $get (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4))";
    let body = format!(r#"(func (export "_initialize") {call} drop)"#);
    let started = Vm::start(&module(GET_PROPERTY, &body)?, VmOptions::default());
    let error = started.err().ok_or("started")?;
    assert!(matches!(error, HostError::Trapped { callback: "_initialize", .. }), "{error}");
    Ok(())
}

#[test]
fn a_callback_of_another_signature_is_an_error() -> TestResult {
    let body = r#"(func (export "proxy_on_configure") (param i64) (result i32) (i32.const 1))"#;
    let mut vm = Vm::start(&module("", body)?, VmOptions::default())?;
    let error = vm.create_root("").err().ok_or("called")?;
    assert!(matches!(error, HostError::Signature { name: "proxy_on_configure", .. }), "{error}");
    Ok(())
}

#[test]
fn a_module_larger_than_the_memory_limit_does_not_start() -> TestResult {
    let options = VmOptions { memory_limit: 1 << 10, ..VmOptions::default() };
    let error = Vm::start(&module("", "")?, options).err().ok_or("started")?;
    assert!(matches!(error, HostError::Link { .. }), "{error}");
    Ok(())
}

#[test]
fn endless_recursion_is_a_trap() -> TestResult {
    let body = r#"(func $down (param i32 i32) (result i32)
            (i32.add (i32.const 1) (call $down (local.get 0) (local.get 1))))
        (export "proxy_on_configure" (func $down))"#;
    let mut vm = Vm::start(&module("", body)?, VmOptions::default())?;
    let error = vm.create_root("").err().ok_or("came back")?;
    assert!(error.is_fatal(), "{error}");
    Ok(())
}

#[test]
fn a_vm_can_move_to_another_thread() -> TestResult {
    let mut vm = Vm::start(&module("", "")?, VmOptions::default())?;
    let roots = std::thread::spawn(move || vm.create_root("").is_ok());
    assert!(roots.join().unwrap_or_default());
    Ok(())
}
