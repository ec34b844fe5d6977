//! Start: database, workers, ports. Stop: ports, requests under way, database.

use crate::admin::Admin;
use crate::app::{COMMON_HEADERS, Doorway};
use crate::campus::Campus;
use crate::config::{Config, SAMPLE_SEED};
use crate::embedded::{Embedded, Opened};
use crate::http::{Limits, Server, raise_descriptor_limit};
use crate::loader::SessionLoaders;
use crate::postgres::{self, Target};
use crate::tokens::Tokens;
use crate::worker::{self, Workers};
use crate::{database, embedded, schema};
use anyhow::{Context, Result, bail};
use atelier_import::progress::Show;
use atelier_import::{generate, import};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Descriptors kept for what is no client: the event loops, the logs, the admin port.
const DESCRIPTORS_RESERVED: usize = 96;
/// Clients of the admin port at once.
const ADMIN_CONNECTIONS_MAX: usize = 32;
/// How long the start waits for the workers' connections before it goes on without them.
const READY_DEADLINE: Duration = Duration::from_secs(5);
/// How often the main thread looks after the embedded database.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// Between attempts to start an embedded database that ended by itself.
const RESTART_INTERVAL: Duration = Duration::from_secs(2);

/// The database in use.
pub enum Source {
    /// Ours: it ends with us. `None` while it could not be started again.
    Embedded(Option<Box<Embedded>>),
    /// Somebody else's.
    Given,
}

/// Set once a signal has somebody to tell of it.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Prints a line. That nobody reads it any more is no reason to end, as `println!` would.
macro_rules! say {
    ($($argument:tt)*) => {
        let _ = writeln!(io::stdout(), $($argument)*);
    };
}

/// Opens the database that `config` names; `Running` embedded ones only when `shared`.
///
/// # Errors
/// When there is none, or another process serves it.
pub fn open_database(config: &Config, shared: bool) -> Result<(Source, Target)> {
    if let Some(target) = &config.database {
        return Ok((Source::Given, target.clone()));
    }
    match Embedded::open(&embedded_options(config))? {
        Opened::Started(embedded) => {
            let target = Target::parse(&embedded.url())?;
            Ok((Source::Embedded(Some(Box::new(embedded))), target))
        }
        Opened::Running { url, .. } if shared => Ok((Source::Given, Target::parse(&url)?)),
        Opened::Running { .. } => bail!(
            "another atelier uses {}: stop it, or give another --data-dir",
            config.data_directory.display()
        ),
    }
}

fn embedded_options(config: &Config) -> embedded::Options {
    let mut options = embedded::Options::new(&config.data_directory);
    options.postgres_bin.clone_from(&config.postgres_bin);
    options.connections_max += config.workers * database::connections_of_a_worker();
    options
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start.
pub fn run(config: &Config) -> Result<()> {
    let tokens = config.tokens.as_deref().map(Tokens::read).transpose()?.map(Arc::new);
    let signals = signals(tokens.clone())?;
    let doorway = Doorway { campus: config.campus.as_deref().map(Arc::from), tokens };
    // The ports first: a start that fails for them leaves nothing behind.
    let public = bind(config.listen, "--listen")?;
    let admin = bind(config.admin, "--admin")?;
    let limits = config.limits(descriptors_for_clients(config)?);
    worker::configure_runtime(config.workers);
    let workers = Workers::start(config.workers)?;
    let running = Running::start(workers, admin, limits)?;
    let (mut source, target) = open_database(config, false)?;
    let mut state = schema::ensure(&target)?;
    if state.is_empty && config.sample_products > 0 && matches!(source, Source::Embedded(_)) {
        import_sample(config, &target)?;
        state.is_empty = false;
    }
    running.serve(config, &target, public, limits, &doorway)?;
    STARTED.store(true, Ordering::Relaxed);
    running.announce(config, state.is_empty);
    wait_for_stop(config, &signals, &mut source);
    running.stop(config, &signals);
    postgres::close();
    if let Source::Embedded(Some(embedded)) = &mut source {
        embedded.stop()?;
    }
    say!("stopped");
    Ok(())
}

/// Descriptors that clients may take, as far as the limit can be raised.
fn descriptors_for_clients(config: &Config) -> Result<usize> {
    let reserved = DESCRIPTORS_RESERVED
        + ADMIN_CONNECTIONS_MAX
        + config.workers * database::connections_of_a_worker();
    let descriptors = raise_descriptor_limit();
    match descriptors.checked_sub(reserved) {
        Some(free) if free > 0 => Ok(free),
        _ => bail!("only {descriptors} descriptors: raise the limit above {reserved} (ulimit -n)"),
    }
}

/// Everything that serves.
struct Running {
    workers: Arc<Workers>,
    admin: Server,
    /// Set once there is a database.
    public: Arc<OnceLock<Server>>,
}

impl Running {
    /// Serves the admin port: it answers from now on, however long the database takes.
    fn start(workers: Arc<Workers>, admin: TcpListener, limits: Limits) -> Result<Self> {
        let public = Arc::default();
        let told = Admin { workers: Arc::clone(&workers), public: Arc::clone(&public) };
        let limits = Limits { connections_max: ADMIN_CONNECTIONS_MAX, ..limits };
        let admin = Server::start(admin, limits, "", move || Rc::new(told.clone()))?;
        Ok(Self { workers, admin, public })
    }

    /// Connects the workers and serves the public port.
    fn serve(
        &self,
        config: &Config,
        target: &Target,
        public: TcpListener,
        limits: Limits,
        doorway: &Doorway,
    ) -> Result<()> {
        self.workers.connect(target, config.database_deadline, doorway)?;
        let public = Server::start(public, limits, COMMON_HEADERS, worker::app)?;
        let _ = self.public.set(public);
        let deadline = Instant::now() + READY_DEADLINE;
        while !self.workers.ready() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn announce(&self, config: &Config, is_empty: bool) {
        let Some(address) = self.public.get().map(Server::address) else { return };
        let admin = self.admin.address();
        say!("atelier serves on http://{address}  (metrics: http://{admin}/metrics)");
        if let Some(name) = config.campus.as_deref().filter(|name| !Campus::named(name).is_known())
        {
            say!("no campus {name} is known: its list shows the ids of hr-rfp's");
        }
        if !self.workers.ready() {
            say!("the database does not answer yet: serving 503 until it does");
        } else if is_empty {
            say!("the database is empty: fill it with `atelier import DIR`, also while this runs");
        } else if config.tokens.is_some() {
            say!(
                "try, with a token of your list for TOKEN:\n  \
                 curl -H 'Authorization: TOKEN' 'http://{address}/products/1'"
            );
        } else {
            say!(
                "try, or look at http://{address}/ and http://{address}/docs:\n  \
                 curl 'http://{address}/products/1'\n  \
                 curl 'http://{address}/reviews?product_id=1&sort=newest'\n  \
                 curl -i -X PUT 'http://{address}/qa/questions/1/helpful'"
            );
        }
    }

    /// Lets requests under way end; a second signal ends the wait.
    fn stop(&self, config: &Config, signals: &Receiver<i32>) {
        let Some(public) = self.public.get() else { return };
        public.stop();
        self.workers.stop();
        let deadline = Instant::now() + config.drain_deadline;
        while !public.has_stopped() && Instant::now() < deadline {
            if signals.recv_timeout(Duration::from_millis(20)).is_ok() {
                say!("stopping without waiting any longer");
                return;
            }
        }
    }
}

/// Waits for a signal, and restarts an embedded database that ended by itself.
fn wait_for_stop(config: &Config, signals: &Receiver<i32>, source: &mut Source) {
    let mut restart_due = Instant::now();
    while matches!(signals.recv_timeout(LOOK_INTERVAL), Err(RecvTimeoutError::Timeout)) {
        if let Source::Embedded(database) = source
            && database.as_mut().is_none_or(|embedded| embedded.has_exited().is_some())
            && Instant::now() >= restart_due
        {
            log::error!("the embedded database ended by itself; starting it again");
            restart_due = Instant::now() + RESTART_INTERVAL;
            // Its lock goes with it.
            *database = None;
            match Embedded::open(&embedded_options(config)) {
                Ok(Opened::Started(embedded)) => *database = Some(Box::new(embedded)),
                Ok(Opened::Running { .. }) => log::error!("another process has started it"),
                Err(error) => log::error!("{error:#}"),
            }
        }
    }
    say!("stopping");
}

/// The signals that end the process. Without tokens to read again SIGHUP is left alone: it ends a
/// server whose terminal is closed.
fn signals(tokens: Option<Arc<Tokens>>) -> Result<Receiver<i32>> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("cannot handle signals")?;
    if tokens.is_some() {
        signals.add_signal(SIGHUP).context("cannot handle signals")?;
    }
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if let (SIGHUP, Some(tokens)) = (signal, &tokens) {
                match tokens.reload() {
                    Ok(count) => {
                        say!("tokens that are let in: {count}");
                    }
                    Err(error) => log::error!("the old tokens stay: {error:#}"),
                }
                continue;
            }
            // Until there is something to stop with care, the process just ends: the embedded
            // database ends with it, and what was half made is made anew by the next start.
            if !STARTED.load(Ordering::Relaxed) {
                eprintln!("error: stopped before the start was over");
                std::process::exit(1);
            }
            if sender.send(signal).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener> {
    Server::bind(address)
        .with_context(|| format!("cannot listen on {address}; give another address with {flag}"))
}

/// Fills an empty database with a small shop.
fn import_sample(config: &Config, target: &Target) -> Result<()> {
    let products = config.sample_products;
    say!("making a sample shop of {products} products; this happens once");
    let directory = tempfile::tempdir().context("cannot make a directory for the sample")?;
    let options = generate::Options {
        directory: directory.path().to_owned(),
        products,
        seed: SAMPLE_SEED,
        show: Show::Hidden,
    };
    generate::run(&options)?;
    let options = import::Options::new(directory.path(), Show::Hidden);
    import(&options, target).context("cannot import the sample")?;
    Ok(())
}

/// Has SIGINT and SIGTERM end an import with a line that says what becomes of the data. An embedded
/// database that was started for it ends with the process.
///
/// # Errors
/// When signals cannot be handled.
pub fn end_import_by_signal() -> Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("cannot handle signals")?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if signals.forever().next().is_some() {
            let what = if import::has_swapped() {
                "the new data serves already"
            } else {
                "the data that served before still serves, \
                 what was loaded is removed by the next import"
            };
            eprintln!("error: stopped; {what}");
            std::process::exit(1);
        }
    })?;
    Ok(())
}

/// Loads files into the database of `target`.
///
/// # Errors
/// When a file cannot be read or the database does not take it; the old data is then left.
pub fn import(options: &import::Options, target: &Target) -> Result<import::Report> {
    import::run(options, &SessionLoaders(target))
}
