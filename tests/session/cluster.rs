//! A PostgreSQL server that also listens on TCP and knows users of every log-in, which the one of
//! all other tests does not: started by the first test that asks, stopped and removed with the
//! last that holds it.

use crate::common::{cluster, wait_until};
use atelier::postgres::session::Session;
use atelier::postgres::url::Target;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use std::env;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// How each user logs in over TCP; on the socket everybody is trusted.
const HBA: &str = "\
local all all trust
host all cleartext_user 127.0.0.1/32 password
host all md5_user 127.0.0.1/32 md5
host all scram_user 127.0.0.1/32 scram-sha-256
host all postgres 127.0.0.1/32 trust
";

pub struct Cluster {
    directory: tempfile::TempDir,
    port: u16,
    server: Child,
}

impl Cluster {
    /// The server that all tests running at the moment share.
    pub fn shared() -> Arc<Cluster> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        // A test that failed to start a server has poisoned the lock; the next may try again.
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let cluster = Arc::new(Cluster::start());
            *shared = Arc::downgrade(&cluster);
            cluster
        })
    }

    fn start() -> Cluster {
        let directory = tempfile::Builder::new().prefix("atelier-session-").tempdir().unwrap();
        // PostgreSQL refuses to run as root and runs as `postgres` then, who enters here too.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
        let data = directory.path().join("data");
        let initdb = command("initdb", directory.path())
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .arg("--no-sync")
            .arg("--pgdata")
            .arg(&data)
            .output()
            .unwrap();
        assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
        fs::write(data.join("pg_hba.conf"), HBA).unwrap();

        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = fs::File::create(directory.path().join("log")).unwrap();
        let server = command("postgres", directory.path())
            .args(["-F", "-h", "127.0.0.1", "-p", &port.to_string(), "-D"])
            .arg(&data)
            .arg("-k")
            .arg(directory.path())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut cluster = Cluster { directory, port, server };
        let mut session = cluster.first_session();
        let place = session.rows("show data_directory").unwrap();
        assert_eq!(place[0][0].as_deref().map(Path::new), Some(data.as_path()));
        session
            .execute(
                "create role cleartext_user login password 'p@ss:w/rd %ü';
                 create role scram_user login password 'p@ss:w/rd %ü';
                 set password_encryption = 'md5';
                 create role md5_user login password 'p@ss:w/rd %ü'",
            )
            .unwrap();
        cluster
    }

    fn first_session(&mut self) -> Session {
        let mut session = None;
        wait_until("PostgreSQL takes connections", || {
            if let Some(status) = self.server.try_wait().unwrap() {
                let log = fs::read_to_string(self.directory.path().join("log")).unwrap();
                panic!("postgres ended with {status}: {log}");
            }
            session = Session::connect(&self.local()).ok();
            session.is_some()
        });
        session.unwrap()
    }

    /// The superuser over the unix socket.
    pub fn local(&self) -> Target {
        let directory = self.directory.path().display();
        let port = self.port;
        Target::parse(&format!("postgres://postgres@/postgres?host={directory}&port={port}"))
            .unwrap()
    }

    /// `login` is the part of the URL before the `@`.
    pub fn tcp(&self, login: &str) -> Target {
        let port = self.port;
        Target::parse(&format!("postgres://{login}@127.0.0.1:{port}/postgres")).unwrap()
    }

    pub fn session(&self) -> Session {
        Session::connect(&self.local()).unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let server = Pid::from_raw(self.server.id().try_into().unwrap());
        // A server that has died by itself leaves nothing to stop.
        let _ = kill(server, Signal::SIGINT);
        let _ = self.server.wait();
    }
}

/// A program of the PostgreSQL that the other tests' server is of.
fn command(program: &str, directory: &Path) -> Command {
    let place = cluster().session().rows("select setting from pg_config where name = 'BINDIR'");
    let program = Path::new(place.unwrap()[0][0].as_ref().unwrap()).join(program);
    let mut command = if geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null());
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("PG")) {
        command.env_remove(name);
    }
    command
}
