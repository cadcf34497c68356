use std::time::Duration;

use tollgate_host_tests::{Clock, HostError, VmOptions};

use crate::probe::{TestResult, root, said, start};

#[test]
fn only_the_first_root_starts_the_vm() -> TestResult {
    let mut vm = start(VmOptions { vm_config: b"engine".to_vec(), ..VmOptions::default() })?;
    vm.create_root("")?;
    assert_eq!(said(&mut vm), ["vm start 6: engine"]);
    vm.create_root("time")?;
    assert_eq!(said(&mut vm).len(), 1);
    assert_eq!(vm.roots().len(), 2);
    Ok(())
}

#[test]
fn a_refused_configuration_is_an_error_and_no_death() -> TestResult {
    let (mut vm, _) = root("")?;
    let error = vm.create_root("refuse").err().ok_or("accepted")?;
    assert!(matches!(error, HostError::Refused { callback: "proxy_on_configure" }), "{error}");
    assert!(vm.is_alive());
    Ok(())
}

#[test]
fn a_refused_vm_start_is_an_error() -> TestResult {
    let mut vm = start(VmOptions { vm_config: b"refuse".to_vec(), ..VmOptions::default() })?;
    let error = vm.create_root("").err().ok_or("accepted")?;
    assert!(matches!(error, HostError::Refused { callback: "proxy_on_vm_start" }), "{error}");
    Ok(())
}

#[test]
fn ticks_follow_the_clock() -> TestResult {
    let (mut vm, root) = root("tick 1000")?;
    said(&mut vm);
    assert_eq!(vm.tick_period(root)?, Some(Duration::from_secs(1)));
    assert_eq!(vm.advance(Duration::from_millis(999))?, 0);
    assert_eq!(vm.advance(Duration::from_millis(1))?, 1);
    assert_eq!(vm.advance(Duration::from_secs(3))?, 3);
    assert_eq!(said(&mut vm), ["tick"; 4]);
    assert_eq!(vm.tick()?, 1, "a tick on demand");
    Ok(())
}

#[test]
fn a_root_without_a_timer_never_ticks() -> TestResult {
    let (mut vm, root) = root("tick 1000\ntick 0")?;
    assert_eq!(vm.tick_period(root)?, None);
    assert_eq!(vm.tick()?, 0);
    assert_eq!(vm.advance(Duration::from_secs(60))?, 0);
    Ok(())
}

#[test]
fn the_guest_sees_the_hosts_time_by_both_ways() -> TestResult {
    let mut vm = start(VmOptions { clock: Clock::starting_at(Duration::from_secs(1000)), ..VmOptions::default() })?;
    vm.create_root("time")?;
    assert_eq!(said(&mut vm)[1], "time: 1000 true");
    vm.clock().advance(Duration::from_secs(5));
    vm.create_root("time")?;
    assert_eq!(said(&mut vm), ["time: 1005 true"]);
    Ok(())
}

#[test]
fn the_environment_and_standard_output_work() -> TestResult {
    let mut vm =
        start(VmOptions { env: vec![("A".into(), "1".into()), ("B".into(), "two".into())], ..VmOptions::default() })?;
    vm.create_root("env B\nenv C\nprint hello")?;
    let expected = ["env B: Some(\"two\")", "env C: None", "hello", "print hello: printed"];
    assert_eq!(said(&mut vm)[1..], expected);
    Ok(())
}

#[test]
fn a_root_shuts_down_at_once_or_when_it_says_so() -> TestResult {
    let (mut vm, first) = root("")?;
    let lingering = vm.create_root("linger\nqueue work")?;
    assert!(vm.shutdown_root(first)?);
    assert!(!vm.shutdown_root(lingering)?);
    let stream = vm.http_context(lingering)?;
    crate::probe::tell(&mut vm, stream, &["enqueue  work go"])?;
    vm.finish(stream)?;
    assert_eq!(vm.deliver_queue_events()?, 1);
    assert!(vm.roots().is_empty());
    assert!(vm.is_alive());
    Ok(())
}
