use std::time::Duration;

use tempfile::tempdir;
use tollgate_policy::snapshot::{Compiler, Content, Head};
use tollgate_policy::source::{Loader, Shape, SourceFile};

use crate::signing::KeyFile;

use super::*;

/// Many policies, of which the last allows the action of this version.
fn published(version: u64) -> Arc<Published> {
    published_by(&mut Compiler::default(), version)
}

fn published_by(compiler: &mut Compiler, version: u64) -> Arc<Published> {
    let policy = |name: u64, action: &str| {
        format!("  - name: p{name}\n    resource: document\n    actions: [{action}]\n    roles: [editor]\n")
    };
    let mut text: String = "policies:\n".to_owned();
    text.extend((0..200).map(|name| policy(name, "view")));
    text.push_str(&policy(200, &format!("a{version}")));
    let file = SourceFile { name: "a.yaml".to_owned(), text: text.into(), shape: Shape::Sections };
    let set = Loader::default().load(&[file]).unwrap();
    let content = compiler.compile(&set).unwrap();
    let (digest, id) = (content.digest(), SnapshotId { epoch: 1, version });
    Arc::new(Published { id, digest, policies: 201, content, at: Instant::now() })
}

fn held(published: &Published) -> Want {
    Want::Delta(Held { id: published.id, digest: published.digest })
}

fn offers() -> Arc<Offers> {
    Arc::new(Offers::new(None))
}

async fn make(offers: &Arc<Offers>, target: &Arc<Published>, want: Want) -> Offer {
    offers.make(target, want, Instant::now()).await.unwrap()
}

#[tokio::test]
async fn who_wants_the_same_shares_its_bytes() {
    let (offers, one, two) = (offers(), published(1), published(2));
    let whole = make(&offers, &one, Want::Full).await;
    assert_eq!(make(&offers, &one, Want::Full).await.content.as_ptr(), whole.content.as_ptr());
    let delta = make(&offers, &two, held(&one)).await;
    assert_eq!(delta.base, Some(one.id));
    assert!(delta.content.len() < whole.content.len() / 4);
    assert_eq!(make(&offers, &two, held(&one)).await.content.as_ptr(), delta.content.as_ptr());
}

#[tokio::test]
async fn what_was_never_sent_is_nothing_to_start_from() {
    let (offers, one, two) = (offers(), published(1), published(2));
    assert_eq!(make(&offers, &two, held(&one)).await.base, None);
    let other = Want::Delta(Held { id: two.id, digest: one.digest });
    assert_eq!(make(&offers, &published(3), other).await.base, None);
}

#[tokio::test]
async fn a_delta_larger_than_the_whole_is_not_sent() {
    let (offers, empty) = (offers(), Content::default());
    let (digest, id) = (empty.digest(), SnapshotId { epoch: 1, version: 1 });
    let one = Arc::new(Published { id, digest, policies: 0, content: empty, at: Instant::now() });
    make(&offers, &one, Want::Full).await;
    let two = published(2);
    let whole = make(&offers, &two, Want::Full).await;
    let instead = make(&offers, &two, held(&one)).await;
    assert_eq!((instead.base, instead.content.as_ptr()), (None, whole.content.as_ptr()));
}

#[tokio::test]
async fn the_number_of_deltas_to_one_version_is_bounded() {
    let offers = offers();
    let versions: Vec<_> = (1..=MAX_BASES as u64 + 3).map(published).collect();
    for version in &versions {
        make(&offers, version, Want::Full).await;
    }
    let (newest, older) = versions.split_last().unwrap();
    for base in older {
        make(&offers, newest, held(base)).await;
    }
    let state = offers.state.lock().unwrap();
    assert!(state.made.len() <= MAX_BASES + 1, "{}", state.made.len());
}

#[tokio::test]
async fn a_signature_is_renewed_when_it_is_old() {
    let dir = tempdir().unwrap();
    let key = dir.path().join("key");
    KeyFile::create("k", &key).unwrap();
    let offers = Arc::new(Offers::new(Some(Arc::new(Signer::new(&key, "prod".to_owned()).unwrap()))));
    let (one, start) = (published(1), Instant::now());
    let make = async |after| {
        let offer = offers.make(&one, Want::Full, start + after).await.unwrap();
        Head::of_snapshot(&offer.content).unwrap().attestations
    };
    let first = make(Duration::ZERO).await;
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(make(MAX_SIGNATURE_AGE - Duration::from_secs(1)).await, first);
    assert!(make(MAX_SIGNATURE_AGE).await[0].issued_at > first[0].issued_at);
}

#[test]
fn a_version_takes_little_beside_the_one_before() {
    let mut compiler = Compiler::default();
    let [one, two] = [1, 2].map(|version| published_by(&mut compiler, version).content.clone());
    assert_eq!(one.size_beside(&one.clone()), 0);
    assert!((1..one.size() / 4).contains(&two.size_beside(&one)), "{}", two.size_beside(&one));
    assert_eq!(published(2).content.size_beside(&two), two.size(), "compiled by itself");
}
