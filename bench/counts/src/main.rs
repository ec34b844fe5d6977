//! The instructions that the hot path takes, counted by callgrind and held against those on record.
//! Counts have no noise, so that this tells of a step that has become dearer by 5 %, where
//! `bench/gate`, which measures time, tells of a route.

mod benchmarks;
mod callgrind;
mod data;
mod record;
mod rows;

use anyhow::{Context, Result};
use record::{GROWTH_MAX_PERCENT, Record, Verdict};
use std::fs;
use std::process::{Command, ExitCode};

const USAGE: &str = "usage: atelier-counts [--write]";
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/counts.toml");

fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        None => check(),
        Some("--write") => write(),
        Some(callgrind::INSIDE) => {
            callgrind::run_inside();
            Ok(true)
        }
        Some(_) => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Tells what has changed; whether nothing takes more than it may.
fn check() -> Result<bool> {
    let text = fs::read_to_string(RECORD).context("bench/counts/counts.toml")?;
    let before = Record::parse(&text).context("bench/counts/counts.toml")?;
    let after = count()?;
    let changes = before.changes(&after);
    for change in &changes {
        println!("{change}");
    }
    let any = |verdict| changes.iter().any(|change| change.verdict() == verdict);
    if any(Verdict::Unpaired) {
        eprintln!("error: other benchmarks than on record: make counts ARGS=--write");
        return Ok(false);
    }
    if before.counted_with != after.counted_with {
        println!(
            "counts: on record are those of {}, these are of {}: no difference fails",
            before.counted_with, after.counted_with
        );
        return Ok(true);
    }
    if any(Verdict::Grown) {
        let profiles = callgrind::profiles()?;
        eprintln!(
            "error: more than {GROWTH_MAX_PERCENT} % above bench/counts/counts.toml\n\
             where they go: callgrind_annotate --threshold=100 {}/NAME.out\n\
             if they are worth it: make counts ARGS=--write",
            profiles.display()
        );
        return Ok(false);
    }
    if any(Verdict::Shrunk) {
        println!("counts: fewer than on record; to keep it so: make counts ARGS=--write");
    }
    println!("counts: none of {} grew by more than {GROWTH_MAX_PERCENT} %", after.counts.len());
    Ok(true)
}

fn write() -> Result<bool> {
    let record = count()?;
    fs::write(RECORD, record.to_string()).context("bench/counts/counts.toml")?;
    println!("counts: {} written to bench/counts/counts.toml", record.counts.len());
    Ok(true)
}

fn count() -> Result<Record> {
    Ok(Record { counted_with: counted_with()?, counts: callgrind::count()? })
}

/// The compiler, and what of the processor makes libraries take other ways; valgrind has the same
/// up to AVX2.
fn counted_with() -> Result<String> {
    let rustc = Command::new("rustc")
        .arg("--version")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .context("rustc cannot be run")?;
    let rustc = String::from_utf8_lossy(&rustc.stdout);
    let version: Vec<&str> = rustc.split(' ').take(2).collect();
    Ok(format!("{}, {}", version.join(" "), processor()))
}

#[cfg(target_arch = "x86_64")]
fn processor() -> &'static str {
    if is_x86_feature_detected!("avx2") { "x86_64 with AVX2" } else { "x86_64 without AVX2" }
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> &'static str {
    std::env::consts::ARCH
}
