//! Commands any context understands.

use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::types::{LogLevel, MetricType, Status};

/// Logs a line at info.
pub(crate) fn say(line: &str) {
    let _ = hostcalls::log(LogLevel::Info, line);
}

/// Runs one command: a verb and its arguments, separated by spaces. Unknown verbs are not ours.
pub(crate) fn run(command: &str) {
    let words: Vec<&str> = command.split(' ').collect();
    let outcome = match *words.as_slice() {
        ["property", path] => property(path),
        ["set-property", path, value] => {
            hostcalls::set_property(path.split('.').collect(), Some(value.as_bytes())).map(|()| "set".to_owned())
        }
        ["count", name, by] => count(name, by.parse().unwrap_or_default()),
        ["gauge", name, value] => record(MetricType::Gauge, name, value),
        ["histogram", name, value] => record(MetricType::Histogram, name, value),
        ["share", key, value, cas] => {
            hostcalls::set_shared_data(key, Some(value.as_bytes()), cas.parse().ok()).map(|()| "stored".to_owned())
        }
        ["shared", key] => hostcalls::get_shared_data(key).map(|(value, cas)| {
            let value = value.map(|value| text(&value));
            format!("{value:?} {}", cas.is_some())
        }),
        ["queue", name] => hostcalls::register_shared_queue(name).map(|id| id.to_string()),
        ["enqueue", vm_id, name, value] => enqueue(vm_id, name, value),
        ["foreign", name, arguments] => hostcalls::call_foreign_function(name, Some(arguments.as_bytes()))
            .map(|results| text(&results.unwrap_or_default())),
        ["time"] => hostcalls::get_current_time().map(|time| {
            let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            format!("{} {:?}", since.as_secs(), std::time::SystemTime::now() == time)
        }),
        ["env", name] => Ok(format!("{:?}", std::env::var(name).ok())),
        ["tick", millis] => {
            let millis = millis.parse().unwrap_or_default();
            hostcalls::set_tick_period(Duration::from_millis(millis)).map(|()| "armed".to_owned())
        }
        ["print", line] => {
            print_line(line);
            Ok("printed".to_owned())
        }
        ["allocate", megabytes] => Ok(allocate(megabytes.parse().unwrap_or_default())),
        ["spin"] => spin(),
        ["panic"] => fail(),
        _ => return,
    };
    match outcome {
        Ok(line) => say(&format!("{command}: {line}")),
        Err(status) => say(&format!("{command}: error {status:?}")),
    }
}

/// Bytes as text, for logs.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn property(path: &str) -> Result<String, Status> {
    let value = hostcalls::get_property(path.split('.').collect())?;
    Ok(format!("{:?}", value.map(|value| text(&value))))
}

fn count(name: &str, by: i64) -> Result<String, Status> {
    let id = hostcalls::define_metric(MetricType::Counter, name)?;
    hostcalls::increment_metric(id, by)?;
    Ok(hostcalls::get_metric(id)?.to_string())
}

fn record(kind: MetricType, name: &str, value: &str) -> Result<String, Status> {
    let id = hostcalls::define_metric(kind, name)?;
    hostcalls::record_metric(id, value.parse().unwrap_or_default())?;
    Ok("recorded".to_owned())
}

fn enqueue(vm_id: &str, name: &str, value: &str) -> Result<String, Status> {
    match hostcalls::resolve_shared_queue(vm_id, name)? {
        Some(queue) => {
            hostcalls::enqueue_shared_queue(queue, Some(value.as_bytes()))?;
            Ok("enqueued".to_owned())
        }
        None => Ok("no such queue".to_owned()),
    }
}

#[expect(clippy::print_stdout, reason = "standard output is what is probed")]
fn print_line(line: &str) {
    println!("{line}");
}

fn allocate(megabytes: usize) -> String {
    let block = vec![1u8; megabytes << 20];
    format!("{} bytes", std::hint::black_box(block).len())
}

fn spin() -> Result<String, Status> {
    let mut turns = 0u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

#[expect(clippy::panic, reason = "a panicking guest is what is probed")]
fn fail() -> Result<String, Status> {
    panic!("told to panic")
}
