use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::Value;
use tollgate::feed::Signing;
use tollgate::feed::proto::companion_message::Body;
use tollgate::signing::KeyFile;
use tollgate_policy::snapshot::{Attestation, Head, Snapshot};

use crate::harness::{Site, allow_among_many};

fn verify(head: &Head, public: &[u8]) {
    let [signed] = &*head.attestations else { panic!("not one signature: {head:?}") };
    assert_eq!((&*signed.key, &*signed.audience), ("2026-11", "prod"));
    let statement = Attestation::statement("prod", head.id, &head.digest, signed.issued_at);
    UnparsedPublicKey::new(&ED25519, public).verify(&statement, &signed.signature).unwrap();
}

#[tokio::test]
async fn whole_snapshots_and_deltas_are_signed_for_their_audience() {
    let site = Site::new();
    site.write(&allow_among_many("a0"));
    let key = site.path("key");
    let public = serde_json::to_value(KeyFile::create("2026-11", &key).unwrap().public()).unwrap();
    let public = bytes(&public["ed25519"]);
    let site = site.feeding(|feed| feed.signing = Some(Signing { key, audience: "prod".to_owned() }));
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    let Body::Snapshot(whole) = vm.offer().await else { panic!("not a whole snapshot") };
    verify(&Head::of_snapshot(&whole.content).unwrap(), &public);
    vm.ack(Snapshot::decode(&whole.content).unwrap().id()).await;
    site.write(&allow_among_many("a1"));
    verify(&Head::of_delta(&vm.delta().await.content).unwrap().0, &public);
    companion.stop().await;
}

#[tokio::test]
async fn a_key_that_cannot_be_used_keeps_it_from_starting() {
    let site = Site::with("view");
    let key = site.path("nowhere");
    let site = site.feeding(|feed| feed.signing = Some(Signing { key, audience: "prod".to_owned() }));
    let error = site.try_start().await.err().unwrap().to_string();
    assert!(error.contains("nowhere"), "{error}");
}

fn bytes(base64: &Value) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(base64.as_str().unwrap()).unwrap()
}
