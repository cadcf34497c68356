use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// What one call takes, in microseconds: the median and the 99th percentile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// By the clock, and of the processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) wall: Times,
    pub(crate) cpu: Times,
}

/// Times calls one by one, with 0, 1, 2, … to so many.
pub(crate) fn round(calls: usize, mut call: impl FnMut(usize)) -> Round {
    let (mut wall, mut cpu) = (Vec::with_capacity(calls), Vec::with_capacity(calls));
    for number in 0..calls {
        let (start, used) = (Instant::now(), cpu_time());
        call(number);
        let (end, ended) = (cpu_time(), start.elapsed());
        wall.push(ended.as_secs_f64() * 1e6);
        cpu.push((end - used).as_secs_f64() * 1e6);
    }
    Round { wall: times(wall), cpu: times(cpu) }
}

/// Of several rounds, that in which the machine was calmest: with the lowest 99th percentile by the clock.
pub(crate) fn calmest(rounds: impl IntoIterator<Item = Round>) -> Round {
    rounds.into_iter().min_by(|a, b| a.wall.p99.total_cmp(&b.wall.p99)).unwrap()
}

fn times(mut times: Vec<f64>) -> Times {
    times.sort_by(f64::total_cmp);
    Times { p50: times[times.len() / 2], p99: times[times.len() * 99 / 100] }
}

/// The time that this thread has had a processor.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap(), u32::try_from(now.tv_nsec).unwrap())
}

/// Megabytes of memory that this process has of its own, files not counted.
pub(crate) fn anonymous_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0 / 1e6
}

/// Looks at the memory of this process every now and then.
pub(crate) struct Peak {
    most: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Peak {
    pub(crate) fn start() -> Self {
        let (most, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let thread = thread::spawn({
            let (most, is_over) = (Arc::clone(&most), Arc::clone(&is_over));
            move || {
                while !is_over.load(Ordering::SeqCst) {
                    most.fetch_max(anonymous_mb() as u64, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(50));
                }
            }
        });
        Peak { most, is_over, thread }
    }

    /// The most megabytes that were seen.
    pub(crate) fn end(self) -> f64 {
        self.is_over.store(true, Ordering::SeqCst);
        self.thread.join().unwrap();
        self.most.load(Ordering::SeqCst) as f64
    }
}

/// What this runs on.
pub(crate) fn hardware() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("?").trim_matches([' ', '\t', ':']);
    let flags: Vec<&str> = ["avx2", "avx512bw", "avx512_vnni"].into_iter().filter(|flag| cpu.contains(flag)).collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores, {}; load average {}", flags.join(" "), read("/proc/loadavg").trim())
}
