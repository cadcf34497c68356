use redis::{Client, Script};

use super::server::{FORGETTING, Server};
use crate::redis::script::PERIODS;
use crate::{Period, Window};

/// The first second of the year 9999's successor.
const END: u64 = 253_402_300_800;

#[test]
fn lua_has_the_same_hours_days_and_months_in_all_centuries() {
    let server = Server::start(&FORGETTING);
    let mut connection = Client::open(server.address()).unwrap().get_connection().unwrap();
    let body = "local answers = {}
        for place, at in ipairs(ARGV) do
          for window = 0, 2 do
            local begins, ends = period(tostring(window), tonumber(at))
            answers[#answers + 1], answers[#answers + 2] = begins, ends
          end
        end
        return answers";
    let script = Script::new(&[PERIODS, body].join("\n"));
    let months = std::iter::successors(Some(0), |begins| {
        Some(Period::containing(Window::Month, *begins).ends()).filter(|ends| *ends < END)
    });
    // Every month until 9999, its first and last second and one between, and what is beyond it all.
    let between =
        months.flat_map(|begins: u64| [begins.saturating_sub(1), begins, begins + fastrand::u64(..2_419_200)]);
    let all: Vec<u64> = between.chain([END - 1, END, u64::from(u32::MAX) * 4096]).collect();
    assert_eq!(all.len(), 3 * 12 * (9999 - 1969) + 3);
    for some in all.chunks(1000) {
        let answers: Vec<u64> = script.prepare_invoke().arg(some).invoke(&mut connection).unwrap();
        let periods = some.iter().flat_map(|at| Window::ALL.map(|window| Period::containing(window, *at)));
        let expected: Vec<_> = periods.flat_map(|period| [period.begins(), period.ends()]).collect();
        assert_eq!(answers, expected);
    }
}
