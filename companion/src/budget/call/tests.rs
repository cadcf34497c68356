use proptest::prelude::*;
use tollgate_budget::MOST_OF_A_CALL;

use super::*;

fn model(context: u64, max_output: u64) -> Model {
    let price = Some(Price { input: 2_500_000, output: 10_000_000, cached: 1_250_000 });
    let (name, provider) = ("gpt-4o".to_owned(), "openai".to_owned());
    Model { name, provider, context, max_output, price, alternatives: Vec::new() }
}

fn call(prompt: u64, cap: Option<u64>, answers: u32) -> Call {
    Call::of(&ReserveRequest { prompt_tokens: prompt, output_cap: cap, answers, ..ReserveRequest::default() })
}

#[test]
fn a_call_holds_its_prompt_and_the_most_of_all_its_answers() {
    let room = call(1000, Some(500), 3).within(&model(128_000, 16_384)).unwrap();
    assert_eq!((room.output_cap, room.most.tokens(), room.least.tokens()), (500, 2500, 1000));
    // 1000 at 2.50 and 1500 at 10 dollars a million.
    assert_eq!((room.most.micro_dollars(), room.least.micro_dollars()), (17_500, 2500));
}

#[test]
fn no_answers_are_one() {
    assert_eq!(call(10, Some(5), 0), call(10, Some(5), 1));
}

#[test]
fn an_answer_is_no_longer_than_the_model_writes_and_its_context_holds() {
    let of = |prompt, cap| call(prompt, cap, 1).within(&model(1000, 300)).map(|room| room.output_cap);
    assert_eq!(of(100, Some(999_999_999)), Some(300));
    assert_eq!(of(100, None), Some(300));
    assert_eq!(of(100, Some(0)), Some(300));
    assert_eq!(of(900, Some(200)), Some(100));
    assert_eq!(of(999, None), Some(1));
    assert_eq!(of(1000, None), None);
    assert_eq!(of(u64::MAX, Some(1)), None);
}

#[test]
fn a_model_without_answers_holds_prompts_alone() {
    let room = call(5000, Some(100), 1).within(&model(1000, 0)).unwrap();
    assert_eq!((room.output_cap, room.most.tokens()), (0, 5000));
}

#[test]
fn of_a_model_that_nobody_knows_tokens_count_and_no_cost() {
    let room = call(10, Some(7), 2).of_unknown(1000);
    assert_eq!((room.output_cap, room.most.tokens(), room.most.micro_dollars()), (7, 24, 0));
}

#[test]
fn of_a_model_that_nobody_knows_no_more_is_held_than_any_known_one_writes() {
    let held = |cap, answers| call(10, cap, answers).of_unknown(1000).most.tokens();
    assert_eq!([held(None, 1), held(Some(u64::MAX), 1), held(Some(5), 1)], [1010, 1010, 15]);
    assert_eq!(held(Some(u64::MAX), u32::MAX), 10 + 128 * 1000);
    assert_eq!(call(10, None, 1).of_unknown(1000).output_cap, u64::MAX, "nobody says it is less");
}

#[test]
fn no_more_answers_are_held_for_than_a_provider_gives() {
    assert_eq!(call(10, Some(5), 128).too_many_answers(), None);
    assert_eq!(call(10, Some(5), 129).too_many_answers(), Some(129));
    let room = call(10, Some(5), u32::MAX).within(&model(1000, 300)).unwrap();
    assert_eq!(room.most.tokens(), 10 + 128 * 5);
}

#[test]
fn another_model_serves_only_what_it_takes_as_it_is() {
    let fits = |prompt, cap, context, max_output| {
        call(prompt, cap, 1).fits_instead(&model(100_000, 16_000), &model(context, max_output))
    };
    assert!(fits(10, None, 1000, 100), "it writes as much as it can");
    assert!(fits(10, Some(100), 1000, 100));
    assert!(!fits(10, Some(101), 1000, 100), "the body asks for more than it writes");
    assert!(!fits(901, Some(100), 1000, 100), "and here for more than there is room for");
    assert!(!fits(10, None, 1000, 0), "it writes nothing");
    assert!(call(10, Some(7), 1).fits_instead(&model(1000, 0), &model(1000, 0)));
}

#[test]
fn what_caching_costs_more_is_held() {
    let price = Some(Price { input: 1_000_000, output: 0, cached: 1_250_000 });
    let room = call(1000, Some(1), 1).within(&Model { price, ..model(10_000, 10) }).unwrap();
    assert_eq!(room.most.micro_dollars(), 1250);
}

#[test]
fn what_was_cached_is_part_of_the_prompt() {
    let price = model(1, 1).price;
    let used = used(price, Usage { input: 1000, output: 10, cached: 400 });
    assert_eq!((used.tokens(), used.micro_dollars()), (1010, 1500 + 500 + 100));
    let odd = super::used(price, Usage { input: 10, output: 0, cached: 4000 });
    assert_eq!((odd.tokens(), odd.micro_dollars()), (10, 13));
}

proptest! {
    #[test]
    fn nobody_uses_more_than_was_held_who_keeps_to_what_was_said(
        prompt in any::<u64>(), cap in any::<Option<u64>>(), answers in any::<u32>(),
        context in 1..u64::MAX, max_output in 0..u64::MAX, share in 0..=100_u64,
    ) {
        let model = model(context, max_output);
        if let Some(room) = call(prompt, cap, answers).within(&model) {
            let output = room.output_cap.saturating_mul(answers.max(1).into());
            let cached = u64::try_from(u128::from(prompt) * u128::from(share) / 100).unwrap();
            let used = used(model.price, Usage { input: prompt, output, cached });
            prop_assert!(used.tokens() <= room.most.tokens());
            prop_assert!(used.micro_dollars() <= room.most.micro_dollars());
            prop_assert!(room.least.tokens() <= room.most.tokens());
            prop_assert!(room.most.tokens() <= MOST_OF_A_CALL && room.output_cap <= max_output);
        }
    }
}
