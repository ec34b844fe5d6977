//! Ties a child process to the life of this one: it gets SIGINT when we die, even by `kill -9`.
//! Only Linux can do that; elsewhere the next start ends what was left behind.

use std::process::Command;

/// Has the kernel send SIGINT to the command's process when the thread that spawns it ends.
///
/// The thread, not the process: spawn from one that lives as long as the child should.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "pre_exec is the only way to call prctl between fork and exec")]
pub(super) fn tie(command: &mut Command) {
    use nix::errno::Errno;
    use nix::sys::prctl::set_pdeathsig;
    use nix::sys::signal::Signal;
    use nix::unistd::{Pid, getppid};
    use std::os::unix::process::CommandExt;

    let parent = Pid::this();
    let closure = move || {
        set_pdeathsig(Signal::SIGINT)?;
        // We may have died before the line above took effect: then nobody will tell the child.
        if getppid() == parent { Ok(()) } else { Err(Errno::ESRCH.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed, as another thread
    // may have held any lock at the fork. The closure makes two plain system calls, prctl and
    // getppid, neither of which allocates or locks, and an error made from an errno is a number
    // without an allocation. It captures a process id by copy, and touches no other memory.
    // The library runs it after it has changed the user, which would have cleared the setting.
    unsafe { command.pre_exec(closure) };
}

/// Does nothing: there is no such call here.
#[cfg(not(target_os = "linux"))]
pub(super) fn tie(_command: &mut Command) {}
