//! The server whose database dies, stops, hangs or is locked: every request gets its answer or 503
//! in time, nothing acknowledged is lost, and all is well again without help.

use crate::common::{Database, Response, Shop, cluster, exchange, wait_until};
use atelier::embedded::{Embedded, Opened, Options};
use atelier::postgres::{Session, Target};
use atelier::schema;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The deadline that most shops here run with, and what an answer may take on a busy machine.
const DEADLINE: &[&str] = &["--database-deadline-ms", "1000"];
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// One of each class: a read of one row, a read of many, a write.
const REQUESTS: [(&str, &str); 3] = [
    ("GET", "/reviews/meta?product_id=1"),
    ("GET", "/reviews?product_id=1"),
    ("PUT", "/reviews/1/helpful"),
];

/// A refusal that says when to try again; or, of a write that may have been done, that it may.
fn is_503(reply: &Response) -> bool {
    let unknown = reply.body.contains("may or may not have been saved");
    reply.status == 503 && reply.header("retry-after").is_some() != unknown
}

/// Whether requests of all classes are answered as if nothing had been.
fn is_well(shop: &Shop<'_>) -> bool {
    let ask = |(method, path)| exchange(shop.address, method, path, None).status;
    shop.ready() && REQUESTS.map(ask) == [200, 200, 204]
}

/// Ends all connections to `database`.
fn terminate(database: &Database) {
    let sql = format!(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'",
        database.name
    );
    cluster().session().execute(&sql).unwrap();
}

#[test]
fn killed_backends_cost_some_503s_and_nothing_else() {
    let database = cluster().sample();
    let shop = Shop::with(&database, &["--workers", "2"]);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking: Vec<_> = REQUESTS
            .iter()
            .cycle()
            .take(6)
            .map(|(method, path)| {
                let (done, address) = (&done, shop.address);
                scope.spawn(move || {
                    let mut statuses = Vec::new();
                    while !done.load(Ordering::Relaxed) {
                        let reply = exchange(address, method, path, None);
                        assert!(reply.status != 503 || is_503(&reply), "{reply:?}");
                        statuses.push(reply.status);
                    }
                    statuses
                })
            })
            .collect();
        for _ in 0..3 {
            // Five for each worker.
            let expected = reconnects(&shop.metrics()) + 10;
            terminate(&database);
            wait_until("all are made anew", || reconnects(&shop.metrics()) >= expected);
            wait_until("it is well", || is_well(&shop));
        }
        done.store(true, Ordering::Relaxed);
        for ((method, path), asking) in REQUESTS.iter().cycle().zip(asking) {
            let statuses = asking.join().unwrap();
            let well = if *method == "PUT" { 204 } else { 200 };
            assert!(statuses.iter().all(|&status| status == well || status == 503), "{path}");
            assert!(statuses.contains(&well), "{path}");
        }
    });
}

/// Connections made after the first ones.
fn reconnects(metrics: &str) -> u64 {
    let lines =
        metrics.lines().filter(|line| line.starts_with("atelier_pipeline_reconnects_total"));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

const REVIEW: &str = "\
    insert into reviews (date, product_id, review_id, rating, recommend, summary, body, \
        reviewer_name, reviewer_email) \
    values (now(), 1, 1, 5, true, 'summary', 'body', 'name', 'email')";

/// A PostgreSQL of the test's own, with our tables and one review.
struct Own {
    _place: tempfile::TempDir,
    options: Options,
    embedded: Embedded,
}

impl Own {
    fn start() -> Self {
        let place = tempfile::tempdir().unwrap();
        // PostgreSQL runs as a user of its own where the tests are root's.
        fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
        let options = Options::new(place.path().join("data"));
        let embedded = open(&options);
        let target = Target::parse(&embedded.url()).unwrap();
        schema::ensure(&target).unwrap();
        let mut session =
            Session::connect(&target.with_setting("search_path", schema::NAME)).unwrap();
        session.execute(REVIEW).unwrap();
        Self { _place: place, options, embedded }
    }
}

fn open(options: &Options) -> Embedded {
    match Embedded::open(options).unwrap() {
        Opened::Started(embedded) => embedded,
        Opened::Running { .. } => panic!("a directory of our own was in use"),
    }
}

/// Asks `shop` one request of each class at the same time, which must all be refused in time.
fn all_get_503(shop: &Shop<'_>) {
    thread::scope(|scope| {
        for (method, path) in REQUESTS {
            let address = shop.address;
            scope.spawn(move || {
                let start = Instant::now();
                let reply = exchange(address, method, path, None);
                assert!(is_503(&reply), "{path}: {reply:?}");
                assert!(start.elapsed() < ANSWER_MAX, "{path}: {:?}", start.elapsed());
            });
        }
    });
}

#[test]
fn a_stopped_database_is_503_until_it_is_started_again() {
    let mut own = Own::start();
    let shop = Shop::unready(&["--database-url", &own.embedded.url()], DEADLINE);
    wait_until("it is well", || is_well(&shop));
    own.embedded.stop().unwrap();
    for _ in 0..3 {
        all_get_503(&shop);
    }
    let admin = |path| exchange(shop.admin, "GET", path, None).status;
    assert_eq!((admin("/ready"), admin("/live")), (503, 200));
    // Its lock goes with it.
    let Own { _place, options, embedded } = own;
    drop(embedded);
    let _embedded = open(&options);
    wait_until("it is well again", || is_well(&shop));
}

/// A server's processes, stopped from running for as long as this lives.
struct Hung(Vec<Pid>);

impl Hung {
    fn new(postmaster: u32) -> Self {
        let postmaster = i32::try_from(postmaster).unwrap();
        let processes = [postmaster].into_iter().chain(children(postmaster));
        let hung = Self(processes.map(Pid::from_raw).collect());
        hung.0.iter().for_each(|&process| kill(process, Signal::SIGSTOP).unwrap());
        hung
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        for &process in &self.0 {
            // One that was not to be stopped may have ended.
            let _ = kill(process, Signal::SIGCONT);
        }
    }
}

fn children(parent: i32) -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let parent_of = |process: &i32| {
        // pid (name) state ppid …; a name may hold anything, so the fields are behind its end.
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<i32>().ok()
    };
    processes.filter(|process| parent_of(process) == Some(parent)).collect()
}

#[test]
fn a_database_that_hangs_is_503_in_time_until_it_goes_on() {
    let own = Own::start();
    let shop = Shop::unready(&["--database-url", &own.embedded.url()], DEADLINE);
    wait_until("it is well", || is_well(&shop));
    let hung = Hung::new(own.embedded.process_id());
    // At first the connections stand; then those that are asked are taken for dead, one after the
    // other where only one request comes at a time, and no new ones can be made.
    wait_until("the hang is noticed", || {
        all_get_503(&shop);
        !shop.ready()
    });
    all_get_503(&shop);
    drop(hung);
    wait_until("it is well again", || is_well(&shop));
}

#[test]
fn a_locked_table_stops_its_writes_in_time_and_nothing_else() {
    let database = cluster().sample();
    let shop = Shop::with(&database, DEADLINE);
    let votes = || database.value("select helpfulness from reviews where review_id = 1").unwrap();
    let before: u32 = votes().parse().unwrap();
    let mut session = database.session();
    session.execute("begin; lock table reviews in access exclusive mode").unwrap();
    let start = Instant::now();
    let reply = thread::scope(|scope| {
        let late = scope.spawn(|| shop.put("/reviews/1/helpful"));
        while !late.is_finished() {
            // Another table, over another connection.
            let reply = shop.get("/reviews/meta?product_id=1");
            assert_eq!(reply.status, 200, "{reply:?}");
        }
        late.join().unwrap()
    });
    assert!(is_503(&reply), "{reply:?}");
    assert!(start.elapsed() < ANSWER_MAX, "{:?}", start.elapsed());
    let reply = shop.get("/reviews?product_id=1");
    assert!(is_503(&reply), "{reply:?}");
    session.execute("rollback").unwrap();
    wait_until("nothing is under way", || {
        let active = "select count(*) from pg_stat_activity \
            where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()";
        database.value(active).as_deref() == Some("0")
    });
    assert_eq!(votes().parse(), Ok(before), "a vote that was refused has been counted");
    assert_eq!(shop.put("/reviews/1/helpful").status, 204);
    assert_eq!(votes().parse(), Ok(before + 1));
    assert_eq!(shop.get("/reviews?product_id=1").status, 200);
}

/// Whether a process runs; one that has ended does not, even if nobody has waited for it yet.
fn lives(process: &str) -> bool {
    fs::read(format!("/proc/{process}/cmdline")).is_ok_and(|arguments| !arguments.is_empty())
}

#[test]
fn a_server_killed_with_its_database_leaves_no_process_and_loses_no_review() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let data = place.path().join("data");
    let serve = || {
        let shop = Shop::unready(&["--data-dir", data.to_str().unwrap()], &["--sample", "2"]);
        wait_until("it is ready", || shop.ready());
        shop
    };
    let mut shop = serve();
    let review = serde_json::json!({
        "product_id": 1, "rating": 5, "summary": "kept", "body": "through a kill",
        "recommend": true, "name": "n", "email": "e@example.com", "photos": [],
        "characteristics": {},
    });
    assert_eq!(shop.post("/reviews", &review.to_string()).status, 201);
    let postmaster = fs::read_to_string(data.join("postgres/postmaster.pid")).unwrap();
    let postmaster = postmaster.lines().next().unwrap();
    assert!(lives(postmaster));
    shop.signal(Signal::SIGKILL);
    shop.wait();
    wait_until("PostgreSQL ends with the server", || !lives(postmaster));
    let list = serve().get("/reviews?product_id=1&sort=newest&count=1").json();
    assert_eq!(list["results"][0]["summary"], "kept");
}
