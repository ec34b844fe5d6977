//! What one client, or many, can make the server hold: connections, descriptors, memory, time.

use super::{META, Served, assert_serves, get, shared_database};
use crate::common::{Raw, Shop, cluster, exchange, wait_until};
use nix::sys::resource::{Resource, rlim_t};
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

impl Served<'_> {
    /// A figure of `/proc/PID/status`, in KiB where it is one of memory.
    fn status(&self, name: &str) -> usize {
        let path = format!("/proc/{}/status", self.shop.process_id());
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap().split_whitespace().next().unwrap().parse().unwrap()
    }

    /// The share of one core that the server uses for a while.
    fn load(&self) -> f64 {
        let used = || {
            let path = format!("/proc/{}/stat", self.shop.process_id());
            let text = std::fs::read_to_string(path).unwrap();
            // User and system time are the 14th and 15th field; the name before may hold spaces.
            let fields = text.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
            fields.map(|ticks| ticks.parse::<u32>().unwrap()).sum::<u32>()
        };
        let before = used();
        std::thread::sleep(Duration::from_millis(500));
        // A hundred of these ticks are a second.
        f64::from(used() - before) / 50.0
    }

    fn connections(&self) -> u64 {
        self.metric("atelier_connections")
    }
}

/// Sends as much of `bytes` as the sockets take without a reply being read.
fn stuff(raw: &mut Raw, bytes: &[u8]) {
    raw.socket.set_nonblocking(true).unwrap();
    let (mut sent, mut stuck) = (0, 0);
    while sent < bytes.len() && stuck < 50 {
        match raw.socket.write(&bytes[sent..]) {
            Ok(length) => (sent, stuck) = (sent + length, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                stuck += 1;
                std::thread::sleep(Duration::from_millis(4));
            }
            Err(error) => panic!("{error} after {sent} bytes"),
        }
    }
    raw.socket.set_nonblocking(false).unwrap();
}

/// Adds reviews of 60 KiB each to a product.
fn fatten(database: &crate::common::Database, product: i32, reviews: u32) {
    let sql = format!(
        "insert into reviews (product_id, review_id, date, rating, recommend, summary, body, \
         reviewer_name, reviewer_email) \
         select {product}, nextval('review_ids'), now(), 5, true, 's', repeat('x', 61440), \
         'n', 'e' \
         from generate_series(1, {reviews})"
    );
    database.session().execute(&sql).unwrap();
}

#[test]
fn a_page_of_giants_is_cut_and_never_an_error() {
    let database = cluster().sample();
    fatten(&database, 7, 200);
    let shop = Shop::of(&database);
    let reply = shop.get("/reviews?product_id=7&count=1000&sort=newest");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["results"].as_array().unwrap().len(), (8 << 20) / 61_600);
    assert!(reply.body.len() < 8 << 20);
    assert_eq!(shop.get("/reviews?product_id=7&count=50").status, 200);
}

#[test]
fn who_does_not_read_large_replies_loses_them_and_nobody_else_anything() {
    let database = cluster().sample();
    fatten(&database, 7, 200);
    // Long enough for a debug build to write out all of it.
    let shop = Shop::with(&database, &["--database-deadline-ms", "60000"]);
    let served = Served { shop, database: &database };
    let request = get("/reviews?product_id=7&count=1000&sort=newest");
    let mut greedy: Vec<_> = (0..40).map(|_| served.connect()).collect();
    for raw in &mut greedy {
        raw.send(&request);
    }
    wait_until("some are dropped", || served.metric("atelier_replies_dropped_total") > 5);
    for path in ["/live", "/ready"] {
        assert_eq!(exchange(served.shop.admin, "GET", path, None).status, 200);
    }
    assert_serves(served.shop.address);
    assert_eq!(served.shop.get("/reviews?product_id=1").status, 200);
    // 64 MiB for all that is unread, and a few pages that are being read.
    let resident = served.status("VmHWM");
    assert!(resident < 256 << 10, "{resident} KiB at the most");
}

#[test]
fn unread_replies_to_many_requests_are_not_piled_up() {
    let served = Served::with(&[]);
    let request = get("/reviews?product_id=1&count=100");
    served.connect().send(&request).reply();
    let before = served.status("VmRSS");
    let mut clients: Vec<_> = (0..5).map(|_| served.connect()).collect();
    let requests = request.repeat(20_000);
    for raw in &mut clients {
        stuff(raw, requests.as_bytes());
    }
    // Until it answers no more, because nothing is read.
    let answered = || served.metric(r#"atelier_requests_total{route="review_list",status="200"}"#);
    let mut last = 0;
    wait_until("the server holds back", || {
        std::thread::sleep(Duration::from_millis(200));
        let now = answered();
        std::mem::replace(&mut last, now) == now && now > 1
    });
    let grown = served.status("VmRSS").saturating_sub(before);
    println!("{last} answered, {grown} KiB more");
    assert!(last < 100_000, "all were answered, though no reply was read");
    assert!(grown < 8 << 10, "{grown} KiB more");
    assert_serves(served.shop.address);
    // Who begins to read gets its replies: as many as were asked for.
    let raw = &mut clients[0];
    for _ in 0..2000 {
        assert_eq!(raw.reply().status, 200);
    }
}

#[test]
fn a_client_that_never_pauses_does_not_keep_the_others_waiting() {
    let served = Served::with(&[]);
    let stop = AtomicBool::new(false);
    let flood = "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2000);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let raw = served.connect();
            let mut reader = raw.socket.try_clone().unwrap();
            scope.spawn(|| {
                let mut raw = raw;
                while !stop.load(Ordering::Relaxed) {
                    raw.send(&flood);
                }
                raw.end_sending();
            });
            scope.spawn(move || std::io::copy(&mut reader, &mut std::io::sink()).unwrap());
        }
        std::thread::sleep(Duration::from_millis(100));
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let begun = Instant::now();
            assert_serves(served.shop.address);
            slowest = slowest.max(begun.elapsed());
        }
        stop.store(true, Ordering::Relaxed);
        println!("the slowest of the others waited {slowest:?}");
        assert!(slowest < Duration::from_secs(2), "waited {slowest:?}");
    });
}

#[test]
fn a_connection_too_many_gets_503_and_its_place_when_one_is_free() {
    let served = Served::with(&["--connections-max", "4"]);
    let mut clients: Vec<_> = (0..4).map(|_| served.connect()).collect();
    for raw in &mut clients {
        assert_eq!(raw.send(get(META)).reply().status, 200);
    }
    for _ in 0..3 {
        let mut fifth = served.connect();
        let reply = fifth.reply();
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
        assert_eq!((reply.header("connection"), fifth.rest().as_str()), (Some("close"), ""));
    }
    assert_eq!(served.metric("atelier_connections_refused_total"), 3);
    // However a connection ends, its place is free.
    clients[0].send("nonsense\r\n\r\n").rest();
    clients[1].end_sending().rest();
    drop(clients.drain(2..));
    wait_until("all places are free", || served.connections() == 0);
    let mut clients: Vec<_> = (0..4).map(|_| served.connect()).collect();
    for raw in &mut clients {
        assert_eq!(raw.send(get(META)).reply().status, 200);
    }
}

#[test]
fn with_few_descriptors_few_are_served_and_the_rest_told() {
    let database = shared_database();
    let served = Served { shop: Shop::with_descriptors(160, database), database };
    let mut clients: Vec<_> = (0..200).map(|_| served.connect()).collect();
    let mut served_count = 0;
    for raw in &mut clients {
        // Who is turned away may find the connection closed when sending.
        let _ = raw.socket.write_all(get(META).as_bytes());
        served_count += usize::from(raw.reply().status == 200);
    }
    assert!((10..100).contains(&served_count), "{served_count} were served");
    assert!(served.load() < 0.5, "the server spins");
    drop(clients);
    wait_until("all are gone", || served.connections() == 0);
    assert_serves(served.shop.address);
}

#[test]
fn without_a_descriptor_left_the_others_are_served_and_nothing_spins() {
    let served = Served::with(&[]);
    let mut before: Vec<_> = (0..5).map(|_| served.connect()).collect();
    for raw in &mut before {
        assert_eq!(raw.send(get(META)).reply().status, 200);
    }
    // No descriptor above those in use can be opened from now on.
    let process = nix::unistd::Pid::from_raw(served.shop.process_id());
    limit_descriptors(process, 10);
    let mut waiting: Vec<_> = (0..50).map(|_| served.connect()).collect();
    for raw in &mut waiting {
        raw.send(get(META));
    }
    assert!(served.load() < 0.5, "the server spins");
    for raw in &mut before {
        assert_eq!(raw.send(get(META)).reply().status, 200);
    }
    limit_descriptors(process, 1000);
    for raw in &mut waiting {
        assert_eq!(raw.reply().status, 200);
    }
    assert!(served.metric("atelier_accept_failures_total") > 0);
}

/// Sets the limit of another process, which is what `prlimit` of util-linux is for.
fn limit_descriptors(process: nix::unistd::Pid, soft: rlim_t) {
    let limit = format!("--nofile={soft}:");
    let mut command = std::process::Command::new("prlimit");
    assert!(command.args(["--pid", &process.to_string(), &limit]).status().unwrap().success());
}

#[test]
fn an_idle_connection_takes_little_memory() {
    const CONNECTIONS: usize = 1000;
    // Our ends of them.
    assert!(atelier::http::raise_descriptor_limit() > 2 * CONNECTIONS);
    let (soft, _) = nix::sys::resource::getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    assert!(soft > 2 * CONNECTIONS as rlim_t);
    let served = Served::with(&[]);
    let visit = || {
        let mut raw = served.connect();
        assert_eq!(raw.send(get("/reviews?product_id=1&count=5")).reply().status, 200);
        raw
    };
    let first: Vec<_> = (0..20).map(|_| visit()).collect();
    let before = served.status("VmRSS");
    let clients: Vec<_> = (0..CONNECTIONS).map(|_| visit()).collect();
    let grown = served.status("VmRSS") - before;
    println!("{:.1} KiB a connection", grown as f64 / CONNECTIONS as f64);
    // Without optimisation frames are several times as large.
    let bound = if cfg!(debug_assertions) { 32 } else { 12 };
    assert!(grown < bound * CONNECTIONS, "{grown} KiB for {CONNECTIONS} connections");
    assert!(served.load() < 0.5, "idle connections cost time");
    drop((first, clients));
    wait_until("all are gone", || served.connections() == 0);
}
