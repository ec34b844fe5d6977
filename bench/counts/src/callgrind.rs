//! This program again, inside callgrind, which counts what each benchmark takes.

use crate::benchmarks::{self, Benchmark, Work};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The argument that makes this program the one inside.
pub const INSIDE: &str = "--inside";

/// The function that is counted, as callgrind calls it.
const COUNTED: &str = "atelier_counts::callgrind::counted";

/// Room for what a benchmark writes, so that none pays for its growing. So much is a mapping of its
/// own, which begins with a page.
const OUTPUT_BYTES: usize = 1 << 20;

/// Where the profile of each benchmark stays, beside this program, for callgrind_annotate.
///
/// # Errors
/// This program does not know where it is.
pub fn profiles() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("counts"))
}

/// The instructions of each benchmark, in their order.
///
/// # Errors
/// There is no valgrind, or it does not do as it is told.
pub fn count() -> Result<Vec<(String, u64)>> {
    let folder = profiles()?;
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let dump = folder.join("callgrind.out");
    // One run for all. It counts while COUNTED runs, and when that returns dumps what it has and
    // begins anew.
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--dump-after={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", dump.display()))
        .arg(std::env::current_exe()?)
        .arg(INSIDE)
        // Variables lie on the stack: without them it is everybody's.
        .env_clear()
        .status()
        .context("valgrind cannot be run: scripts/install counts")?;
    ensure!(status.success(), "valgrind: {status}");
    let mut counts = Vec::new();
    for (Benchmark { name, .. }, number) in benchmarks::all().into_iter().zip(1..) {
        let profile = folder.join(format!("{name}.out"));
        fs::rename(dump.with_extension(format!("out.{number}")), &profile)
            .with_context(|| format!("callgrind did not see {COUNTED} for {name}"))?;
        counts.push((name.to_owned(), total(&profile)?));
    }
    Ok(counts)
}

/// Runs each benchmark once unseen, which is when code finds out what the processor can, and once
/// to be counted.
pub fn run_inside() {
    let mut output = Vec::with_capacity(OUTPUT_BYTES);
    for Benchmark { work, .. } in benchmarks::all() {
        work(&mut output);
        output.clear();
        counted(&*work, &mut output);
        output.clear();
    }
}

#[inline(never)]
fn counted(work: &Work, output: &mut Vec<u8>) {
    work(output);
    // So that the work is called, and not jumped to without a return that callgrind would see.
    black_box(output);
}

fn total(profile: &Path) -> Result<u64> {
    let text = fs::read_to_string(profile).with_context(|| profile.display().to_string())?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    Ok(total.with_context(|| format!("no totals in {}", profile.display()))?.trim().parse()?)
}
