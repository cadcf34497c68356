mod address;
mod cluster;
mod companions;

mod kills;
mod loss;
mod outage;
mod periods;
mod secured;
mod server;
mod site;

use proptest::test_runner::{Config, TestRunner};

use crate::testing::contract::contract_tests;
use crate::testing::{Subject, machine};
use server::{FORGETTING, Server};
use site::Site;

fn run(case: fn(&dyn Subject)) {
    let server = Server::start(&FORGETTING);
    case(&Site::new(&server));
}

contract_tests!(run);

#[test]
fn whatever_happens_it_is_what_the_reference_is() {
    let server = Server::start(&FORGETTING);
    let config = Config { cases: 60, max_shrink_iters: 100, source_file: Some(file!()), ..Config::default() };
    let played = TestRunner::new(config).run(&machine::scripts(), |script| {
        machine::play(&mut Site::new(&server), &script);
        Ok(())
    });
    if let Err(failure) = played {
        panic!("{failure}");
    }
}
