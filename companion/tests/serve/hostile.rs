use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tollgate::feed::proto::{self, worker_message};
use tollgate::net::Address;
use tonic::Code;

use crate::certificates::Authority;
use crate::harness::{Companion, Site, Vm, allow_among_many, hello};

async fn tcp(companion: &Companion) -> TcpStream {
    let Address::Tcp(address) = companion.feed else { panic!("not a port") };
    TcpStream::connect(address).await.unwrap()
}

#[tokio::test]
async fn streams_without_hello_hold_up_nobody() {
    let site = Site::with("view");
    let companion = site.start().await;
    let channel = companion.channel().await;
    let mut strangers = Vec::new();
    for _ in 0..64 {
        strangers.push(Vm::over(channel.clone()).await);
    }
    companion.vm(1, None).await.snapshot().await;
    companion.stop().await;
}

#[tokio::test]
async fn connections_that_say_nothing_hold_up_nobody() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(tcp(&companion).await);
    }
    companion.vm(1, None).await.snapshot().await;
    companion.stop().await;
}

#[tokio::test]
async fn handshakes_that_do_not_go_on_hold_up_nobody() {
    let authority = Authority::new("ours");
    let site = Site::with("view");
    let files = authority.write_server(site.path("").as_path());
    let site = site.feeding(|feed| feed.tls = Some(files));
    let companion = site.start().await;
    let mut stalled = Vec::new();
    for _ in 0..200 {
        let mut stream = tcp(&companion).await;
        stream.write_all(&[0x16, 3, 1]).await.unwrap();
        stalled.push(stream);
    }
    let mut vm = Vm::over(companion.secured(authority.client(Some(&authority))).await.unwrap()).await;
    vm.hello(hello(1)).await;
    vm.snapshot().await;
    companion.stop().await;
}

#[tokio::test]
async fn what_is_no_http2_is_hung_up_on() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut stream = tcp(&companion).await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: feed\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // Reset or ended.
    let _ = stream.read_to_end(&mut answer).await;
    companion.vm(1, None).await.snapshot().await;
    companion.stop().await;
}

#[tokio::test]
async fn a_huge_hello_is_refused() {
    let site = Site::with("view");
    let companion = site.start().await;
    let vm = companion.vm_with(proto::Hello { node_id: "n".repeat(1 << 20), ..hello(1) }).await;
    assert_eq!(vm.end().await.code(), Code::OutOfRange);
    assert_eq!(companion.json("/v1/workers").await.1["workers"].as_array().unwrap().len(), 0);
    companion.stop().await;
}

#[tokio::test]
async fn a_vm_that_does_not_read_holds_up_nobody() {
    let site = Site::new();
    site.write(&allow_among_many("a0"));
    let companion = site.start().await;
    let slow = companion.vm(1, None).await;
    let mut quick = companion.vm(2, None).await;
    quick.snapshot().await;
    // Beats that would have to be answered, and nobody takes the answers.
    let beats = async {
        for _ in 0..20_000 {
            slow.beat(None, false).await;
        }
    };
    let edits = async {
        for edit in 1..=5 {
            site.write(&allow_among_many(&format!("a{edit}")));
            quick.snapshot().await;
        }
    };
    tokio::join!(beats, edits);
    companion.stop().await;
}

#[tokio::test]
async fn a_vm_that_refuses_everything_is_not_sent_the_same_without_end() {
    let site = Site::new();
    site.write(&allow_among_many("a0"));
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let id = vm.whole().await.id();
    for _ in 0..1000 {
        vm.nack(id, "no", true).await;
    }
    companion.until_metric("tollgate_feed_nacks_total", 1000.0).await;
    let sent = companion.metric("tollgate_feed_snapshots_sent_total{kind=\"full\"}").await;
    assert!(sent <= 10.0, "sent {sent} times");
    companion.stop().await;
}

#[tokio::test]
async fn edits_do_not_hide_that_a_vm_is_silent() {
    let site = Site::with("a0").beating(Duration::from_millis(100));
    let companion = site.start().await;
    let mut silent = companion.vm(1, None).await;
    silent.snapshot().await;
    let edits = async {
        for edit in 0.. {
            site.write(&crate::harness::allow(&format!("a{edit}")));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ended = async {
        companion.until_metric("tollgate_feed_workers{state=\"silent\"}", 1.0).await;
        silent.end().await
    };
    tokio::select! {
        () = edits => {}
        status = ended => assert_eq!(status.code(), Code::DeadlineExceeded),
    }
    assert!(companion.metric("tollgate_feed_worst_lag_seconds").await > 0.0);
    companion.stop().await;
}

#[tokio::test]
async fn acks_of_what_nobody_published_are_followed_or_refused() {
    let site = Site::with("view");
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    vm.whole().await;
    let absurd = proto::SnapshotId { epoch: u64::MAX, version: 1 };
    vm.say(worker_message::Body::Ack(proto::Ack { id: Some(absurd), apply_micros: u64::MAX })).await;
    assert_eq!(vm.end().await.code(), Code::InvalidArgument);
    companion.stop().await;
}
