//! The program as its user meets it: commands, exit codes, one line of error, start and stop.

use crate::common::{Shop, cluster, exchange, wait_until};
use nix::sys::signal::Signal;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

fn atelier(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_atelier")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The exit code and the one line on standard error.
fn failure(arguments: &[&str]) -> (i32, String) {
    let output = atelier(arguments);
    let line = text(&output.stderr);
    assert_eq!(line.trim_end().lines().count(), 1, "more than a line: {line}");
    assert!(line.starts_with("error: "), "{line}");
    (output.status.code().unwrap(), line)
}

#[test]
fn help_and_version_are_printed() {
    let output = atelier(&["--help"]);
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("atelier import DIR"));
    assert!(text(&atelier(&["--version"]).stdout).starts_with("atelier 0."));
}

#[test]
fn wrong_usage_is_2_and_failure_is_1() {
    assert_eq!(failure(&["fly"]).0, 2);
    assert_eq!(failure(&["serve", "--workers", "none"]).0, 2);
    let dead = "postgres://nobody@127.0.0.1:1/none";
    let (code, line) =
        failure(&["--database-url", dead, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    assert_eq!(code, 1);
    assert!(line.contains("127.0.0.1:1"), "{line}");
}

#[test]
fn a_port_in_use_is_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, line) = failure(&["serve", "--listen", &address]);
    assert_eq!(code, 1);
    assert!(line.contains(&address) && line.contains("--listen"), "{line}");
}

#[test]
fn a_database_of_somebody_elses_is_left_alone() {
    let database = cluster().empty();
    database.session().execute("create table public.invoices (id int)").unwrap();
    let ports = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let (code, line) = failure(&[&["--database-url", &database.url][..], &ports].concat());
    assert_eq!(code, 1);
    assert!(line.contains("public.invoices") && line.contains("left alone"), "{line}");
    assert_eq!(
        database.value("select count(*) from pg_namespace where nspname = 'atelier'").as_deref(),
        Some("0")
    );
}

#[test]
fn an_empty_database_gets_its_tables_and_serves() {
    let database = cluster().empty();
    for _ in 0..2 {
        let shop = Shop::of(&database);
        let reply = shop.get("/reviews?product_id=1");
        assert_eq!(reply.body, r#"{"product":"1","page":0,"count":5,"results":[]}"#);
    }
}

#[test]
fn generated_files_are_imported_and_served() {
    let database = cluster().empty();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let output = atelier(&["generate", path, "--products", "30", "--seed", "9"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("reviews.csv"));
    // A server that is running sees the new data with its next request.
    atelier::schema::ensure(&database.target()).unwrap();
    let shop = Shop::of(&database);
    for _ in 0..2 {
        let output = atelier(&["import", path, "--database-url", &database.url]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let table = text(&output.stdout);
        assert!(table.contains("characteristic_reviews.csv"), "{table}");
        assert_eq!(database.value("select count(*) from products").as_deref(), Some("30"));
        let served = shop.get("/reviews?product_id=1&count=1000").json();
        let rows = database
            .value("select count(*) from reviews where product_id = 1 and not reported")
            .unwrap();
        assert_eq!(served["results"].as_array().unwrap().len().to_string(), rows);
    }
}

#[test]
fn an_import_that_cannot_start_is_one_line_and_leaves_the_data() {
    let database = cluster().sample();
    let (code, line) = failure(&["import", "/nowhere", "--database-url", &database.url]);
    assert_eq!(code, 1);
    assert!(line.contains("/nowhere"), "{line}");
    let directory = tempfile::tempdir().unwrap();
    for name in ["product.csv", "reviews.csv"] {
        std::fs::write(directory.path().join(name), "id,wrong\n1,2").unwrap();
    }
    let path = directory.path().to_str().unwrap();
    let (code, line) = failure(&["import", path, "--database-url", &database.url]);
    assert_eq!(code, 1);
    assert!(line.contains(".csv"), "{line}");
    assert_eq!(database.value("select count(*) from products").as_deref(), Some("1011"));
}

#[test]
fn a_dry_run_reports_and_needs_no_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    assert!(atelier(&["generate", path, "--products", "30"]).status.success());
    let nowhere = directory.path().join("none");
    let output = atelier(&["import", path, "--dry-run", "--data-dir", nowhere.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.contains("characteristic_reviews.csv"), "{table}");
    assert!(table.contains("a dry run: nothing was loaded"), "{table}");
    assert!(!nowhere.exists());
    std::fs::write(directory.path().join("related.csv"), "id,current_product_id\n").unwrap();
    let (code, line) = failure(&["import", path, "--dry-run"]);
    assert_eq!(code, 1);
    assert!(line.contains("related.csv: line 1"), "{line}");
    assert_eq!(failure(&["generate", path, "--dry-run"]).0, 2);
}

#[test]
fn a_stopped_import_says_what_becomes_of_the_data() {
    let database = cluster().sample();
    let files = cluster().sample_files.to_str().unwrap();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        // Whoever holds this lock keeps the import from its swap.
        let mut holder = database.session();
        holder.execute("begin; alter schema atelier rename to atelier_held").unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_atelier"))
            .args(["import", files, "--database-url", &database.url])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let waiting = "select 1 from pg_stat_activity where application_name = 'atelier import' \
            and datname = current_database() and wait_event_type = 'Lock'";
        wait_until("the import waits", || database.value(waiting).is_some());
        let process = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        nix::sys::signal::kill(process, signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let line = text(&output.stderr);
        let expected = "error: stopped; the data that served before still serves, \
            what was loaded is removed by the next import\n";
        assert!(line.ends_with(expected), "{line}");
        holder.execute("rollback").unwrap();
        assert_eq!(database.value("select count(*) from products").as_deref(), Some("1011"));
        assert!(
            database
                .value("select 1 where to_regclass('atelier_next.about') is not null")
                .is_some()
        );
    }
    let output = atelier(&["import", files, "--database-url", &database.url]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let schemas = "select string_agg(nspname, ' ') from pg_namespace where nspname like 'atelier%'";
    let schemas = database.value(schemas).unwrap();
    assert!(!schemas.contains("next") && !schemas.contains("old"), "{schemas}");
}

#[test]
fn signals_stop_the_server_with_exit_code_0() {
    let database = cluster().sample();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut shop = Shop::of(&database);
        shop.signal(signal);
        assert!(shop.wait().success());
    }
}

#[test]
fn metrics_count_requests_by_route_and_status() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    shop.get("/reviews?product_id=1");
    shop.get("/reviews?product_id=x");
    let page = shop.metrics();
    for line in [
        "atelier_requests_total{route=\"review_list\",status=\"200\"} 1",
        "atelier_requests_total{route=\"review_list\",status=\"422\"} 1",
        "atelier_request_seconds_count{route=\"review_list\"} 2",
        "atelier_pipeline_ready{class=\"reads\",connection=\"0\"} 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
    }
    // Never on the public port.
    for path in ["/metrics", "/live", "/ready"] {
        assert_eq!(shop.get(path).status, 404);
    }
}

#[test]
fn data_of_another_version_is_refused_until_it_is_imported_again() {
    let database = cluster().sample();
    database.value("update about set version = 0");
    let ports = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let (code, line) = failure(&[&["--database-url", &database.url][..], &ports].concat());
    assert_eq!(code, 1);
    assert!(line.contains("version 0") && line.contains("atelier import"), "{line}");
    let files = cluster().sample_files.to_str().unwrap();
    let output = atelier(&["import", files, "--database-url", &database.url]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(Shop::of(&database).get("/reviews?product_id=1").status, 200);
}

#[test]
fn a_check_is_refused_where_it_would_not_be_one() {
    let files = cluster().sample_files.to_str().unwrap();
    for command in ["import", "generate"] {
        let (code, line) = failure(&[command, files, "--check"]);
        assert_eq!(code, 2);
        assert!(line.contains("--check"), "{line}");
    }
    for arguments in [
        ["--check", "--database-url", "mysql://x"],
        ["--check", "--data-dir", ""],
        ["--check", "--listen", "127.0.0.1:8081"],
    ] {
        assert_eq!(failure(&arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn files_that_are_there_are_not_generated_over() {
    let files = cluster().sample_files.to_str().unwrap();
    let (code, line) = failure(&["generate", files]);
    assert_eq!(code, 1);
    assert!(line.contains("product.csv is there already"), "{line}");
}

#[test]
fn a_stop_is_clean_also_when_nobody_reads_the_output() {
    let database = cluster().sample();
    let ports = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_atelier"))
        .args(["--database-url", &database.url])
        .args(ports)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut String::new()).unwrap();
    drop(output);
    let process = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(process, Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A database that takes connections and says nothing: the start waits for it.
#[test]
fn the_admin_port_answers_and_signals_end_it_while_the_database_is_waited_for() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://nobody@{}/none", silent.local_addr().unwrap());
    let admin = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_atelier"))
        .args(["--database-url", &format!("{url}?connect_timeout=60"), "--listen", "127.0.0.1:0"])
        .args(["--admin", &admin.to_string()])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the admin port is open", || std::net::TcpStream::connect(admin).is_ok());
    for (path, status) in [("/live", 200), ("/ready", 503), ("/metrics", 200)] {
        assert_eq!(exchange(admin, "GET", path, None).status, status, "{path}");
    }
    assert_eq!(exchange(admin, "POST", "/live", None).status, 405);
    let process = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(process, Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_database_in_another_encoding_is_refused() {
    let name = "test_latin1";
    let mut session = cluster().session();
    session
        .execute(&format!("create database {name} template template0 encoding 'LATIN1' locale 'C'"))
        .unwrap();
    let ports = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let url = cluster().url_of(name);
    let (code, line) = failure(&[&["--database-url", &url][..], &ports].concat());
    assert_eq!(code, 1);
    assert!(line.contains("UTF8"), "{line}");
    session.execute(&format!("drop database {name} with (force)")).unwrap();
}
