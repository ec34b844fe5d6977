//! What processes have used, as the kernel counts it: CPU, context switches, memory.

use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use std::fs;
use std::ops::Sub;

/// Ticks a second of the times in `/proc/PID/stat`, on every Linux that there is.
const USER_HZ: u64 = 100;

/// CPU and context switches of some processes since they began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub cpu_ns: u64,
    /// The process waited.
    pub switches_voluntary: u64,
    /// It was made to wait.
    pub switches_forced: u64,
}

/// Memory of some processes now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub resident_kib: u64,
    /// Shared pages counted by shares.
    pub proportional_kib: u64,
}

/// Which processes belong together.
#[derive(Clone, Copy, Debug)]
pub enum Members {
    /// Those of a process group: a server and its children.
    Group(u32),
    /// A process and its direct children, which have groups of their own: PostgreSQL.
    Family(u32),
}

impl Members {
    fn root(self) -> u32 {
        match self {
            Self::Group(id) | Self::Family(id) => id,
        }
    }

    /// The processes as they are now.
    #[must_use]
    pub fn ids(self) -> Vec<u32> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = entries.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
        ids.filter(|id| {
            let Some(stat) = Stat::read(*id) else { return false };
            match self {
                Self::Group(group) => stat.group == group,
                Self::Family(parent) => stat.parent == parent || *id == parent,
            }
        })
        .collect()
    }

    /// What they have used. Children that have ended are in it, by ticks of 10 ms.
    #[must_use]
    pub fn usage(self) -> Usage {
        let mut usage = Usage::default();
        for id in self.ids() {
            // The clock of a process has nanoseconds, and includes threads that have ended.
            let clock = i32::try_from(id).map(Pid::from_raw).map(clock_getcpuclockid);
            if let Ok(Ok(time)) = clock.map(|clock| clock.and_then(clock_gettime)) {
                usage.cpu_ns += u64::try_from(time.tv_sec()).unwrap_or(0) * 1_000_000_000
                    + u64::try_from(time.tv_nsec()).unwrap_or(0);
            }
            let (voluntary, forced) = switches(id);
            usage.switches_voluntary += voluntary;
            usage.switches_forced += forced;
        }
        let ended = Stat::read(self.root()).map_or(0, |it| it.children_ticks);
        usage.cpu_ns += ended * (1_000_000_000 / USER_HZ);
        usage
    }

    #[must_use]
    pub fn memory(self) -> Memory {
        let mut memory = Memory::default();
        for id in self.ids() {
            let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
            memory.resident_kib += field(&text, "Rss:");
            memory.proportional_kib += field(&text, "Pss:");
        }
        memory
    }
}

impl Sub for Usage {
    type Output = Self;

    /// A process that ended in between takes its switches with it; it must not make the rest wrap.
    fn sub(self, earlier: Self) -> Self {
        let voluntary = self.switches_voluntary.saturating_sub(earlier.switches_voluntary);
        Self {
            cpu_ns: self.cpu_ns.saturating_sub(earlier.cpu_ns),
            switches_voluntary: voluntary,
            switches_forced: self.switches_forced.saturating_sub(earlier.switches_forced),
        }
    }
}

/// Part of `/proc/PID/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    group: u32,
    /// User and system time of children that were waited for.
    children_ticks: u64,
}

impl Stat {
    fn read(id: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        // The name of the program stands in parentheses and may hold anything.
        let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(1)?).ok()?,
            group: u32::try_from(number(2)?).ok()?,
            children_ticks: number(13)? + number(14)?,
        })
    }
}

fn switches(id: u32) -> (u64, u64) {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    tasks.fold((0, 0), |(voluntary, forced), task| {
        let text = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        (
            voluntary + field(&text, "\nvoluntary_ctxt_switches:"),
            forced + field(&text, "\nnonvoluntary_ctxt_switches:"),
        )
    })
}

/// The number behind a name.
fn field(text: &str, name: &str) -> u64 {
    let rest = text.split_once(name).map(|(_, rest)| rest.split_whitespace().next());
    rest.flatten().and_then(|it| it.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_process_is_read_whatever_its_name() {
        let line = "7 (a) b (c) S 3 9 7 0 -1 4194304 100 200 0 0 11 12 13 14 20 0 1 0 5 6";
        let stat = Stat { parent: 3, group: 9, children_ticks: 27 };
        assert_eq!(Stat::parse(line), Some(stat));
        assert_eq!(Stat::parse("7 (a"), None);
    }

    #[test]
    fn our_own_use_is_seen() {
        let group = nix::unistd::getpgrp().as_raw();
        let members = Members::Group(u32::try_from(group).unwrap());
        let before = members.usage();
        let mut sum = 0_u64;
        while (members.usage() - before).cpu_ns < 20_000_000 {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(members.ids().contains(&std::process::id()));
        assert!(members.memory().resident_kib > 500);
        assert!(members.memory().proportional_kib > 100);
    }
}
