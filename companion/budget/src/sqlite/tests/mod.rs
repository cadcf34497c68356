mod crash;
mod ledger;
mod site;

use proptest::prelude::*;

use crate::testing::contract::contract_tests;
use crate::testing::{Subject, machine};
use site::Site;

fn run(case: fn(&dyn Subject)) {
    case(&Site::new());
}

contract_tests!(run);

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_it_is_what_the_reference_is(script in machine::scripts()) {
        machine::play(&mut Site::new(), &script);
    }
}
