//! The index snapshot on the feed.

use tollgate::feed::Signing;
use tollgate::feed::proto::companion_message::Body;
use tollgate::signing::KeyFile;
use tollgate_policy::related::{IndexSnapshot, Part, PartHead};
use tollgate_policy::snapshot::Snapshot;

use crate::harness::{Companion, Site, Vm};

/// Editors of documents, in some ways, and one who has to do with something else.
fn policies(actions: &[&str]) -> String {
    let policy = |action: &&str| {
        format!(
            "  - name: document-{action}\n    description: Editors {action} documents\n    resource: document\n    actions: [{action}]\n    roles: [editor]\n"
        )
    };
    let other = "  - name: payroll\n    resource: salary\n    actions: [transfer]\n    roles: [accountant]\n";
    format!("policies:\n{}{other}", actions.iter().map(policy).collect::<String>())
}

async fn start() -> (Site, Companion) {
    let site = Site::new();
    site.write(&policies(&["view", "print"]));
    let companion = site.start().await;
    (site, companion)
}

fn related(index: &IndexSnapshot, snapshot: &Snapshot, policy: &str) -> Vec<String> {
    index.related(policy, snapshot).map(|related| related.policy.to_owned()).collect()
}

/// Takes the next part into use, and says so.
async fn take(vm: &mut Vm, index: &mut IndexSnapshot) -> u64 {
    let part = vm.part().await;
    index.take(Part::decode(part.content.to_vec()).unwrap());
    vm.answer_part(&part, "").await;
    part.part.unwrap().revision
}

#[tokio::test]
async fn what_is_related_comes_once_the_index_has_settled_and_again_when_it_changes() {
    let (site, companion) = start().await;
    let (mut vm, mut index) = (companion.vm(1, None).await, IndexSnapshot::default());
    let snapshot = vm.snapshot().await;
    let first = take(&mut vm, &mut index).await;
    assert_eq!(related(&index, &snapshot, "document-view"), ["document-print"]);
    assert_eq!(related(&index, &snapshot, "payroll"), [""; 0]);
    site.write(&policies(&["view", "print", "share"]));
    let snapshot = vm.snapshot().await;
    assert!(take(&mut vm, &mut index).await > first);
    let mut found = related(&index, &snapshot, "document-view");
    found.sort();
    assert_eq!(found, ["document-print", "document-share"]);
    assert_eq!(companion.metric("tollgate_related_policies").await, 4.0);
    assert!(companion.metric("tollgate_related_bytes").await > 4.0 * 29.0);
    assert_eq!(companion.metric("tollgate_related_parts_sent_total").await, 2.0);
    companion.stop().await;
}

#[tokio::test]
async fn a_vm_that_has_not_answered_to_its_policies_is_sent_no_part() {
    let (_site, companion) = start().await;
    let mut slow = companion.vm(1, None).await;
    let id = slow.whole().await.id();
    let mut other = companion.vm(2, None).await;
    other.snapshot().await;
    let part = other.part().await;
    // What was sent before this would come before its answer.
    slow.beat(None, false).await;
    assert!(matches!(slow.message().await, Body::Current(_)));
    slow.ack(id).await;
    assert_eq!(slow.part().await.content, part.content);
    companion.stop().await;
}

#[tokio::test]
async fn what_a_vm_has_refused_it_is_not_sent_again_on_any_stream() {
    let (site, companion) = start().await;
    let mut vm = companion.vm(1, None).await;
    let snapshot = vm.snapshot().await;
    let refused = vm.part().await;
    vm.answer_part(&refused, "it is no good").await;
    companion.until_metric("tollgate_related_parts_refused_total{reason=\"refused\"}", 1.0).await;
    for again in [false, true] {
        if again {
            drop(vm);
            vm = companion.vm_with_snapshot(1, Snapshot::decode(snapshot.encode()).unwrap()).await;
        }
        vm.beat(Some(snapshot.id()), false).await;
        assert!(matches!(vm.message().await, Body::Current(_)));
    }
    assert_eq!(companion.metric("tollgate_related_parts_sent_total").await, 1.0);
    site.write(&policies(&["view", "print", "share"]));
    vm.snapshot().await;
    assert!(vm.part().await.part.unwrap().revision > refused.part.unwrap().revision);
    companion.stop().await;
}

#[tokio::test]
async fn policies_do_not_wait_for_the_answer_to_a_part() {
    let (site, companion) = start().await;
    let mut vm = companion.vm(1, None).await;
    let first = vm.snapshot().await;
    vm.part().await;
    site.write(&policies(&["view", "print", "share"]));
    assert!(vm.snapshot().await.id() > first.id());
    companion.stop().await;
}

#[tokio::test]
async fn where_snapshots_are_signed_parts_are() {
    let site = Site::new();
    let key = site.path("key");
    KeyFile::create("k", &key).unwrap();
    let site = site.feeding(|feed| feed.signing = Some(Signing { key, audience: "prod".to_owned() }));
    site.write(&policies(&["view", "print"]));
    let companion = site.start().await;
    let mut vm = companion.vm(1, None).await;
    vm.snapshot().await;
    let head = PartHead::of(&vm.part().await.content).unwrap();
    let [attestation] = &head.attestations[..] else { panic!("{head:?}") };
    assert_eq!((&*attestation.key, &*attestation.audience), ("k", "prod"));
    companion.stop().await;
}
