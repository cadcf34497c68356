//! A snapshot that was edited in place, beside one that was read whole: the same to whoever asks.

mod generate;

use super::super::{Compiler, Content, Snapshot, SnapshotId};
use super::*;
use crate::condition::{Environment, Map};
use crate::engine::{Effect, Query, RequestFacts, Resource, Scratch};
use crate::identity::PrincipalClaims;
use crate::set::{Condition, DerivedRole, Names, Policy, PolicySet};
use generate::{Asked, Edited, Random, ask};

fn id(version: u64) -> SnapshotId {
    SnapshotId { epoch: 1, version }
}

fn whole(content: &Content, version: u64) -> Snapshot {
    Snapshot::decode(content.encode(id(version), &[])).unwrap()
}

/// What can be seen of a snapshot without asking it anything.
fn seen(snapshot: &Snapshot) -> String {
    format!(
        "{} {:?} {:?} {} {} {:?} {:?} {} {} {}",
        snapshot.digest(),
        snapshot.id(),
        snapshot.policy_names().collect::<Vec<_>>(),
        snapshot.policy_count(),
        snapshot.route_count(),
        snapshot.headers_read().collect::<Vec<_>>(),
        snapshot.query_parameters_read(),
        snapshot.reads_time(),
        snapshot.reads_source(),
        snapshot.reads_body(),
    )
}

/// How the contents that a snapshot went through were taken.
#[derive(Debug, Default)]
struct Taken {
    in_place: u32,
    whole: u32,
    refused: u32,
}

/// A snapshot on its way from content to content, and what is remembered of who asked.
struct Way {
    snapshot: Snapshot,
    scratch: Scratch,
    version: u64,
    taken: Taken,
}

impl Way {
    fn new(content: &Content) -> Self {
        Way { snapshot: whole(content, 1), scratch: Scratch::default(), version: 1, taken: Taken::default() }
    }

    /// Goes on to a content. It is refused if reading it whole is, and then nothing has changed.
    fn go(&mut self, content: &Content, questions: &[Asked], seed: u64) {
        self.version += 1;
        if seed.is_multiple_of(3) {
            self.snapshot.arena.interner.stop_sharing();
        }
        let (stamp, before) = (self.snapshot.stamp().clone(), self.snapshot.content().clone());
        let delta = content.delta(&before, self.snapshot.id(), id(self.version), &[]);
        let kept = |snapshot: &Snapshot| (snapshot.arena.bytes(), snapshot.copied, seen(snapshot));
        let kept_before = kept(&self.snapshot);
        let answers_before = answers(&self.snapshot, questions, &mut self.scratch);
        let applied = self.snapshot.apply(&delta);
        match (applied, Snapshot::decode(content.encode(id(self.version), &[]))) {
            (Ok(()), Ok(read)) => {
                assert_eq!(seen(&self.snapshot), seen(&read), "seed {seed}");
                self.check_kept(&read, seed);
                let found = answers(&self.snapshot, questions, &mut self.scratch);
                let expected = answers(&read, questions, &mut Scratch::default());
                for ((found, expected), question) in found.iter().zip(&expected).zip(questions) {
                    assert_eq!(found, expected, "seed {seed}, version {}: {question:?}", self.version);
                }
                // What is read whole has another stamp, and has just been read.
                let of_whole = *self.snapshot.stamp() != stamp && self.snapshot.bytes_when_read == read.bytes_when_read;
                *(if of_whole { &mut self.taken.whole } else { &mut self.taken.in_place }) += 1;
            }
            (Err(applied), Err(read)) => {
                assert_eq!(applied.to_string(), read.to_string(), "seed {seed}");
                assert_eq!(kept(&self.snapshot), kept_before, "seed {seed}");
                assert!(*self.snapshot.stamp() == stamp && self.snapshot.content().digest() == before.digest());
                assert_eq!(answers(&self.snapshot, questions, &mut self.scratch), answers_before, "seed {seed}");
                self.taken.refused += 1;
            }
            (applied, read) => panic!("seed {seed}: applied {applied:?}, read {:?}", read.map(|_| ())),
        }
    }

    /// What is kept for the next edit is what there is, or more where it is garbage.
    fn check_kept(&self, read: &Snapshot, seed: u64) {
        let (own, read_sum) = (&self.snapshot.sum, &read.sum);
        assert_eq!(own.totals, read_sum.totals, "seed {seed}");
        assert_eq!(own.shadow, read_sum.shadow, "seed {seed}");
        let uses = |snapshot: &Snapshot| {
            let Sum { uses, .. } = &snapshot.sum;
            (uses.headers.len(), uses.query.len(), uses.time, uses.source, uses.body)
        };
        assert_eq!(uses(&self.snapshot), uses(read), "seed {seed}");
        assert!(
            self.snapshot.copied >= read.copied && self.snapshot.arena.bytes() >= read.arena.bytes(),
            "seed {seed}"
        );
        assert!(!self.snapshot.is_worn());
    }
}

fn answers(snapshot: &Snapshot, questions: &[Asked], scratch: &mut Scratch) -> Vec<String> {
    questions.iter().map(|question| question.answers(snapshot, scratch)).collect()
}

fn first_seed() -> u64 {
    std::env::var("TOLLGATE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn seeds() -> u64 {
    std::env::var("TOLLGATE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(12)
}

/// A content like another one, with some bytes of a changed chunk other than they should be.
fn damaged(content: &Content, random: &mut Random) -> Content {
    let kinds = [ChunkKind::Policies, ChunkKind::Policies, ChunkKind::Routes, ChunkKind::Principals];
    let kind = kinds[random.below(kinds.len())];
    let place = random.below(content.chunks(kind).len());
    let mut chunk = content.chunk(kind, place).unwrap().to_vec();
    for _ in 0..=random.below(2) {
        let at = random.below(chunk.len());
        chunk[at] = match random.below(3) {
            0 => u8::try_from(random.below(256)).unwrap(),
            1 => chunk[at] ^ 1,
            _ => chunk[at].wrapping_add(1),
        };
    }
    let mut counts = crate::snapshot::chunk::PerKind::default();
    ChunkKind::ALL.into_iter().for_each(|kind| *counts.of_mut(kind) = content.chunks(kind).len());
    content.with(&counts, &[(kind, place, chunk.into())])
}

#[test]
fn an_edited_snapshot_answers_as_one_that_was_read_whole() {
    let mut taken = Taken::default();
    for seed in first_seed()..first_seed() + seeds() {
        let mut random = Random(seed);
        let policies = [0, 5, 60, 150, 300][random.below(5)];
        let mut edited = Edited::new(&mut random, policies);
        let mut compiler = Compiler::default();
        let mut earlier: Vec<(PolicySet, Content)> = Vec::new();
        let mut content = compiler.compile(&edited.set).unwrap();
        let mut way = Way::new(&content);
        for _ in 0..60 {
            let questions: Vec<Asked> = (0..10).map(|_| ask(&edited, &mut random)).collect();
            match random.below(8) {
                // Back to where it was.
                0 if !earlier.is_empty() => (edited.set, content) = earlier[random.below(earlier.len())].clone(),
                1 => {
                    let bad = damaged(&content, &mut random);
                    way.go(&bad, &questions, seed);
                }
                _ => {
                    let before = edited.set.clone();
                    (0..=random.below(3)).for_each(|_| edited.edit(&mut random));
                    content = compiler.compile(&edited.set).unwrap();
                    if Snapshot::decode(content.encode(id(1), &[])).is_err() {
                        // Routes that are ambiguous.
                        way.go(&content, &questions, seed);
                        edited.set = before;
                        content = compiler.compile(&edited.set).unwrap();
                    }
                    earlier.push((edited.set.clone(), content.clone()));
                }
            }
            way.go(&content, &questions, seed);
        }
        let Taken { in_place, whole, refused } = way.taken;
        taken =
            Taken { in_place: taken.in_place + in_place, whole: taken.whole + whole, refused: taken.refused + refused };
    }
    // An oracle beside which hardly anything is edited in place would prove nothing.
    assert!(taken.in_place > 5 * taken.whole && taken.refused > 0, "{taken:?}");
}

/// A policy of this name, about these.
fn about(name: &str, kind: &str, action: &str, role: &str) -> Arc<Policy> {
    let names = |name: &str| Names::Of(vec![name.to_owned()]);
    let (kinds, actions, roles) = (names(kind), names(action), names(role));
    Arc::new(Policy { kinds, actions, roles, ..Policy::new(name, Effect::Allow) })
}

#[test]
fn endless_edits_with_ever_new_names_take_no_more_memory_than_some() {
    let mut random = Random(5);
    let mut edited = Edited::new(&mut random, 40);
    let mut compiler = Compiler::default();
    let content = compiler.compile(&edited.set).unwrap();
    let mut way = Way::new(&content);
    let most = 2 * way.snapshot.arena.bytes() + (1 << 19);
    for number in 0..4_000 {
        let long = "x".repeat(50 + number % 100);
        let policy =
            about(&format!("policy-{number}{long}"), &format!("kind-{number}{long}"), "view", &format!("{number}"));
        let action = if number % 2 == 0 { format!("{number}-*") } else { format!("action-{number}") };
        edited.set.policies[7] = Arc::new(Policy { actions: Names::Of(vec![action]), ..(*policy).clone() });
        let content = compiler.compile(&edited.set).unwrap();
        let questions: Vec<Asked> = if number % 200 == 0 { vec![ask(&edited, &mut random)] } else { Vec::new() };
        way.go(&content, &questions, 5);
        assert!(way.snapshot.arena.bytes() < most, "{number}");
    }
    assert!((1..100).contains(&way.taken.whole), "{:?}", way.taken);
}

/// Names that no policy has any more are still known, and worth no more than those that were never heard of.
#[test]
fn what_is_left_behind_by_policies_that_are_gone_decides_nothing() {
    let mut random = Random(6);
    let mut edited = Edited::new(&mut random, 30);
    let mut compiler = Compiler::default();
    let questions: Vec<Asked> = (0..300).map(|_| ask(&edited, &mut random)).collect();
    let mut way = Way::new(&compiler.compile(&edited.set).unwrap());
    let all = std::mem::take(&mut edited.set.policies);
    for part in [&all[..15], &all[..1], &[], &all[20..]] {
        edited.set.policies = part.to_vec();
        way.go(&compiler.compile(&edited.set).unwrap(), &questions, 6);
    }
    assert_eq!(way.taken.in_place, 4, "{:?}", way.taken);
}

/// Numbers of roles differ between two snapshots of one content, where one was edited and the other read whole.
#[test]
fn principals_are_resolved_anew_where_roles_have_other_numbers() {
    let mut set = PolicySet { policies: vec![about("a", "k", "view", "r1")], ..Edited::new(&mut Random(7), 0).set };
    let mut compiler = Compiler::default();
    let first = compiler.compile(&set).unwrap();
    let mut snapshot = whole(&first, 1);
    set.policies = vec![about("a", "k", "view", "r2")];
    let second = compiler.compile(&set).unwrap();
    let stamp = snapshot.stamp().clone();
    snapshot.apply(&second.delta(&first, id(1), id(2), &[])).unwrap();
    assert!(*snapshot.stamp() != stamp, "a role is new");
    let stamp = snapshot.stamp().clone();
    snapshot.apply(&first.delta(&second, id(2), id(3), &[])).unwrap();
    assert!(*snapshot.stamp() == stamp, "all roles were known");
    let role = |snapshot: &Snapshot| snapshot.arena.symbols.roles.get("r2");
    let again = whole(&second, 2);
    assert!(role(&snapshot) != role(&again) && again.stamp() != snapshot.stamp());
    assert!(whole(&first, 1).stamp() != whole(&first, 1).stamp());
}

/// A question about a resource without attributes.
fn asks(snapshot: &Snapshot, kind: &str, roles: &[String]) -> String {
    let claims = PrincipalClaims { id: "ann".to_owned(), roles: roles.to_vec(), ..PrincipalClaims::default() };
    let principal = snapshot.principal(claims);
    let resource = Resource { kind, id: None, attributes: Map::default() };
    let request = RequestFacts::default();
    let query = Query { principal: &principal, action: "view", resource, scope: None, request };
    format!("{:?}", snapshot.decide(&query, &mut Scratch::default()))
}

#[test]
fn roles_are_told_apart_when_they_have_become_more_than_a_signature_has_bits() {
    let mut set = PolicySet::default();
    let mut compiler = Compiler::default();
    let mut way = Way::new(&compiler.compile(&set).unwrap());
    for number in 0..150 {
        set.policies.push(about(&format!("{number:03}"), &format!("k{number}"), "view", &format!("r{number}")));
        way.go(&compiler.compile(&set).unwrap(), &[], 8);
    }
    assert!(way.taken.in_place > 100, "{:?}", way.taken);
    for (kind, role) in (0..150).flat_map(|kind| (0..150).map(move |role| (kind, role))) {
        let answer = asks(&way.snapshot, &format!("k{kind}"), &[format!("r{role}")]);
        assert_eq!(answer.contains("effect: Allow"), kind == role, "{kind} {role}");
    }
}

/// Many ways with an error each: the first way's is told, wherever their conditions stand.
#[test]
fn the_first_of_many_ways_that_fail_is_the_one_that_is_told() {
    let condition = |way: usize| {
        let text = format!("resource.missing{way} > 1");
        Condition::lowered(&text, &Environment::policy()).unwrap()
    };
    let derived = |way: usize| {
        Arc::new(DerivedRole {
            name: format!("derived-{way}"),
            description: String::new(),
            roles: Names::Of(vec![format!("r{way}")]),
            condition: Some(condition(way)),
        })
    };
    let policy = |name: &str, kind: &str, ways: Vec<usize>| {
        let derived_roles = ways.into_iter().map(derived).collect();
        let mut policy = (*about(name, kind, "view", "x")).clone();
        (policy.roles, policy.derived_roles) = (Names::Of(Vec::new()), derived_roles);
        Arc::new(policy)
    };
    let roles: Vec<String> = (33..40).map(|role| format!("r{role}")).collect();
    for (own, other) in [("a", "b"), ("b", "a")] {
        let mut set =
            PolicySet { policies: vec![policy(other, "other", (0..45).rev().collect())], ..PolicySet::default() };
        let mut compiler = Compiler::default();
        let mut way = Way::new(&compiler.compile(&set).unwrap());
        set.policies.push(policy(own, "own", (0..45).collect()));
        let content = compiler.compile(&set).unwrap();
        way.go(&content, &[], 9);
        assert_eq!(way.taken.in_place, 1);
        for snapshot in [&way.snapshot, &whole(&content, 2)] {
            let answer = asks(snapshot, "own", &roles);
            assert!(answer.contains("missing33"), "{answer}");
        }
    }
}

/// Conditions that say the same but for one number, each edited once: what was and what is to be stand in the same place while
/// they are read, unless they are found.
#[test]
fn an_edited_condition_is_another_one_wherever_it_was_read() {
    use crate::data::{Data, Fields};
    let policy = |number: usize, most: usize| {
        let text = format!("resource.amount < {most}.0");
        let condition = Some(Condition::lowered(&text, &Environment::policy()).unwrap());
        let name = format!("policy-{number}");
        Arc::new(Policy { condition, ..(*about(&name, &format!("kind-{number}"), "view", "r1")).clone() })
    };
    let amount = Fields::new(vec![("amount".into(), Data::Double(0.5))]).unwrap();
    let claims = PrincipalClaims { id: "ann".to_owned(), roles: vec!["r1".to_owned()], ..PrincipalClaims::default() };
    let decide = |snapshot: &Snapshot, number: usize| {
        let query = Query {
            principal: &snapshot.principal(claims.clone()),
            action: "view",
            resource: Resource { kind: &format!("kind-{number}"), id: None, attributes: Map::from(&amount) },
            scope: None,
            request: RequestFacts::default(),
        };
        snapshot.decide(&query, &mut Scratch::default()).effect
    };
    for is_shared in [true, false] {
        let mut set =
            PolicySet { policies: (0..60).map(|number| policy(number, number + 1)).collect(), ..PolicySet::default() };
        let mut compiler = Compiler::default();
        let mut before = compiler.compile(&set).unwrap();
        let mut snapshot = whole(&before, 1);
        for (number, version) in (0..60).zip(1..) {
            if !is_shared {
                snapshot.arena.interner.stop_sharing();
            }
            assert_eq!(decide(&snapshot, number), Effect::Allow);
            set.policies[number] = policy(number, 0);
            let after = compiler.compile(&set).unwrap();
            snapshot.apply(&after.delta(&before, id(version), id(version + 1), &[])).unwrap();
            assert_eq!(decide(&snapshot, number), Effect::Deny, "policy {number}");
            before = after;
        }
    }
}
