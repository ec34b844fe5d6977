//! Processes confined as on a small machine: control groups of version 1, one for each machine.
//!
//! Their names end with our id, so that what a killed run left is found and removed by the next.

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{major, minor};
use nix::unistd::Pid;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const ROOT: &str = "/sys/fs/cgroup";
const CONTROLLERS: [&str; 5] = ["cpu", "cpuacct", "cpuset", "memory", "blkio"];
const PREFIX: &str = "atelier-bench-";

/// In which a group's share of a core is counted anew: the kernel's default, and containers'.
const PERIOD_US: u64 = 100_000;
/// Reads a second where there is no limit: the kernel counts the reads of a group that has one.
const READS_UNBOUND: u64 = 1_000_000_000;
/// How long the processes of a group may take to be gone.
const EMPTY_MAX: Duration = Duration::from_secs(5);

static GROUPS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A machine's worth of limits.
#[derive(Debug)]
pub struct Group {
    name: String,
    device: String,
}

/// What a group has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub cpu_ns: u64,
    /// Periods in which it ran, and those of them in which it was held up.
    pub periods: u64,
    pub throttled: u64,
    pub reads: u64,
    pub read_bytes: u64,
    pub killed_for_memory: u64,
}

/// Says whether groups can be made here, and what else confines where they cannot.
///
/// # Errors
/// They cannot.
pub fn check() -> Result<()> {
    sweep();
    let made = Group::new("check", 0, 64, 0);
    made.map(drop).context(
        "confining needs root and control groups of version 1 that can be written; elsewhere \
         run server and PostgreSQL in containers (--cpus 0.1 --memory 1g) and drive them with wrk",
    )
}

impl Group {
    /// A group on a core, with all of it, and so much memory, page cache included. Its reads of
    /// the device are counted.
    ///
    /// # Errors
    /// Control groups are not there, or may not be written.
    pub fn new(name: &str, core: usize, memory_mib: u64, device: u64) -> Result<Self> {
        let name = format!("{PREFIX}{}-{name}", process::id());
        GROUPS.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
        let group = Self { name, device: whole(device) };
        for controller in CONTROLLERS {
            let folder = group.folder(controller);
            fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        }
        group.write("cpuset", "cpuset.cpus", &core.to_string())?;
        group.write("cpuset", "cpuset.mems", "0")?;
        group.write("memory", "memory.limit_in_bytes", &(memory_mib << 20).to_string())?;
        group.give_cpu(1.0)?;
        // Where the files lie on no disk that counts, nothing is counted.
        let _ = group.give_reads(None);
        Ok(group)
    }

    /// Gives a share of a core, in periods of 100 ms.
    ///
    /// # Errors
    /// It cannot be written.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    pub fn give_cpu(&self, share: f64) -> Result<()> {
        ensure!((0.01..=1.0).contains(&share), "a share of a core is 0.01 to 1");
        self.write("cpu", "cpu.cfs_period_us", &PERIOD_US.to_string())?;
        let quota = (PERIOD_US as f64 * share).round() as i64;
        self.write("cpu", "cpu.cfs_quota_us", &quota.to_string())
    }

    /// Allows so many reads of the disk a second.
    ///
    /// # Errors
    /// There is no such disk.
    pub fn give_reads(&self, per_second: Option<u64>) -> Result<()> {
        let rule = format!("{} {}", self.device, per_second.unwrap_or(READS_UNBOUND));
        self.write("blkio", "blkio.throttle.read_iops_device", &rule)
    }

    /// The files that take the ids of processes.
    #[must_use]
    pub fn entries(&self) -> Vec<PathBuf> {
        CONTROLLERS.iter().map(|it| self.folder(it).join("cgroup.procs")).collect()
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        let stat = self.read("cpu", "cpu.stat");
        let oom = self.read("memory", "memory.oom_control");
        let of_disk =
            |file: &str| field(&self.read("blkio", file), &format!("{} Read", self.device));
        Counts {
            cpu_ns: self.read("cpuacct", "cpuacct.usage").trim().parse().unwrap_or(0),
            periods: field(&stat, "nr_periods"),
            throttled: field(&stat, "nr_throttled"),
            reads: of_disk("blkio.throttle.io_serviced"),
            read_bytes: of_disk("blkio.throttle.io_service_bytes"),
            killed_for_memory: field(&oom, "oom_kill"),
        }
    }

    /// What it has used so far; its most memory is counted from here.
    #[must_use]
    pub fn begin(&self) -> Counts {
        let _ = self.write("memory", "memory.max_usage_in_bytes", "0");
        self.counts()
    }

    /// Its most memory, page cache included.
    #[must_use]
    pub fn memory_peak_bytes(&self) -> u64 {
        self.read("memory", "memory.max_usage_in_bytes").trim().parse().unwrap_or(0)
    }

    /// Its memory without page cache now: what its processes have, shared memory included.
    #[must_use]
    pub fn memory_own_bytes(&self) -> u64 {
        let stat = self.read("memory", "memory.stat");
        field(&stat, "rss") + field(&stat, "shmem")
    }

    fn folder(&self, controller: &str) -> PathBuf {
        Path::new(ROOT).join(controller).join(&self.name)
    }

    fn read(&self, controller: &str, file: &str) -> String {
        fs::read_to_string(self.folder(controller).join(file)).unwrap_or_default()
    }

    fn write(&self, controller: &str, file: &str, value: &str) -> Result<()> {
        let path = self.folder(controller).join(file);
        fs::write(&path, value).with_context(|| format!("{}: {value}", path.display()))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

/// Ends what is in our groups, and removes them.
pub fn remove_all() {
    let names = GROUPS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    names.iter().for_each(|it| remove(it));
}

/// Ends what is in a group, and removes it; one that is gone already is no matter.
fn remove(name: &str) {
    for controller in CONTROLLERS {
        let folder = Path::new(ROOT).join(controller).join(name);
        let start = Instant::now();
        while folder.exists() && fs::remove_dir(&folder).is_err() && start.elapsed() < EMPTY_MAX {
            let ids = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
            for id in ids.lines().filter_map(|it| it.parse().ok()) {
                let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Removes the groups of runs that were killed.
fn sweep() {
    let folder = Path::new(ROOT).join(CONTROLLERS[0]);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_prefix(PREFIX).and_then(|it| it.split('-').next());
        let Some(id) = id.and_then(|it| it.parse().ok()) else { continue };
        if kill(Pid::from_raw(id), None).is_err() {
            remove(&name);
        }
    }
}

/// The numbers of the disk that a device is, or is a part of, as `8:0`.
fn whole(device: u64) -> String {
    let numbers = format!("{}:{}", major(device), minor(device));
    let folder = Path::new("/sys/dev/block").join(&numbers);
    if !folder.join("partition").exists() {
        return numbers;
    }
    let disk = fs::canonicalize(folder).ok().and_then(|it| Some(it.parent()?.join("dev")));
    let disk = disk.and_then(|it| fs::read_to_string(it).ok());
    disk.map_or(numbers, |it| it.trim().to_owned())
}

/// The number at the end of the line that begins with a name.
fn field(text: &str, name: &str) -> u64 {
    let rest = text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
    rest.and_then(|it| it.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_whole_word() {
        let text = "rss_huge 7\nrss 5\n254:0 Read 12\n254:0 Write 3";
        assert_eq!(field(text, "rss"), 5);
        assert_eq!(field(text, "254:0 Read"), 12);
        assert_eq!(field(text, "shmem"), 0);
    }
}
