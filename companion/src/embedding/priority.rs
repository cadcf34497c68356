//! Threads that give way to everything else.

use std::io;
use std::thread::{Builder, JoinHandle};

use rustix::process::setpriority_process;

/// As nice as can be. In tests, which use every processor and wait for these threads, hardly.
const NICENESS: i32 = if cfg!(test) { 1 } else { 19 };

/// Starts a thread of the lowest priority.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(move || {
        // Of the calling thread alone, as Linux has it.
        if let Err(error) = setpriority_process(None, NICENESS) {
            tracing::warn!(%error, "policy search runs at the priority of everything else");
        }
        work();
    })
}

#[cfg(test)]
mod tests {
    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn only_the_thread_itself_gives_way() {
        let before = getpriority_process(None).unwrap();
        let within = spawn("nice", || assert_eq!(getpriority_process(None).unwrap(), NICENESS)).unwrap();
        within.join().unwrap();
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
