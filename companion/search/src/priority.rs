use std::io;

use rustix::process::setpriority_process;

/// As nice as can be. In debug builds, whose tests use every processor and wait for such threads, hardly.
const NICENESS: i32 = if cfg!(debug_assertions) { 1 } else { 19 };

/// Has the calling thread, and no other, run when nothing else wants to. Threads that it starts inherit that.
///
/// # Errors
/// If the system does not allow it: the thread is one like the others then.
pub fn be_last() -> io::Result<()> {
    // Of the calling thread alone, as Linux has it.
    Ok(setpriority_process(None, NICENESS)?)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn only_the_thread_itself_gives_way() {
        let before = getpriority_process(None).unwrap();
        let within = thread::spawn(|| {
            be_last().unwrap();
            getpriority_process(None).unwrap()
        });
        assert_eq!(within.join().unwrap(), NICENESS);
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
