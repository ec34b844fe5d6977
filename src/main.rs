//! Arguments, one command, an exit code: 0 done, 1 failed, 2 wrong usage.

use anyhow::Result;
use atelier::config::Command;
use atelier::{logger, schema, serve};
use atelier_import::generate;
use atelier_import::progress::Show;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match Command::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(2);
        }
    };
    logger::start();
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Print(text) => print!("{text}"),
        Command::Check(config) => print!("{}", config.to_lines()),
        Command::Serve(config) => serve::run(&config)?,
        Command::Generate { directory, products, seed } => {
            let options = generate::Options { directory, products, seed, show: Show::Auto };
            for file in generate::run(&options)? {
                println!("{:<28}{:>12} rows {:>14} bytes", file.name, file.rows, file.bytes);
            }
        }
        Command::Import { directory, rejects, config } => {
            let (_source, target) = serve::open_database(&config, true)?;
            drop(schema::claim(&target)?);
            let report = serve::import(&directory, rejects.as_deref(), &target, Show::Auto)?;
            println!("{report}");
        }
    }
    Ok(())
}
