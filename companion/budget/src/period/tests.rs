use proptest::prelude::*;

use super::*;

fn begin_and_end(window: Window, at: u64) -> (u64, u64) {
    let period = Period::containing(window, at);
    (period.begins(), period.ends())
}

#[test]
fn hours_days_and_months_begin_and_end_in_utc() {
    // 2024-02-29T23:59:59Z
    let at = 1_709_251_199;
    assert_eq!(begin_and_end(Window::Hour, at), (1_709_247_600, 1_709_251_200));
    assert_eq!(begin_and_end(Window::Day, at), (1_709_164_800, 1_709_251_200));
    assert_eq!(begin_and_end(Window::Month, at), (1_706_745_600, 1_709_251_200));
    // A second later it is March.
    assert_eq!(begin_and_end(Window::Month, at + 1), (1_709_251_200, 1_711_929_600));
    // The year 2100 has no leap day.
    assert_eq!(begin_and_end(Window::Month, 4_107_542_399), (4_105_123_200, 4_107_542_400));
}

#[test]
fn time_begins_in_1970_and_what_is_beyond_the_calendar_is_its_last_second() {
    assert_eq!(begin_and_end(Window::Month, 0), (0, 31 * DAY));
    for window in Window::ALL {
        assert_eq!(Period::containing(window, u64::MAX), Period::containing(window, LAST));
        assert_eq!(Period::containing(window, u64::MAX).ends(), LAST + 1);
    }
}

#[test]
fn a_period_begins_at_its_first_second_only() {
    assert_eq!(Period::beginning(Window::Day, 2 * DAY), Ok(Period::containing(Window::Day, 2 * DAY + 5)));
    assert_eq!(Period::beginning(Window::Hour, 1), Err(InvalidPeriod { window: Window::Hour, begins: 1 }));
    assert_eq!(
        Period::beginning(Window::Month, DAY).unwrap_err().to_string(),
        "no month begins 86400 seconds after 1970"
    );
    assert!(Period::beginning(Window::Day, u64::MAX).is_err());
}

proptest! {
    #[test]
    fn every_second_is_in_one_period_of_each_window_and_periods_have_no_gaps(at in 0..=LAST) {
        for window in Window::ALL {
            let period = Period::containing(window, at);
            prop_assert!(period.begins() <= at && at < period.ends());
            prop_assert_eq!(Period::containing(window, period.begins()), period);
            prop_assert_eq!(Period::containing(window, period.ends() - 1), period);
            if period.ends() <= LAST {
                prop_assert_eq!(Period::containing(window, period.ends()).begins(), period.ends());
            }
        }
    }
}
