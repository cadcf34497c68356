use std::sync::Arc;

use proptest::prelude::*;

use super::super::tests::{ID, everything};
use super::{Compiler, DirectoryEntry, Policy, PolicySet, encode};
use crate::engine::Effect;
use crate::set::Names;
use crate::snapshot::Snapshot;
use crate::snapshot::chunk::ChunkKind;

fn policy(number: u16, action: u8) -> Arc<Policy> {
    let names = |name: String| Names::Of(vec![name]);
    Arc::new(Policy {
        kinds: names(format!("kind-{}", number % 7)),
        actions: names(format!("action-{action}")),
        roles: names("editor".to_owned()),
        ..Policy::new(&format!("policy-{number}"), Effect::Allow)
    })
}

fn set(policies: Vec<Arc<Policy>>) -> PolicySet {
    PolicySet { policies, ..everything() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Sets of up to some hundred policies one after the other, so that buckets are divided and united.
    #[test]
    fn what_was_compiled_before_makes_no_difference(
        steps in prop::collection::vec((0..400_u16, 0..400_u16, any::<u8>(), any::<bool>()), 1..12),
    ) {
        let mut compiler = Compiler::default();
        let mut policies: Vec<Arc<Policy>> = Vec::new();
        for (from, to, action, with_rest) in steps {
            policies.retain(|policy| !(from..to).any(|number| policy.name == format!("policy-{number}")));
            if action % 3 != 0 {
                policies.extend((from..to).map(|number| policy(number, action)));
            }
            policies.sort_by(|a, b| a.name.cmp(&b.name));
            let mut set = set(policies.clone());
            if !with_rest {
                set.routes.clear();
                set.principals.clear();
            }
            let content = compiler.compile(&set).unwrap();
            prop_assert!(content.encode(ID, &[]) == encode(&set, ID).unwrap());
            prop_assert_eq!(content.size(), Compiler::default().compile(&set).unwrap().size());
        }
    }
}

#[test]
fn one_changed_policy_changes_one_chunk_and_shares_the_others() {
    let mut set = set((0..2_000).map(|number| policy(number, 1)).collect());
    set.policies.sort_by(|a, b| a.name.cmp(&b.name));
    let mut compiler = Compiler::default();
    let before = compiler.compile(&set).unwrap();
    set.policies[1_000] = policy(1_899, 2);
    let name = set.policies[1_000].name.clone();
    set.policies.retain(|policy| policy.name != name || policy.actions == Names::Of(vec!["action-2".to_owned()]));
    let after = compiler.compile(&set).unwrap();
    let changed: Vec<_> = before.differences(&after).map(|(kind, _)| kind).collect();
    assert!(changed.iter().filter(|kind| **kind == ChunkKind::Policies).count() <= 2, "{changed:?}");
    let shared = before.chunks(ChunkKind::Policies).iter().zip(after.chunks(ChunkKind::Policies));
    assert!(shared.filter(|(a, b)| Arc::ptr_eq(a, b)).count() > 95);
}

#[test]
fn the_order_of_policies_makes_no_difference_to_what_follows() {
    let mut set = set((0..300).map(|number| policy(number, 1)).collect());
    let mut compiler = Compiler::default();
    let content = compiler.compile(&set).unwrap();
    for _ in 0..3 {
        set.policies.rotate_left(77);
        set.policies[..50].reverse();
        assert_eq!(compiler.compile(&set).unwrap().digest(), content.digest());
    }
}

#[test]
fn a_set_that_is_refused_leaves_nothing_behind() {
    let mut compiler = Compiler::default();
    let too_long = |count: usize| {
        let entry = &everything().principals[0];
        let principals =
            (0..count).map(|number| DirectoryEntry { id: format!("{number}{}", "x".repeat(1 << 20)), ..entry.clone() });
        PolicySet { principals: principals.collect(), ..everything() }
    };
    assert!(compiler.compile(&too_long(70)).is_err());
    let content = compiler.compile(&everything()).unwrap();
    assert_eq!(Snapshot::decode(content.encode(ID, &[])).unwrap().policy_count(), 5);
}
