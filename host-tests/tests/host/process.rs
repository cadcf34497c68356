use tollgate_host_tests::{Process, VmOptions};

use crate::probe::{TestResult, root, said, start, stream, tell};

fn worker(process: &Process, vm_id: &str) -> VmOptions {
    VmOptions { vm_id: vm_id.into(), process: process.clone(), ..VmOptions::default() }
}

#[test]
fn shared_data_outlives_a_vm_and_keeps_to_its_vm_id() -> TestResult {
    let process = Process::new();
    let mut first = start(worker(&process, "a"))?;
    first.create_root("share key value 0")?;
    drop(first);
    let mut same = start(worker(&process, "a"))?;
    same.create_root("shared key")?;
    assert_eq!(said(&mut same)[1], "shared key: Some(\"value\") true");
    let mut other = start(worker(&process, "b"))?;
    other.create_root("shared key")?;
    assert_eq!(said(&mut other)[1], "shared key: None false");
    Ok(())
}

#[test]
fn a_write_against_an_old_version_is_a_mismatch() -> TestResult {
    let (mut vm, _) = root("")?;
    vm.set_shared_data("key", "theirs");
    let cas = vm.shared_data("key").ok_or("nothing stored")?.cas;
    vm.set_shared_data("key", "theirs again");
    said(&mut vm);
    vm.create_root(format!("share key mine {cas}"))?;
    assert_eq!(said(&mut vm), [format!("share key mine {cas}: error CasMismatch")]);
    assert_eq!(vm.shared_data("key").ok_or("nothing stored")?.value, "theirs again");
    Ok(())
}

#[test]
fn metrics_add_up_over_vms() -> TestResult {
    let process = Process::new();
    let mut vms = [start(worker(&process, "a"))?, start(worker(&process, "b"))?];
    for vm in &mut vms {
        vm.create_root("count hits 2\ngauge level 7\nhistogram took 5")?;
    }
    let metrics = process.metrics();
    assert_eq!(metrics.counter("hits"), Some(4));
    assert_eq!(metrics.gauge("level"), Some(7));
    assert_eq!(metrics.histogram("took"), Some(&[5, 5][..]));
    assert_eq!(metrics.counter("level"), None);
    Ok(())
}

#[test]
fn a_counter_takes_no_zero() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["count hits 0"])?;
    assert_eq!(said(&mut vm), ["count hits 0: error BadArgument"]);
    Ok(())
}

#[test]
fn defining_a_metric_again_takes_another_id() -> TestResult {
    let (vm, _) = root("count hits 1\ncount hits 1")?;
    assert_eq!(vm.metrics().counter("hits"), Some(2));
    assert_eq!(vm.metric_definitions(), 2);
    Ok(())
}

#[test]
fn one_vm_fills_a_queue_and_its_owner_drains_it() -> TestResult {
    let process = Process::new();
    let mut owner = start(worker(&process, "a"))?;
    owner.create_root("queue work")?;
    said(&mut owner);
    let mut other = start(worker(&process, "b"))?;
    other.create_root("enqueue a work one\nenqueue a work two\nenqueue a none x")?;
    assert_eq!(said(&mut other)[3], "enqueue a none x: no such queue");
    assert_eq!(other.deliver_queue_events()?, 0);
    assert_eq!(owner.deliver_queue_events()?, 2);
    assert_eq!(said(&mut owner), ["queue 1: one", "queue 1: two"]);
    Ok(())
}

#[test]
fn foreign_functions_answer_what_the_test_registered() -> TestResult {
    use tollgate_host_tests::Status;
    let (mut vm, stream) = stream()?;
    vm.register_foreign_function("double", |bytes| Ok(bytes.repeat(2)));
    vm.register_foreign_function("broken", |_| Err(Status::BadArgument));
    tell(&mut vm, stream, &["foreign double ab", "foreign broken x", "foreign none x"])?;
    assert_eq!(
        said(&mut vm),
        ["foreign double ab: abab", "foreign broken x: error BadArgument", "foreign none x: error NotFound",]
    );
    Ok(())
}
