//! The session against servers that trickle, stall, lie or vanish: each gets its error within
//! the deadline, and none a panic or a hang.

use crate::pipeline::fake::{error as error_frame, frame, welcome};
use atelier::postgres::error::Error;
use atelier::postgres::session::{CopyIn, Session};
use atelier::postgres::statement::Statement;
use atelier::postgres::url::Target;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_millis(300);
/// What a call may take beyond its deadline on a busy machine.
const SLACK: Duration = Duration::from_secs(2);

/// Runs `script` for the first client; the connection closes when it returns.
fn serve(script: impl FnOnce(&mut TcpStream) + Send + 'static) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut client = listener.accept().unwrap().0;
        client.set_read_timeout(Some(SLACK)).unwrap();
        script(&mut client);
    });
    let mut target = Target::parse(&format!("postgres://u:p@127.0.0.1:{port}/d")).unwrap();
    target.connect_deadline = DEADLINE;
    target
}

/// Reads what the client says, up to a pause.
fn hear(client: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; 65_536];
    let read = client.read(&mut bytes).unwrap_or(0);
    bytes.truncate(read);
    bytes
}

fn linger(client: &mut TcpStream) {
    while client.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
}

fn connect_error(script: impl FnOnce(&mut TcpStream) + Send + 'static) -> Error {
    let start = Instant::now();
    let error = Session::connect(&serve(script)).err().expect("no session can come of this");
    assert!(start.elapsed() < DEADLINE + SLACK, "{:?}", start.elapsed());
    error
}

#[test]
fn a_server_that_answers_byte_by_byte_is_understood() {
    let target = serve(|client| {
        let trickle = |client: &mut TcpStream, bytes: &[u8]| {
            for byte in bytes {
                client.write_all(&[*byte]).unwrap();
                thread::sleep(Duration::from_micros(100));
            }
        };
        client.set_nodelay(true).unwrap();
        hear(client);
        trickle(client, &welcome());
        hear(client);
        let mut answer = frame(b'T', b"\0\x01a\0\0\0\0\0\0\0\0\0\0\x19\0\x04\xff\xff\xff\xff\0\0");
        answer.extend(frame(b'D', b"\0\x01\0\0\0\x02hi"));
        answer.extend(frame(b'C', b"SELECT 1\0"));
        answer.extend(frame(b'Z', b"I"));
        trickle(client, &answer);
    });
    let mut session = Session::connect(&target).unwrap();
    assert_eq!((session.server_version(), session.backend_pid()), (150_004, 9));
    assert_eq!(session.rows("select 'hi'").unwrap(), [[Some("hi".to_owned())]]);
}

#[test]
fn a_server_that_never_gets_ready_is_given_up_at_the_deadline() {
    let notice = frame(b'N', &b"x".repeat(30));
    let scripts: [fn(&mut TcpStream, &[u8]); 3] = [
        |client, _| linger(client),
        |client, notice| {
            for byte in notice.iter().cycle() {
                if client.write_all(&[*byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
        },
        |client, notice| while client.write_all(&notice.repeat(500)).is_ok() {},
    ];
    for script in scripts {
        let notice = notice.clone();
        let error = connect_error(move |client| script(client, &notice));
        assert!(error.to_string().contains("no answer within 300ms"), "{error}");
        assert!(error.is_connection_fatal());
    }
}

#[test]
fn a_server_that_closes_during_the_log_in_is_an_error_at_once() {
    let welcome = welcome();
    for sent in 0..welcome.len() {
        let part = welcome[..sent].to_vec();
        let error = connect_error(move |client| {
            hear(client);
            client.write_all(&part).unwrap();
        });
        assert!(error.to_string().contains("closed the connection"), "{sent}: {error}");
    }
}

#[test]
fn what_is_not_a_log_in_is_an_error() {
    let sasl = |mechanism: &[u8]| frame(b'R', &[&[0, 0, 0, 10], mechanism, b"\0\0"].concat());
    let twice = [frame(b'R', &[0, 0, 0, 3]), frame(b'R', &[0, 0, 0, 3])].concat();
    let skipped = [sasl(b"SCRAM-SHA-256"), welcome()].concat();
    for (answer, what) in [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "longer than 64 MiB"),
        (frame(b'!', b""), "cannot be read"),
        (b"R\0\0\0\x03".to_vec(), "cannot be read"),
        (b"R\xff\xff\xff\xff".to_vec(), "cannot be read"),
        (b"R\x04\0\0\x01".to_vec(), "longer than 64 MiB"),
        (frame(b'R', b"\0"), "cannot be read"),
        (frame(b'Z', b"I"), "does not belong into a log-in"),
        (frame(b'D', b"\0\0"), "does not belong into a log-in"),
        (frame(b'R', &[0, 0, 0, 7]), "allow one of these in pg_hba.conf"),
        (sasl(b"SCRAM-SHA-256-PLUS"), "no SCRAM-SHA-256 without TLS"),
        (twice, "does not belong into a log-in"),
        (skipped, "without showing that it knows the password"),
    ] {
        let error = connect_error(move |client| {
            hear(client);
            client.write_all(&answer).unwrap();
            linger(client);
        });
        assert!(error.to_string().contains(what), "{what}: {error}");
    }
}

/// Plays SCRAM up to the server's signature, with `rounds` in the challenge.
fn scram_error(rounds: u32) -> String {
    connect_error(move |client| {
        hear(client);
        client.write_all(&frame(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0")).unwrap();
        let first = String::from_utf8_lossy(&hear(client)).into_owned();
        // The nonce may hold anything but a comma, also another "r=".
        let nonce = first.split_once(",r=").unwrap().1;
        let challenge = format!("\0\0\0\x0br={nonce}server,s=c2FsdA==,i={rounds}");
        client.write_all(&frame(b'R', challenge.as_bytes())).unwrap();
        hear(client);
        client.write_all(&frame(b'R', b"\0\0\0\x0cv=c2lnbmF0dXJl")).unwrap();
        client.write_all(&welcome()).unwrap();
        linger(client);
    })
    .to_string()
}

#[test]
fn a_server_that_does_not_know_the_password_is_not_believed() {
    let error = scram_error(4096);
    assert!(error.contains("SCRAM signature is wrong"), "{error}");
    let error = scram_error(2_000_000_000);
    assert!(error.contains("SCRAM challenge is not valid"), "{error}");
}

#[test]
fn a_refusal_before_the_client_has_spoken_keeps_its_reason() {
    let error = connect_error(|client| {
        client.write_all(&error_frame("FATAL", "53300")).unwrap();
    });
    assert_eq!(error.sqlstate().map(|code| code.to_string()).as_deref(), Some("53300"));
}

#[test]
fn wrong_answers_to_a_query_end_the_session() {
    type Expected = fn(&Error) -> bool;
    let answers: [(Vec<u8>, Expected); 6] = [
        (Vec::new(), |error| matches!(error, Error::ConnectionLost)),
        (frame(b'C', b"SELECT 1\0")[..9].to_vec(), |e| matches!(e, Error::ConnectionLost)),
        (error_frame("FATAL", "57P01"), |error| matches!(error, Error::ConnectionLost)),
        (frame(b'?', b"what"), |error| matches!(error, Error::Protocol(_))),
        (frame(b'1', b""), |error| matches!(error, Error::Protocol(_))),
        (frame(b'D', b"\0\x05\0\0"), |error| matches!(error, Error::Protocol(_))),
    ];
    for (i, (answer, expected)) in answers.into_iter().enumerate() {
        let target = serve(move |client| {
            hear(client);
            client.write_all(&welcome()).unwrap();
            hear(client);
            client.write_all(&answer).unwrap();
        });
        let mut session = Session::connect(&target).unwrap();
        let start = Instant::now();
        let error = session.rows("select 1").unwrap_err();
        assert!(expected(&error), "{i}: {error:?}");
        assert!(start.elapsed() < SLACK);
        assert!(matches!(session.execute("select 1"), Err(Error::ConnectionLost)), "{i}");
    }
}

#[test]
fn a_query_without_an_answer_is_late() {
    let target = serve(|client| {
        hear(client);
        client.write_all(&welcome()).unwrap();
        linger(client);
    });
    let mut session = Session::connect(&target).unwrap();
    session.set_deadline(Some(DEADLINE));
    let start = Instant::now();
    let statement = Statement { name: "s", sql: "select", parameters: &[], columns: &[] };
    assert!(matches!(session.prepare(&[&statement]), Err(Error::Late)));
    assert!(start.elapsed() >= DEADLINE && start.elapsed() < DEADLINE + SLACK);
}

#[test]
fn a_statement_longer_than_the_buffers_is_late_when_nobody_reads() {
    let target = serve(|client| {
        hear(client);
        client.write_all(&welcome()).unwrap();
        thread::sleep(DEADLINE + SLACK);
    });
    let mut session = Session::connect(&target).unwrap();
    session.set_deadline(Some(DEADLINE));
    let start = Instant::now();
    let error = session.execute(&" ".repeat(32 * 1024 * 1024)).unwrap_err();
    assert!(matches!(error, Error::Late), "{error}");
    assert!(start.elapsed() < DEADLINE + SLACK);
}

#[test]
fn unasked_bytes_keep_a_socket_from_being_given_away() {
    for unasked in [frame(b'1', b""), frame(b'1', b"")[..3].to_vec()] {
        let target = serve(move |client| {
            hear(client);
            client.write_all(&[welcome(), unasked].concat()).unwrap();
            linger(client);
        });
        let session = Session::connect(&target).unwrap();
        assert!(matches!(session.into_socket(), Err(Error::Protocol(_))));
    }
}

#[test]
fn a_copy_ends_when_the_server_objects_and_stops_reading() {
    let target = serve(|client| {
        hear(client);
        client.write_all(&welcome()).unwrap();
        hear(client);
        client.write_all(&frame(b'G', b"\0\0\0")).unwrap();
        hear(client);
        // The client's buffers fill meanwhile, so that it waits in the middle of a frame.
        thread::sleep(DEADLINE);
        client.write_all(&error_frame("ERROR", "22P04")).unwrap();
        client.write_all(&frame(b'Z', b"I")).unwrap();
        thread::sleep(SLACK);
    });
    let mut session = Session::connect(&target).unwrap();
    session.set_deadline(None);
    let start = Instant::now();
    let mut copy = session.copy_in("copy t from stdin").unwrap();
    let error = copy.send(&vec![b'x'; 64 * 1024 * 1024]).unwrap_err();
    assert_eq!(error.sqlstate().map(|code| code.to_string()).as_deref(), Some("22P04"));
    assert!(start.elapsed() < DEADLINE + SLACK);
    assert!(copy.finish().unwrap_err().sqlstate().is_some());
}

#[test]
fn any_bytes_from_a_server_end_in_an_error() {
    arbtest::arbtest(|u| {
        let mut bytes: Vec<u8> = u.arbitrary()?;
        if u.ratio(3, 4)? {
            // A head that could be right, so that more than the first length is looked at.
            let tag = *u.choose(b"RSKZTDCNEGA12nt")?;
            bytes = [welcome(), frame(tag, &bytes), bytes].concat();
            bytes.drain(..u.choose_index(2)? * (welcome().len()));
        }
        let target = serve(move |client| {
            // The client may hang up at the first wrong byte.
            let _ = client.write_all(&bytes);
            hear(client);
        });
        let start = Instant::now();
        if let Ok(mut session) = Session::connect(&target) {
            session.set_deadline(Some(DEADLINE));
            let _ = session.rows("select 1");
            let _ = session.copy_in("copy t from stdin").map(CopyIn::finish);
        }
        assert!(start.elapsed() < 4 * DEADLINE + SLACK);
        Ok(())
    })
    .budget_ms(2_000);
}
