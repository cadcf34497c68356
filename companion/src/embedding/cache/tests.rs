use proptest::prelude::*;

use super::*;

const LIFE: Duration = Duration::from_secs(10);

fn cache(entries: usize) -> Cache {
    Cache::new(CacheLimits { entries: NonZeroUsize::new(entries).unwrap(), life: LIFE })
}

fn key(number: u8) -> Key {
    Key { model: ModelKey([1; 32]), text: [number; 32] }
}

fn vector(number: u8) -> Arc<Vector> {
    Arc::new(Vector::normalised(vec![1.0, f32::from(number)]).unwrap())
}

#[test]
fn the_same_text_under_another_model_is_another_entry() {
    let mut cache = cache(10);
    cache.put(key(1), vector(1), 0);
    assert_eq!(cache.get(&key(1), 0), Some(vector(1)));
    assert_eq!(cache.get(&Key { model: ModelKey([2; 32]), ..key(1) }, 0), None);
}

#[test]
fn a_model_is_its_version_and_its_fingerprint() {
    use tollgate_policy::digest::Digest;
    let model = |version: &str, fingerprint| Model {
        version: version.parse().unwrap(),
        fingerprint: Digest([fingerprint; 32]),
        dimensions: tollgate_search::Dimensions::default(),
    };
    let keys = [("v1", 0), ("v2", 0), ("v1", 1)].map(|(version, print)| ModelKey::of(&model(version, print)));
    assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2]);
    assert_eq!(keys[0], ModelKey::of(&model("v1", 0)));
}

#[test]
fn an_entry_lives_so_long_after_it_was_made_however_often_it_is_wanted() {
    let mut cache = cache(10);
    cache.put(key(1), vector(1), 1000);
    assert!(cache.get(&key(1), 10_999).is_some());
    assert!(cache.get(&key(1), 11_000).is_none());
    assert_eq!((cache.len(), cache.evicted()), (0, 1));
    cache.put(key(2), vector(2), 5000);
    assert!(cache.get(&key(2), 0).is_some(), "a clock that was set back makes nothing older");
    cache.expire(15_000);
    assert_eq!(cache.len(), 0);
}

#[test]
fn what_was_saved_comes_back_in_its_order_with_its_counts() {
    let mut before = cache(3);
    (1..=3).for_each(|number| before.put(key(number), vector(number), 100));
    assert!(before.get(&key(1), 200).is_some());
    let mut saved = before.changes(10, true).new;
    saved.sort_by_key(|(_, cached)| cached.used);
    let mut after = cache(3);
    after.restore(saved, 300);
    assert_eq!(after.changes(10, true), Changes::default());
    after.put(key(4), vector(4), 400);
    assert!(after.get(&key(1), 500).is_some(), "it was wanted last");
    assert_eq!(after.entries[&key(1)].1.hits, 2);
    assert_eq!(after.len(), 3);
}

#[test]
fn what_is_too_old_when_it_comes_back_is_deleted() {
    let mut cache = cache(3);
    let old = Cached { vector: vector(1), made: 0, used: 0, hits: 7 };
    cache.restore([(key(1), old)], 10_000);
    assert_eq!(cache.len(), 0);
    assert_eq!(cache.changes(10, true).gone, [key(1)]);
}

#[test]
fn what_could_not_be_saved_is_tried_again_if_it_is_still_there() {
    let mut cache = cache(1);
    cache.put(key(1), vector(1), 0);
    let changes = cache.changes(10, true);
    assert!(!cache.has_unsaved());
    cache.put(key(2), vector(2), 0);
    cache.take_back(changes);
    let changes = cache.changes(10, true);
    assert_eq!((changes.new.len(), &changes.new[0].0, changes.gone), (1, &key(2), vec![key(1)]));
}

#[test]
fn a_database_that_cannot_be_written_lets_nothing_grow() {
    let mut cache = cache(2);
    for number in 0..100 {
        cache.put(key(number), vector(number), 0);
        let changes = cache.changes(1, true);
        cache.take_back(changes);
    }
    assert!(cache.unsaved.gone.len() <= 9, "{}", cache.unsaved.gone.len());
    assert!(cache.unsaved.there.len() <= 11, "{}", cache.unsaved.there.len());
}

/// What the cache should be: a list, the least wanted first.
#[derive(Default)]
struct Model_(Vec<(u8, u64)>);

impl Model_ {
    fn put(&mut self, number: u8, now: u64, most: usize) {
        self.0.retain(|(other, _)| *other != number);
        self.0.push((number, now));
        if self.0.len() > most {
            self.0.remove(0);
        }
    }

    fn get(&mut self, number: u8, now: u64) -> bool {
        let Some(at) = self.0.iter().position(|(other, _)| *other == number) else { return false };
        let (_, made) = self.0.remove(at);
        let is_alive = now - made < 10_000;
        if is_alive {
            self.0.push((number, made));
        }
        is_alive
    }
}

proptest! {
    #[test]
    fn it_has_what_a_list_would_have_and_saves_all_of_it(
        steps in proptest::collection::vec((any::<bool>(), 0..12_u8, 0..3000_u64, any::<bool>()), 0..200)
    ) {
        let (mut cache, mut model, mut now) = (cache(5), Model_::default(), 0);
        let mut saved = std::collections::BTreeSet::new();
        for (is_put, number, pause, is_saved) in steps {
            now += pause;
            if is_put {
                cache.put(key(number), vector(number), now);
                model.put(number, now, 5);
            } else {
                prop_assert_eq!(cache.get(&key(number), now).is_some(), model.get(number, now));
            }
            if is_saved {
                let changes = cache.changes(3, true);
                saved.extend(changes.new.into_iter().map(|(key, _)| key));
                saved.retain(|key| !changes.gone.contains(key));
            }
        }
        while cache.has_unsaved() {
            let changes = cache.changes(3, true);
            saved.extend(changes.new.into_iter().map(|(key, _)| key));
            saved.retain(|key| !changes.gone.contains(key));
        }
        let expected: std::collections::BTreeSet<_> = model.0.iter().map(|(number, _)| key(*number)).collect();
        prop_assert_eq!(saved, expected);
    }
}
