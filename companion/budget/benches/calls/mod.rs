//! Callers who reserve and commit as fast as they are answered, and how long each waits.
//!
//! Each call counts for five scopes by the day, in tokens, and is committed before its caller makes the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tollgate_budget::{
    Amounts, Candidate, Label, Lease, Line, Lines, Outcome, Reservation, ReservationId, Reserve, Reserved, Scope,
    Settlement, Store, Unit, Window,
};

pub(crate) const CALLERS: [usize; 3] = [1, 8, 64];
const WARM_UP: Duration = Duration::from_millis(300);
const MEASURED: Duration = Duration::from_secs(3);

/// What callers have waited for, in nanoseconds.
#[derive(Default)]
struct Waits {
    reserves: Vec<u64>,
    calls: Vec<u64>,
}

pub(crate) fn print_head() {
    println!(
        "{:<8} {:>7} {:>12} {:>11} {:>7} {:>26} {:>26}",
        "setting", "callers", "reserves/s", "CPU us/call", "server", "reserve p50/p99 us", "call p50/p99 us"
    );
}

/// Prints what callers at once get of a store, and gives it as figures.
///
/// The processor time is that of this process and, if the store has one of its own, of that, by its number.
pub(crate) async fn measure(
    kind: &str,
    setting: &str,
    store: Arc<dyn Store>,
    process: Option<u32>,
    callers: usize,
) -> Vec<String> {
    run(&store, callers, WARM_UP).await;
    let there = process.map(|process| process.to_string());
    let cpu_there = || there.as_deref().map_or(0.0, cpu_us);
    let (begun, cpu, cpu_before) = (Instant::now(), cpu_us("self"), cpu_there());
    let mut waits = run(&store, callers, MEASURED).await;
    let rate = waits.reserves.len() as f64 / begun.elapsed().as_secs_f64();
    let reserve = (percentile(&mut waits.reserves, 50), percentile(&mut waits.reserves, 99));
    let call = (percentile(&mut waits.calls, 50), percentile(&mut waits.calls, 99));
    let calls = waits.reserves.len() as f64;
    let (cpu, cpu_there) = ((cpu_us("self") - cpu) / calls, (cpu_there() - cpu_before) / calls);
    println!(
        "{setting:<8} {callers:>7} {rate:>12.0} {cpu:>11.1} {cpu_there:>7.1} {:>17.0} {:>8.0} {:>17.0} {:>8.0}",
        reserve.0, reserve.1, call.0, call.1
    );
    let name = format!("{kind}_{setting}_{callers}");
    let mut figures = vec![
        format!("figure budget_store_reserves_per_s_{name} {rate:.0} 1/s"),
        format!("figure budget_store_cpu_us_per_call_{name} {cpu:.1} us"),
    ];
    if process.is_some() {
        figures.push(format!("figure budget_store_server_cpu_us_per_call_{name} {cpu_there:.1} us"));
    }
    for (what, (p50, p99)) in [("reserve", reserve), ("call", call)] {
        figures.push(format!("figure budget_store_{what}_us_p50_{name} {p50:.0} us"));
        figures.push(format!("figure budget_store_{what}_us_p99_{name} {p99:.0} us"));
    }
    figures
}

/// What all threads of a process have taken of the processors, which others on the machine do not change much.
fn cpu_us(process: &str) -> f64 {
    let times = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, times) = times.rsplit_once(')').unwrap();
    let ticks: u64 = times.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    // A hundred ticks are a second.
    ticks as f64 * 10_000.0
}

/// In microseconds.
fn percentile(waits: &mut [u64], percent: usize) -> f64 {
    let place = (waits.len() * percent / 100).min(waits.len().saturating_sub(1));
    *waits.select_nth_unstable(place).1 as f64 / 1000.0
}

async fn run(store: &Arc<dyn Store>, callers: usize, length: Duration) -> Waits {
    let until = Instant::now() + length;
    let callers: Vec<_> = (0..callers).map(|caller| tokio::spawn(call(Arc::clone(store), caller, until))).collect();
    let mut all = Waits::default();
    for caller in callers {
        let waits = caller.await.unwrap();
        all.reserves.extend(waits.reserves);
        all.calls.extend(waits.calls);
    }
    all
}

async fn call(store: Arc<dyn Store>, caller: usize, until: Instant) -> Waits {
    let mut waits = Waits::default();
    let mut number = caller;
    while Instant::now() < until {
        number += 64;
        let reserve = reserve(number);
        let begun = Instant::now();
        let Reserved::Held(held) = store.reserve(&reserve).await.unwrap() else { continue };
        waits.reserves.push(nanos(begun));
        store.settle(&commit(held.reservation)).await.unwrap();
        waits.calls.push(nanos(begun));
    }
    waits
}

fn nanos(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).unwrap()
}

fn commit(reservation: Reservation) -> Settlement {
    Settlement { reservation, outcome: Outcome::Committed { used: Amounts::new(700, 0), is_estimate: false } }
}

fn reserve(number: usize) -> Reserve {
    static NAMES: AtomicU64 = AtomicU64::new(1);
    let name = |kind: &str, of: usize| Label::new(&format!("{kind}-{}", number % of)).unwrap();
    let scopes = [
        Scope::Global,
        Scope::Org(name("org", 20)),
        Scope::User(name("user", 2000)),
        Scope::Provider(name("provider", 2)),
        Scope::Model(name("model", 6)),
    ];
    let line = |scope| Line { scope, window: Window::Day, unit: Unit::Tokens, limit: Some(1 << 50), spare: 0 };
    let lines = Lines::new(scopes.map(line).into()).unwrap();
    let candidate = Candidate { lines, amounts: Amounts::new(1000, 0), least: Amounts::new(100, 0) };
    // As random as names are.
    let id = u128::from(NAMES.fetch_add(1, Ordering::Relaxed)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let id = ReservationId(id.to_be_bytes());
    Reserve { id, candidates: candidate.into(), lease: Lease::default(), is_strict: true }
}
