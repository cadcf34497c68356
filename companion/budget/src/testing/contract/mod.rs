//! The contract of stores, case by case. `contract_tests!` makes a test of each for a store.

pub(crate) mod adjust;
pub(crate) mod bounds;
pub(crate) mod crowd;
pub(crate) mod late;
pub(crate) mod lease;
pub(crate) mod look;
pub(crate) mod overrides;
pub(crate) mod reserve;
pub(crate) mod settle;
pub(crate) mod time;

/// A test for every case. `$run` is called with a case, which it calls with a [`Subject`](super::Subject) that is empty:
/// `fn run(case: fn(&dyn Subject))`.
macro_rules! contract_tests {
    ($run:ident) => {
        $crate::testing::contract::contract_tests! {
            $run,
            adjust: [
                used_is_changed_by_so_much_and_never_below_nothing,
                a_reset_counter_has_used_nothing_and_holds_what_it_held,
                asking_again_adjusts_nothing_again,
                a_counter_that_is_kept_no_more_is_not_adjusted,
                a_counter_that_nobody_used_can_be_adjusted,
            ],
            bounds: [
                a_limit_beyond_all_numbers_is_a_limit,
                a_spare_larger_than_its_limit_leaves_nothing,
                nobody_leads_a_counter_past_what_is_counted_strictly_or_not,
                names_with_every_mark_are_told_apart,
                a_call_that_counts_for_nothing_is_held_and_settled,
                a_call_has_as_many_lines_and_ways_as_there_may_be,
            ],
            crowd: [
                callers_at_once_never_pass_the_limit,
                callers_at_once_with_one_name_are_one,
            ],
            late: [
                what_is_settled_after_its_counters_are_gone_makes_none_again,
                shorter_counters_that_are_gone_are_left_out,
                a_hold_whose_counters_are_gone_still_ends,
            ],
            lease: [
                a_lease_that_ends_settles_at_the_prompt,
                a_lease_that_ends_settles_at_what_was_last_said,
                a_renewed_reservation_lives_on,
                a_renewal_takes_nothing_back,
                what_is_not_held_is_not_renewed,
                a_commit_after_the_lease_replaces_the_estimate_once,
                a_release_after_the_lease_replaces_the_estimate_by_nothing,
                leases_end_the_longest_ended_first_and_so_many_at_most,
            ],
            look: [
                counters_are_found_by_scope_window_unit_and_time,
                counters_are_gone_two_days_after_their_period,
                holds_are_found_by_scope_the_oldest_first,
            ],
            overrides: [
                a_limit_that_is_set_counts_until_its_period_ends,
                a_limit_that_is_set_until_a_time_counts_until_then,
                a_limit_that_is_set_again_is_the_later_one,
                a_limit_that_is_taken_away_counts_no_more,
                asking_again_overrides_nothing_again,
                what_is_over_is_not_set,
                so_many_limits_are_set_and_no_more,
            ],
            reserve: [
                a_call_that_fits_is_held_against_all_its_lines,
                a_call_that_does_not_fit_one_line_holds_nothing,
                the_last_token_of_a_limit_can_be_held_and_no_more,
                the_first_way_that_fits_is_held,
                a_spare_is_left_to_others,
                who_asks_for_nothing_fits_unless_the_limit_is_passed,
                a_refusal_names_the_line_with_the_least_left_of_the_last_way,
                an_advisory_call_is_held_in_its_first_way_and_told_what_it_passes,
                an_advisory_call_takes_another_way_that_fits,
                the_same_name_is_held_once_and_answered_as_before,
                lines_without_limits_are_counted,
                periods_begin_anew,
                units_and_windows_count_apart,
            ],
            settle: [
                a_commit_counts_what_was_used_and_frees_what_was_held,
                a_release_frees_what_was_held,
                what_was_settled_stays_as_it_was,
                more_than_was_held_is_counted_whole,
                a_commit_after_midnight_counts_for_the_day_before,
                a_commit_that_the_store_does_not_know_counts_in_its_own_periods,
                what_is_released_before_it_is_reserved_is_never_held,
                what_is_committed_before_it_is_reserved_is_not_held_again,
                a_release_that_knows_only_the_name_frees_the_hold,
            ],
            time: [
                the_time_is_that_of_the_clock,
                time_goes_on_after_the_clock_was_set_back,
            ],
        }
    };
    ($run:ident, $($file:ident: [$($case:ident,)*],)*) => {
        $(mod $file {
            $(#[test]
            fn $case() {
                super::$run($crate::testing::contract::$file::$case);
            })*
        })*
    };
}
pub(crate) use contract_tests;
