//! What a run was made on: machine, versions, commit.

use crate::process;
use serde::{Deserialize, Serialize};
use std::fs;
use std::process::Command;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub memory_mib: u64,
    pub kernel: String,
    /// Whether it says that it is a virtual one.
    pub is_virtual: bool,
}

impl Machine {
    #[must_use]
    pub fn this() -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kib = value(&memory, "MemTotal").split(' ').next().unwrap_or_default().to_owned();
        Self {
            cpu: value(&cpu, "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: kib.parse().unwrap_or(0) / 1024,
            kernel: line(Command::new("uname").arg("-sr")),
            is_virtual: value(&cpu, "flags").split(' ').any(|it| it == "hypervisor"),
        }
    }
}

/// The first value of a name in the manner of `/proc/cpuinfo`.
fn value(text: &str, name: &str) -> String {
    let lines = text.lines().filter_map(|it| it.split_once(':'));
    let mut values = lines.filter(|(found, _)| found.trim() == name).map(|(_, value)| value);
    values.next().unwrap_or_default().trim().to_owned()
}

/// The first line that a program says, or that it says none.
#[must_use]
pub fn line(command: &mut Command) -> String {
    let output = command.output().ok();
    let text = output.map(|it| [it.stdout, it.stderr].concat()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().map(str::trim).find(|it| !it.is_empty()).unwrap_or("unknown").to_owned()
}

/// The version of a program by its own words.
#[must_use]
pub fn version(program: &str) -> String {
    let argument = match program {
        "go" => "version",
        "wrk" | "nginx" => "-v",
        _ => "--version",
    };
    let line = line(Command::new(program).arg(argument));
    line.split(" Copyright").next().unwrap_or_default().to_owned()
}

/// The commit that is checked out, and whether there are changes.
#[must_use]
pub fn commit() -> String {
    line(Command::new("git").args(["describe", "--always", "--dirty", "--exclude=*"]))
}

/// Today, as `2026-11-25`.
#[must_use]
pub fn today() -> String {
    line(Command::new("date").arg("+%F"))
}

/// Lets this process and its children have as many files as the system allows: 1,024 connections
/// are more than the usual limit.
pub fn raise_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// Says what is missing of the programs that every run needs.
///
/// # Errors
/// Something is.
pub fn check_programs() -> anyhow::Result<()> {
    let needed = [
        ("wrk", "wrk"),
        ("psql", "postgresql-client"),
        ("taskset", "util-linux"),
        ("setpriv", "util-linux"),
    ];
    let missing: Vec<&str> =
        needed.iter().filter(|it| !process::is_on_path(it.0)).map(|it| it.1).collect();
    anyhow::ensure!(missing.is_empty(), "install what is missing: {}", missing.join(", "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_known() {
        let machine = Machine::this();
        assert!(machine.cores > 0 && machine.memory_mib > 100, "{machine:?}");
        assert!(machine.kernel.starts_with("Linux"), "{machine:?}");
    }

    #[test]
    fn a_value_is_found_by_its_name() {
        assert_eq!(value("a\t: b\nmodel name\t: X Y\nmodel name\t: Z", "model name"), "X Y");
        assert_eq!(value("", "model name"), "");
    }
}
