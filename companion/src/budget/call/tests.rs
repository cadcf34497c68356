use proptest::prelude::*;
use tollgate_budget::MOST_OF_A_CALL;

use super::*;

fn model(context: u64, max_output: u64) -> Model {
    let price = Some(Price { input: 2_500_000, output: 10_000_000, cached: 1_250_000, cache_write: 3_000_000 });
    let (name, provider) = ("gpt-4o".to_owned(), "openai".to_owned());
    Model { name, provider, context, max_output, image_tokens: 100, price, alternatives: Vec::new() }
}

fn strict(request: ReserveRequest) -> Call {
    Call::of(&request, BudgetMode::Strict)
}

fn call(prompt: u64, cap: Option<u64>, answers: u32) -> Call {
    strict(ReserveRequest { prompt_tokens: prompt, output_cap: cap, answers, ..ReserveRequest::default() })
}

#[test]
fn a_call_holds_its_prompt_and_the_most_of_all_its_answers() {
    let room = call(1000, Some(500), 3).within(&model(128_000, 16_384)).unwrap();
    assert_eq!((room.output_cap, room.most.tokens(), room.least.tokens()), (500, 2500, 1000));
    // 1000 at 3, as all of it may be cached now, or at 2.50, and 1500 at 10 dollars a million.
    assert_eq!((room.most.micro_dollars(), room.least.micro_dollars()), (18_000, 2500));
}

#[test]
fn images_and_files_are_held_as_far_as_the_context_has_room_for_them() {
    let with = |prompt_tokens, images, file_tokens| ReserveRequest {
        prompt_tokens,
        images,
        file_tokens,
        output_cap: Some(200),
        ..ReserveRequest::default()
    };
    let prompt = |request| strict(request).within(&model(1000, 300)).map(|room| (room.prompt, room.output_cap));
    assert_eq!(prompt(with(50, 2, 70)), Some((50 + 200 + 70, 200)));
    assert_eq!(prompt(with(50, 2, 700)), Some((800, 200)));
    assert_eq!(prompt(with(50, u32::MAX, u64::MAX)), Some((800, 200)));
    // Text that leaves less room bounds the answer, and is refused in the end: of that we know how long it is.
    assert_eq!(prompt(with(900, 9, 9)), Some((900, 100)));
    assert_eq!(prompt(with(1000, 0, 0)), None);
    let regardless = strict(with(50, 20, 70)).regardless(&model(1000, 300));
    assert_eq!((regardless.prompt, regardless.least.tokens()), (50 + 2000 + 70, 2120));
    assert_eq!(strict(with(50, 2, 70)).of_unknown(0).prompt, 50 + 2 * Model::IMAGE_TOKENS + 70);
    assert_eq!(strict(with(50, 2, 700)).within(&model(1000, 0)).map(|room| room.prompt), Some(50 + 900));
}

#[test]
fn a_prompt_that_is_elsewhere_takes_what_the_context_leaves_where_budgets_are_strict() {
    let request = ReserveRequest {
        prompt_tokens: 20,
        is_partial: true,
        output_cap: Some(200),
        answers: 2,
        ..ReserveRequest::default()
    };
    let of = |mode| Call::of(&request, mode).within(&model(1000, 300)).unwrap();
    let held = of(BudgetMode::Strict);
    assert_eq!((held.prompt, held.output_cap, held.most.tokens(), held.least.tokens()), (800, 200, 1200, 800));
    let held = of(BudgetMode::Advisory);
    assert_eq!((held.prompt, held.most.tokens()), (20, 420));
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
    let price = Price { input: 1_000_000, output: 0, cached: 100_000, cache_write: 1_250_000 };
    for price in [price, Price { cached: 1_250_000, cache_write: 1, ..price }] {
        let room = call(1000, Some(1), 1).within(&Model { price: Some(price), ..model(10_000, 10) }).unwrap();
        assert_eq!((room.most.micro_dollars(), room.least.micro_dollars()), (1250, 1000));
    }
}

#[test]
fn what_was_cached_is_part_of_the_prompt() {
    let price = model(1, 1).price;
    let used = used(price, Usage { input: 1000, output: 10, cached: 400, cache_written: 0 });
    assert_eq!((used.tokens(), used.micro_dollars()), (1010, 1500 + 500 + 100));
    let written = super::used(price, Usage { input: 1000, output: 10, cached: 400, cache_written: 100 });
    assert_eq!((written.tokens(), written.micro_dollars()), (1010, 1250 + 500 + 300 + 100));
    let odd = super::used(price, Usage { input: 10, output: 0, cached: 4000, cache_written: 4000 });
    assert_eq!((odd.tokens(), odd.micro_dollars()), (10, 13));
}

proptest! {
    #[test]
    fn nobody_uses_more_than_was_held_who_keeps_to_what_was_said(
        prompt in any::<u64>(), cap in any::<Option<u64>>(), answers in any::<u32>(),
        context in 1..u64::MAX, max_output in 0..u64::MAX, share in 0..=100_u64, images in any::<u32>(),
        file_tokens in any::<u64>(), is_partial in any::<bool>(),
    ) {
        let model = model(context, max_output);
        let request = ReserveRequest {
            prompt_tokens: prompt, output_cap: cap, answers, images, file_tokens, is_partial, ..ReserveRequest::default()
        };
        if let Some(room) = strict(request).within(&model) {
            let output = room.output_cap.saturating_mul(answers.max(1).into());
            let part = |share: u64| u64::try_from(u128::from(room.prompt) * u128::from(share) / 100).unwrap();
            let (cached, cache_written) = (part(share), part(100 - share));
            let used = used(model.price, Usage { input: room.prompt, output, cached, cache_written });
            prop_assert!(used.tokens() <= room.most.tokens());
            prop_assert!(used.micro_dollars() <= room.most.micro_dollars());
            prop_assert!(room.least.tokens() <= room.most.tokens());
            prop_assert!(room.most.tokens() <= MOST_OF_A_CALL && room.output_cap <= max_output);
        }
    }
}
