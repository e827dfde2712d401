//! Tokens are kept in memory alone. When a program crashes, its system may write that memory to the disk.

/// Asks this system not to write the memory of this program, and of what it starts, to the disk when it crashes. Whoever looks
/// for a fault can raise the limit again (`prlimit --core`). A system that cannot be asked, or says no, is no reason to stop.
#[cfg(unix)]
pub fn keep_memory_off_the_disk() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Core);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
}

/// Windows keeps the memory of a program only where its owner has set that up (Windows Error Reporting, LocalDumps).
#[cfg(not(unix))]
pub fn keep_memory_off_the_disk() {}
