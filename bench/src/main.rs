//! Arguments, one command, an exit code: 0 done, 1 failed or voided, 2 wrong usage.

mod arguments;
mod cgroup;
mod client;
mod compare;
mod driver;
mod gate;
mod machine;
mod measure;
mod micro;
mod oha;
mod peer;
mod plan;
mod plot;
mod postgres;
mod process;
mod record;
mod reply;
mod report;
mod run;
mod scratch;
mod session;
mod statistics;
mod template;
mod usage;
mod workload;

use anyhow::Result;
use arguments::{Command, USAGE};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match Command::parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(2);
        }
    };
    match carry_out(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well and nothing was found wrong.
fn carry_out(command: Command) -> Result<bool> {
    match command {
        Command::Help => {
            println!("{USAGE}");
            Ok(true)
        }
        Command::Run(options) => run::run(&options),
        Command::Gate(options) => gate::run(&options),
        Command::Micro(options) => micro::run(&options),
        Command::Report { folders, publish } => {
            for folder in folders {
                if folder.join(micro::FILE).exists() {
                    micro::report(&folder)?;
                    continue;
                }
                let run = record::Run::read(&folder)?;
                report::write(&run, &folder)?;
                if publish {
                    report::publish(&run, &folder, &Path::new(PACKAGE).join("README.md"))?;
                }
            }
            Ok(true)
        }
    }
}

/// Where this package lies, with its workloads and peers.
const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");
