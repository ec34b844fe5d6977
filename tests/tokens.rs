//! Who is let in, where a list says so.

use crate::common::{Shop, exchange_as, fixture, wait_until};
use nix::sys::signal::Signal;

#[test]
fn with_tokens_nobody_else_is_let_in() {
    let database = fixture::database();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tokens");
    std::fs::write(&path, "# pages of ours\nghp_one\nghp_two\n").unwrap();
    let shop = Shop::with(&database, &["--tokens", path.to_str().unwrap()]);
    for (method, path) in [
        ("GET", "/products"),
        ("GET", "/reviews?product_id=1"),
        ("POST", "/cart"),
        ("PUT", "/reviews/1/helpful"),
        ("GET", "/"),
        ("GET", "/openapi.json"),
        ("GET", "/nowhere"),
        ("DELETE", "/products"),
    ] {
        for token in [None, Some(""), Some("ghp_"), Some("GHP_ONE"), Some("# pages of ours")] {
            let reply = exchange_as(shop.address, token, method, path, None);
            assert_eq!((reply.status, &*reply.body), (401, "Unauthorized"), "{method} {path}");
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
            assert!(reply.header("www-authenticate").is_some());
        }
    }
    let preflight = exchange_as(shop.address, None, "OPTIONS", "/products", None);
    assert_eq!(preflight.status, 204);
    assert_eq!(shop.get_as("ghp_one", "/products").status, 200);
    assert_eq!(shop.get_as("ghp_two", "/nowhere").status, 404);

    std::fs::write(&path, "ghp_three\n").unwrap();
    shop.signal(Signal::SIGHUP);
    wait_until("the new tokens are let in", || shop.get_as("ghp_three", "/products").status == 200);
    assert_eq!(shop.get_as("ghp_one", "/products").status, 401);
    // A file that cannot be read changes nothing, and lets nobody else in.
    std::fs::write(&path, "").unwrap();
    shop.signal(Signal::SIGHUP);
    for _ in 0..20 {
        assert_eq!(shop.get_as("ghp_three", "/products").status, 200);
        assert_eq!(shop.get_as("", "/products").status, 401);
    }
}

#[test]
fn a_list_that_is_not_there_is_no_start() {
    let database = fixture::database();
    let arguments = ["--database-url", &database.url, "--tokens", "/nowhere/tokens"];
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_atelier"))
        .args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
        .args(arguments)
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: cannot read the tokens in /nowhere/tokens"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}
