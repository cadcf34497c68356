use std::fs;
use std::os::unix::fs::PermissionsExt;

use tollgate::feed::proto;
use tollgate::net::Address;
use tonic::Code;

use crate::certificates::Authority;
use crate::harness::{Site, Vm, hello};

const TLS_REFUSED: &str = "tollgate_feed_refused_total{reason=\"tls\"}";

#[tokio::test]
async fn a_unix_socket_serves_its_group_and_is_gone_afterwards() {
    let site = Site::with("view");
    let path = site.path("feed.sock");
    let site = site.feeding(|feed| feed.address = Address::Unix(path.clone()));
    for _ in 0..2 {
        let companion = site.start().await;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        companion.vm(1, None).await.snapshot().await;
        companion.stop().await;
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn with_tls_only_clients_with_a_trusted_certificate_get_in() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let site = Site::with("view");
    let files = ours.write_server(site.path("").as_path());
    let site = site.feeding(|feed| feed.tls = Some(files));
    let companion = site.start().await;
    let mut vm = Vm::over(companion.secured(ours.client(Some(&ours))).await.unwrap()).await;
    vm.hello(hello(1)).await;
    vm.snapshot().await;
    for stranger in [None, Some(&theirs)] {
        // With TLS 1.3 the client learns of it only when it reads.
        if let Ok(channel) = companion.secured(ours.client(stranger)).await {
            assert!(Vm::try_over(channel).await.is_err());
        }
    }
    companion.until_metric(TLS_REFUSED, 2.0).await;
    assert_eq!(companion.json("/v1/workers").await.1["workers"].as_array().unwrap().len(), 1);
    companion.stop().await;
}

#[tokio::test]
async fn certificates_are_renewed_by_replacing_their_files() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let site = Site::with("view");
    let files = old.write_server(site.path("").as_path());
    let site = site.feeding(|feed| feed.tls = Some(files));
    let companion = site.start().await;
    companion.secured(old.client(Some(&old))).await.unwrap();
    new.write_server(site.path("").as_path());
    let mut vm = Vm::over(companion.secured(new.client(Some(&new))).await.unwrap()).await;
    vm.hello(hello(1)).await;
    vm.snapshot().await;
    companion.secured(old.client(Some(&old))).await.unwrap_err();
    // What cannot be used changes nothing.
    fs::write(site.path("cert"), "not a certificate").unwrap();
    companion.secured(new.client(Some(&new))).await.unwrap();
    companion.stop().await;
}

#[tokio::test]
async fn files_of_tls_that_cannot_be_used_keep_it_from_starting() {
    let authority = Authority::new("ours");
    let site = Site::with("view");
    let mut files = authority.write_server(site.path("").as_path());
    files.key = site.path("nowhere");
    let site = site.feeding(|feed| feed.tls = Some(files));
    let error = site.try_start().await.err().unwrap().to_string();
    assert!(error.contains("nowhere"), "{error}");
}

#[tokio::test]
async fn only_nodes_that_are_named_are_admitted() {
    let site = Site::with("view").feeding(|feed| feed.admitted = vec!["envoy-*".parse().unwrap()]);
    let companion = site.start().await;
    companion.vm(1, None).await.snapshot().await;
    let stranger = proto::Hello { node_id: "other-1".to_owned(), ..hello(2) };
    let status = companion.vm_with(stranger).await.end().await;
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(companion.metric("tollgate_feed_refused_total{reason=\"node\"}").await, 1.0);
    assert_eq!(companion.json("/v1/workers").await.1["workers"].as_array().unwrap().len(), 1);
    companion.stop().await;
}
