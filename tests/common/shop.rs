//! A server process on free ports, stopped when the test ends.

use super::client::{Response, exchange, exchange_as};
use super::{Database, PATIENCE, wait_until};
use std::io::{BufRead, BufReader};
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A running `atelier serve`; it must not outlive the database that it serves.
pub struct Shop<'d> {
    pub address: SocketAddr,
    pub admin: SocketAddr,
    child: Child,
    database: PhantomData<&'d Database>,
}

impl<'d> Shop<'d> {
    /// Serves `database`, with one worker.
    pub fn of(database: &'d Database) -> Self {
        Self::with(database, &[])
    }

    /// Serves `database` with more arguments; a flag given here overrides the usual ones.
    pub fn with(database: &'d Database, arguments: &[&str]) -> Self {
        let shop = Self::unready(&["--database-url", &database.url], arguments);
        wait_until("the shop is ready", || shop.ready());
        shop
    }

    /// As [`Shop::with`], in a process that may have so many descriptors open.
    pub fn with_descriptors(descriptors: u32, database: &'d Database) -> Self {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_atelier")]);
        let shop = Self::launch(command, &["--database-url", &database.url], &[])
            .unwrap_or_else(|output| panic!("no start: {output}"));
        wait_until("the shop is ready", || shop.ready());
        shop
    }

    /// Starts a server and waits for its ports only.
    pub fn unready(database: &[&str], arguments: &[&str]) -> Self {
        Self::try_start(database, arguments).unwrap_or_else(|output| panic!("no start: {output}"))
    }

    /// As [`Shop::unready`]; what the server printed when it ended instead.
    pub fn try_start(database: &[&str], arguments: &[&str]) -> Result<Self, String> {
        Self::launch(Command::new(env!("CARGO_BIN_EXE_atelier")), database, arguments)
    }

    fn launch(mut command: Command, database: &[&str], arguments: &[&str]) -> Result<Self, String> {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", "1"])
            .args(database)
            .args(arguments)
            .env("RUST_BACKTRACE", "0")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        // Reads on after the start, so that the server never waits for a reader.
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        let mut printed = String::new();
        while let Ok(line) = lines.recv_timeout(PATIENCE) {
            // atelier serves on http://ADDRESS  (metrics: http://ADDRESS/metrics)
            let mut addresses = line.split("http://").skip(1).map(|rest| {
                rest.split([' ', '/', ')']).next().unwrap().parse::<SocketAddr>().unwrap()
            });
            if let (true, Some(address), Some(admin)) =
                (line.starts_with("atelier serves"), addresses.next(), addresses.next())
            {
                return Ok(Self { address, admin, child, database: PhantomData });
            }
            printed.push_str(&line);
            printed.push('\n');
        }
        let status = child.wait().unwrap();
        Err(format!("{status}\n{printed}"))
    }

    pub fn process_id(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    pub fn ready(&self) -> bool {
        exchange(self.admin, "GET", "/ready", None).status == 200
    }

    pub fn metrics(&self) -> String {
        exchange(self.admin, "GET", "/metrics", None).body
    }

    pub fn get(&self, path: &str) -> Response {
        exchange(self.address, "GET", path, None)
    }

    pub fn put(&self, path: &str) -> Response {
        exchange(self.address, "PUT", path, None)
    }

    pub fn post(&self, path: &str, body: &str) -> Response {
        exchange(self.address, "POST", path, Some(body))
    }

    pub fn get_as(&self, token: &str, path: &str) -> Response {
        exchange_as(self.address, Some(token), "GET", path, None)
    }

    pub fn post_as(&self, token: &str, path: &str, body: &str) -> Response {
        exchange_as(self.address, Some(token), "POST", path, Some(body))
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.process_id()), signal).unwrap();
    }

    /// Waits for the process to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the server ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Shop<'_> {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal(nix::sys::signal::Signal::SIGTERM);
            for _ in 0..500 {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
