//! Imports beside a server under load: no request sees the tables change places.

use crate::common::{Shop, cluster};
use atelier::serve;
use atelier_import::progress::Show;
use atelier_import::{generate, import};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Imports one after the other, each with a swap.
const IMPORTS: u64 = 3;

/// Every route that reads, with ids that all the data sets have.
const PATHS: [&str; 8] = [
    "/products?page=2&count=4",
    "/products/3",
    "/products/3/styles",
    "/products/3/related",
    "/reviews?product_id=3&sort=newest",
    "/reviews/meta?product_id=3",
    "/qa/questions?product_id=3",
    "/qa/questions/1/answers",
];

#[test]
fn no_request_fails_while_imports_swap_the_tables() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let before = PATHS.map(|path| shop.get(path).body);
    let (is_over, replies) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for first in [0, 4] {
            let (shop, is_over, replies) = (&shop, &is_over, &replies);
            scope.spawn(move || {
                for path in PATHS.iter().cycle().skip(first) {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let reply = shop.get(path);
                    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
                    replies.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Whatever comes of the imports, the threads are to end.
        let outcome = std::panic::catch_unwind(|| {
            for seed in 2..2 + IMPORTS {
                let directory = tempfile::tempdir().unwrap();
                let (directory, show) = (directory.path().to_owned(), Show::Hidden);
                let options = generate::Options { directory, products: 300, seed, show };
                generate::run(&options).unwrap();
                let options = import::Options::new(&options.directory, show);
                serve::import(&options, &database.target()).unwrap();
            }
        });
        is_over.store(true, Ordering::Relaxed);
        outcome.unwrap();
    });
    let replies = replies.into_inner();
    assert!(replies > 100, "only {replies} replies");
    let after = PATHS.map(|path| shop.get(path).body);
    for (path, (before, after)) in PATHS.iter().zip(before.iter().zip(&after)) {
        assert_ne!(before, after, "{path} shows what it showed before");
    }
}
