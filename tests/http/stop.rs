//! Starting on a port in use, and stopping without losing what is under way.

use super::{META, Served, get, post, review};
use crate::common::{PATIENCE, Raw, Shop, cluster, wait_until};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

#[test]
fn requests_under_way_are_answered_before_the_server_ends() {
    // One of its own, because it is locked.
    let database = cluster().sample();
    let shop = Shop::with(&database, &["--database-deadline-ms", "20000"]);
    let mut served = Served { shop, database: &database };
    let mut idle = served.connect();
    idle.send(get(META)).reply();
    let mut fresh = served.connect();
    let mut lock = served.database.session();
    lock.execute("begin; lock table reviews in access exclusive mode").unwrap();
    let mut slow = served.connect();
    slow.send(get("/reviews?product_id=1") + &get(META));
    let mut adding = served.connect();
    let request = post("/reviews", &review("last"));
    let (part, rest) = request.split_at(request.len() - 9);
    adding.send(part);
    wait_until("the request is with the database", || {
        let waiting = "select count(*) from pg_locks where not granted";
        served.database.value(waiting).unwrap() == "1"
    });

    served.shop.signal(Signal::SIGTERM);
    assert_eq!((idle.rest().as_str(), fresh.rest().as_str()), ("", ""));
    wait_until("the port is closed", || std::net::TcpStream::connect(served.shop.address).is_err());
    assert!(slow.is_silent_for(Duration::from_millis(200)));
    lock.execute("rollback").unwrap();
    assert_eq!(slow.reply().status, 200);
    let reply = slow.reply();
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert_eq!(slow.rest(), "");
    let reply = adding.send(rest).reply();
    assert_eq!((reply.status, reply.header("connection")), (201, Some("close")));
    assert_eq!(served.shop.wait().code(), Some(0));
    assert_eq!(served.reviews_of("last"), "1");
}

#[test]
fn a_stop_does_not_wait_longer_than_it_may() {
    let mut served = Served::with(&["--drain-deadline-ms", "300"]);
    let mut raw = served.connect();
    raw.send("POST /reviews HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n1");
    wait_until("the request has begun", || served.metric("atelier_connections") == 1);
    let begun = Instant::now();
    served.shop.signal(Signal::SIGINT);
    assert_eq!(served.shop.wait().code(), Some(0));
    assert!(begun.elapsed() < PATIENCE / 2, "stopped after {:?}", begun.elapsed());
    assert_eq!(raw.rest(), "");
}

#[test]
fn who_connected_just_before_the_stop_is_answered() {
    let mut served = Served::with(&[]);
    let mut idle = served.connect();
    idle.send(get(META)).reply();
    let mut raw = served.connect();
    wait_until("it is accepted", || served.metric("atelier_connections") == 2);
    served.shop.signal(Signal::SIGTERM);
    // Its end shows that all connections were woken to the stop.
    assert_eq!(idle.rest(), "");
    let reply = raw.send(get(META)).reply();
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert_eq!(served.shop.wait().code(), Some(0));
}

#[test]
fn who_connects_while_it_stops_is_answered_or_refused_but_never_left_waiting() {
    let mut served = Served::with(&["--workers", "2"]);
    let address = served.shop.address;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(move || {
                while let Ok(socket) = std::net::TcpStream::connect(address) {
                    drop(socket);
                    let text = Raw::try_exchange(address, &get(META));
                    let whole = text.starts_with("HTTP/1.1 200 ") && text.ends_with("}}");
                    assert!(text.is_empty() || whole, "{text}");
                }
            });
        }
        std::thread::sleep(Duration::from_millis(100));
        served.shop.signal(Signal::SIGTERM);
        assert_eq!(served.shop.wait().code(), Some(0));
    });
}

#[test]
fn a_second_server_on_the_port_does_not_start() {
    let served = super::shared();
    let listen = served.shop.address.to_string();
    let url = ["--database-url", &served.database.url];
    for flag in ["--listen", "--admin"] {
        let output = Shop::try_start(&url, &[flag, &listen]).err().unwrap();
        assert!(output.contains("exit status: 1"), "{output}");
    }
    super::assert_serves(served.shop.address);
}
