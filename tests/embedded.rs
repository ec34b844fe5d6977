//! The embedded database with a real PostgreSQL: first start, restart, a second atelier, death of
//! every process involved, and the errors that people meet. Works as root and as a plain user.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

use atelier::embedded::{Embedded, Opened, Options, default_data_directory};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, getpgid, getpgrp};
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything here may take on a busy machine; usually 0.1 s.
const DEADLINE: Duration = Duration::from_secs(30);

/// Names the data directory for a copy of this program that plays an atelier to be killed.
const VICTIM: &str = "ATELIER_TEST_VICTIM";

/// PostgreSQL's own file that says which process runs the cluster.
const PID_FILE: &str = "postgres/postmaster.pid";

/// A temporary directory that PostgreSQL's user can enter, and the options for `data` in it.
fn place() -> (TempDir, Options) {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let options = Options::new(place.path().join("data"));
    (place, options)
}

fn started(options: &Options) -> Embedded {
    match Embedded::open(options).unwrap() {
        Opened::Started(embedded) => embedded,
        Opened::Running { .. } => {
            panic!("something else runs {}", options.data_directory.display())
        }
    }
}

/// The error's line, which must be one.
fn error(options: &Options) -> String {
    let line = format!("{:#}", Embedded::open(options).expect_err("it opened"));
    assert!(!line.contains('\n'), "{line}");
    line
}

/// Runs statements, and returns the first column of all rows: just enough of the protocol.
fn ask(socket_directory: &Path, statements: &str) -> io::Result<Vec<String>> {
    let mut stream = UnixStream::connect(socket_directory.join(".s.PGSQL.5432"))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    let start = b"\0\x03\0\0user\0postgres\0database\0atelier\0\0";
    let mut message = u32::try_from(start.len() + 4).unwrap().to_be_bytes().to_vec();
    message.extend(start);
    message.push(b'Q');
    message.extend(u32::try_from(statements.len() + 5).unwrap().to_be_bytes());
    message.extend(statements.as_bytes());
    message.push(0);
    stream.write_all(&message)?;
    let mut values = Vec::new();
    let mut readies = 0;
    loop {
        let mut head = [0; 5];
        stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        let mut body = vec![0; length as usize - 4];
        stream.read_exact(&mut body)?;
        match head[0] {
            // The count of columns, the length of the first, the first.
            b'D' => {
                let end = 6 + u32::from_be_bytes(body[2..6].try_into().unwrap()) as usize;
                values.push(String::from_utf8(body[6..end].to_vec()).unwrap());
            }
            b'E' => return Err(io::Error::other(String::from_utf8_lossy(&body).into_owned())),
            // Once after the start, once after the statements.
            b'Z' if readies == 1 => return Ok(values),
            b'Z' => readies += 1,
            _ => (),
        }
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs; one that has ended does not, even if nobody has waited for it yet.
fn lives(process: Pid) -> bool {
    match fs::read(format!("/proc/{process}/cmdline")) {
        Ok(arguments) => !arguments.is_empty(),
        Err(_) => !Path::new("/proc/self").exists() && kill(process, None).is_ok(),
    }
}

/// The postmaster's process id as its file says.
fn postmaster(data: &Path) -> Option<Pid> {
    let text = fs::read_to_string(data.join(PID_FILE)).ok()?;
    Some(Pid::from_raw(text.lines().next()?.parse().ok()?))
}

#[test]
fn data_survive_a_restart_which_takes_less_than_a_second() {
    let (_place, options) = place();
    let mut embedded = started(&options);
    let socket = embedded.socket_directory().to_path_buf();
    assert_eq!(ask(&socket, "create table t (v int); insert into t values (42)").unwrap().len(), 0);
    embedded.stop().unwrap();
    assert!(embedded.has_exited().unwrap().success());
    assert!(ask(&socket, "select 1").is_err());
    drop(embedded);

    let start = Instant::now();
    let mut embedded = started(&options);
    let took = start.elapsed();
    assert_eq!(ask(&socket, "select v from t").unwrap(), ["42"]);
    assert!(took < Duration::from_secs(1), "the restart took {took:?}");
    assert!(embedded.has_exited().is_none());
    embedded.stop().unwrap();
}

#[test]
fn only_its_user_reaches_it_and_there_is_no_tcp() {
    let (_place, options) = place();
    let embedded = started(&options);
    let ask = |statement: &str| ask(embedded.socket_directory(), statement).unwrap();
    assert_eq!(ask("show listen_addresses"), [""]);
    assert_eq!(ask("show server_encoding"), ["UTF8"]);
    assert_eq!(ask("show timezone"), ["UTC"]);
    assert_eq!(ask("show server_version")[0].split(' ').next(), Some(embedded.version()));
    let directory = fs::metadata(embedded.socket_directory()).unwrap();
    assert_eq!(directory.mode() & 0o777, 0o700);
    assert_ne!(directory.uid(), 0, "PostgreSQL refuses root");
    let host = embedded.socket_directory().to_str().unwrap();
    assert_eq!(embedded.url(), format!("postgres://postgres@/atelier?host={host}"));
}

#[test]
fn ctrl_c_does_not_reach_the_database_before_the_server_is_done() {
    let (_place, options) = place();
    let embedded = started(&options);
    let process = Pid::from_raw(i32::try_from(embedded.process_id()).unwrap());
    assert_ne!(getpgid(Some(process)).unwrap(), getpgrp());
}

#[test]
fn second_atelier_is_told_that_the_database_runs() {
    let (_place, options) = place();
    let embedded = started(&options);
    let Opened::Running { socket_directory, url } = Embedded::open(&options).unwrap() else {
        panic!("started twice");
    };
    assert_eq!(url, embedded.url());
    assert_eq!(ask(&socket_directory, "select 7").unwrap(), ["7"]);
}

#[test]
fn dropped_database_has_ended() {
    let (_place, options) = place();
    let embedded = started(&options);
    let process = postmaster(&options.data_directory).unwrap();
    assert!(lives(process));
    drop(embedded);
    assert!(!lives(process));
}

#[test]
fn database_outlives_the_thread_that_opened_it() {
    let (_place, options) = place();
    let mut embedded = std::thread::spawn(move || started(&options)).join().unwrap();
    sleep(Duration::from_millis(200));
    assert!(embedded.has_exited().is_none());
    assert_eq!(ask(embedded.socket_directory(), "select 1").unwrap(), ["1"]);
}

#[test]
fn killed_atelier_leaves_no_orphan_and_the_next_start_goes_on() {
    if let Some(data) = std::env::var_os(VICTIM) {
        let embedded = started(&Options::new(data));
        ask(embedded.socket_directory(), "create table t (); select pg_sleep(600)").unwrap();
        unreachable!("it outlived its killer");
    }
    let (_place, options) = place();
    for restart_at_once in [false, true] {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("embedded::killed_atelier_leaves_no_orphan_and_the_next_start_goes_on")
            .env(VICTIM, &options.data_directory)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let socket = options.data_directory.join("run");
        let sleeps = "select count(*) from pg_stat_activity where query like '%pg_sleep(600)%' \
                      and pid <> pg_backend_pid()";
        wait_until("the victim works", || ask(&socket, sleeps).is_ok_and(|rows| rows[0] == "1"));
        let process = postmaster(&options.data_directory).unwrap();
        victim.kill().unwrap();
        victim.wait().unwrap();
        if !restart_at_once {
            wait_until("the orphan ended", || !lives(process));
        }
        let mut embedded = started(&options);
        assert!(!lives(process));
        // The statements of one query are one transaction, which was not done.
        assert_eq!(
            ask(&socket, "select count(*) from pg_class where relname = 't'").unwrap(),
            ["0"]
        );
        embedded.stop().unwrap();
    }
}

#[test]
fn killed_postgres_is_noticed_and_recovers() {
    let (_place, options) = place();
    let mut embedded = started(&options);
    let socket = embedded.socket_directory().to_path_buf();
    ask(&socket, "create table t (v int); insert into t values (1)").unwrap();
    kill(postmaster(&options.data_directory).unwrap(), Signal::SIGKILL).unwrap();
    wait_until("its end is noticed", || embedded.has_exited().is_some());
    embedded.stop().unwrap();
    drop(embedded);
    let embedded = started(&options);
    assert_eq!(ask(embedded.socket_directory(), "select v from t").unwrap(), ["1"]);
}

#[test]
fn process_id_that_is_another_programs_now_does_not_matter() {
    let (_place, options) = place();
    let mut embedded = started(&options);
    let socket = embedded.socket_directory().to_path_buf();
    kill(postmaster(&options.data_directory).unwrap(), Signal::SIGKILL).unwrap();
    wait_until("its end is noticed", || embedded.has_exited().is_some());
    drop(embedded);

    let mut other = Command::new("sleep");
    other.arg("600");
    let owner = fs::metadata(&socket).unwrap();
    if Uid::effective().is_root() {
        // PostgreSQL only minds processes of its own user.
        other.uid(owner.uid()).gid(owner.gid());
    }
    let mut other = other.spawn().unwrap();
    for path in [socket.join(".s.PGSQL.5432.lock"), options.data_directory.join(PID_FILE)] {
        let text = fs::read_to_string(&path).unwrap();
        let (_, rest) = text.split_once('\n').unwrap();
        fs::write(&path, format!("{}\n{rest}", other.id())).unwrap();
    }
    let embedded = Embedded::open(&options);
    let other_lives = other.try_wait().unwrap().is_none();
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(matches!(embedded.unwrap(), Opened::Started(_)));
    assert!(other_lives, "the other program was ended");
}

#[test]
fn interrupted_making_leaves_nothing() {
    let (_place, options) = place();
    let unfinished = options.data_directory.join("postgres.new-1");
    fs::create_dir_all(unfinished.join("base")).unwrap();
    fs::set_permissions(&options.data_directory, Permissions::from_mode(0o755)).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let embedded = started(&options);
    assert!(!unfinished.exists());
    assert_eq!(ask(embedded.socket_directory(), "select 1").unwrap(), ["1"]);
}

#[test]
fn cluster_of_another_version_is_one_line_saying_which() {
    let (_place, options) = place();
    started(&options).stop().unwrap();
    fs::write(options.data_directory.join("postgres/PG_VERSION"), "13\n").unwrap();
    let line = error(&options);
    let start = "the data directory was made by PostgreSQL 13, which is not installed (found: ";
    assert!(line.starts_with(start) && line.contains("--data-dir"), "{line}");
}

#[test]
fn directory_without_postgres_is_one_line_saying_so() {
    let (place, mut options) = place();
    options.postgres_bin = Some(place.path().to_path_buf());
    let line = error(&options);
    assert!(line.starts_with("--postgres-bin: there are no working postgres and"), "{line}");
    assert!(!options.data_directory.exists(), "something was made in vain");
}

#[test]
fn failed_start_is_one_line_with_what_postgres_says() {
    let (_place, options) = place();
    started(&options).stop().unwrap();
    fs::remove_file(options.data_directory.join("postgres/global/pg_control")).unwrap();
    let line = error(&options);
    assert!(line.starts_with("PostgreSQL did not start: "), "{line}");
    assert!(line.contains("could not find the database system"), "{line}");
    assert!(line.contains("postgres.log"), "{line}");
}

#[test]
fn over_long_directory_is_one_line_with_the_bound() {
    let (place, mut options) = place();
    options.data_directory = place.path().join("d".repeat(100));
    let line = error(&options);
    assert!(line.starts_with("the path of the database's socket in "), "{line}");
    assert!(line.contains(" is the most: choose a shorter --data-dir"), "{line}");
}

#[test]
fn closed_directory_is_one_line_saying_so() {
    let (place, mut options) = place();
    let closed = place.path().join("closed");
    fs::create_dir(&closed).unwrap();
    options.data_directory = closed.join("data");
    // Root may do everything, but the user that PostgreSQL runs as may not.
    let (mode, wanted) = if Uid::effective().is_root() {
        (0o700, "cannot enter ")
    } else {
        (0o500, "cannot create ")
    };
    fs::set_permissions(&closed, Permissions::from_mode(mode)).unwrap();
    let line = error(&options);
    assert!(line.contains(wanted) && line.contains(closed.to_str().unwrap()), "{line}");
    assert!(line.contains("--data-dir"), "{line}");
}

#[test]
fn default_data_directory_fits_the_user() {
    let directory = default_data_directory();
    if Uid::effective().is_root() {
        assert_eq!(directory, PathBuf::from("/var/lib/atelier"));
    } else {
        let name = directory.file_name().unwrap();
        assert!(name == "atelier" || name == ".atelier", "{}", directory.display());
    }
}
