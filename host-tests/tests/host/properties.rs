use tollgate_host_tests::VmOptions;

use crate::probe::{TestResult, root, said, start, stream, tell};

#[test]
fn properties_answer_by_path() -> TestResult {
    let (mut vm, stream) = stream()?;
    vm.set_property(&["source", "address"], "10.0.0.1:80");
    vm.set_stream_property(stream, &["metadata"], &b"proto"[..])?;
    vm.set_stream_property(stream, &["connection", "mtls"], true)?;
    tell(
        &mut vm,
        stream,
        &["property source.address", "property metadata", "property connection.mtls", "property nope"],
    )?;
    assert_eq!(
        said(&mut vm),
        [
            "property source.address: Some(\"10.0.0.1:80\")",
            "property metadata: Some(\"proto\")",
            "property connection.mtls: Some(\"\\u{1}\")",
            "property nope: None",
        ]
    );
    Ok(())
}

#[test]
fn request_attributes_come_from_the_headers() -> TestResult {
    let (mut vm, stream) = stream()?;
    let ask = ["path", "url_path", "query", "method", "host", "headers.x-do"];
    let commands: Vec<String> = ask.iter().map(|name| format!("property request.{name}")).collect();
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    tell(&mut vm, stream, &commands)?;
    let said = said(&mut vm);
    assert_eq!(said[0], "property request.path: Some(\"/thing?q=1\")");
    assert_eq!(said[1], "property request.url_path: Some(\"/thing\")");
    assert_eq!(said[2], "property request.query: Some(\"q=1\")");
    assert_eq!(said[3], "property request.method: Some(\"GET\")");
    assert_eq!(said[4], "property request.host: Some(\"example.com\")");
    assert!(said[5].contains("request.path,property"), "joined by commas: {}", said[5]);
    Ok(())
}

#[test]
fn what_the_guest_sets_is_filter_state() -> TestResult {
    let (mut vm, stream) = stream()?;
    tell(&mut vm, stream, &["set-property mark yes", "set-property a.b yes", "property mark", "property a.b"])?;
    let said = said(&mut vm);
    assert_eq!(said[2], "property mark: Some(\"yes\")");
    assert_eq!(said[3], "property a.b: None", "only one part reads back");
    assert_eq!(vm.stream(stream)?.filter_state(&["a", "b"]), Some(&"yes".into()));
    Ok(())
}

#[test]
fn a_root_has_no_stream_properties_and_cannot_set_any() -> TestResult {
    let (mut vm, first) = root("property source.address\nproperty plugin_vm_id")?;
    assert_eq!(said(&mut vm)[1..], ["property source.address: None", "property plugin_vm_id: None"]);
    let stream = vm.http_context(first)?;
    vm.set_stream_property(stream, &["source", "address"], "x")?;
    let error = vm.create_root("set-property a b").err().ok_or("survived")?;
    assert!(error.is_fatal(), "the sdk panics on not_found: {error}");
    Ok(())
}

#[test]
fn the_plugin_knows_its_names() -> TestResult {
    let mut vm = start(VmOptions {
        vm_id: "vm".into(),
        plugin_name: "gate".into(),
        root_id: "root".into(),
        ..VmOptions::default()
    })?;
    vm.create_root("property plugin_name\nproperty plugin_root_id\nproperty plugin_vm_id")?;
    assert_eq!(
        said(&mut vm)[1..],
        [
            "property plugin_name: Some(\"gate\")",
            "property plugin_root_id: Some(\"root\")",
            "property plugin_vm_id: Some(\"vm\")",
        ]
    );
    Ok(())
}
