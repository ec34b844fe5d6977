//! Arguments, one command, an exit code: 0 done, 1 failed, 2 wrong usage.

use anyhow::Result;
use atelier::config::Command;
use atelier::tokens::Tokens;
use atelier::{logger, schema, serve};
use atelier_import::progress::Show;
use atelier_import::{generate, import};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = Command::parse(std::env::args_os());
    let command = match command.and_then(|command| logger::start().map(|()| command)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(2);
        }
    };
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
        Command::Print(text) => print(&text),
        Command::Check(config) => {
            config.tokens.as_deref().map(Tokens::read).transpose()?;
            print(&config.to_lines());
        }
        Command::Serve(config) => serve::run(&config)?,
        Command::Generate { directory, products, seed } => {
            let options = generate::Options { directory, products, seed, show: Show::Auto };
            for file in generate::run(&options)? {
                let generate::FileSummary { name, rows, bytes } = file;
                print(&format!("{name:<28}{rows:>12} rows {bytes:>14} bytes\n"));
            }
        }
        Command::Import { options, is_dry: true, .. } => {
            print(&format!("{}\n", import::dry_run(&options)?));
        }
        Command::Import { options, is_dry: false, config } => {
            serve::end_import_by_signal()?;
            // The files first: a database is not made for those that cannot be imported.
            import::check(&options)?;
            let (_source, target) = serve::open_database(&config, true)?;
            drop(schema::claim(&target)?);
            let report = serve::import(&options, &target)?;
            print(&format!("{report}\n"));
        }
    }
    Ok(())
}

/// Prints to standard output. What was asked for is done, whether or not anybody reads of it.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
