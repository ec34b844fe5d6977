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

/// Asks for every path in turn, over two connections at a time, while `work` goes on; how many
/// replies there were, each of them 200.
fn under_load(shop: &Shop, work: impl FnOnce() + std::panic::UnwindSafe) -> u32 {
    let (is_over, replies) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for first in [0, 4] {
            let (is_over, replies) = (&is_over, &replies);
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
        // Whatever comes of the work, the threads are to end.
        let outcome = std::panic::catch_unwind(work);
        is_over.store(true, Ordering::Relaxed);
        outcome.unwrap();
    });
    replies.into_inner()
}

#[test]
fn no_request_fails_while_services_keep_their_tables() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    assert_eq!(shop.put("/qa/questions/1/helpful").status, 204);
    assert_eq!(shop.put("/reviews/1/helpful").status, 204);
    let before = PATHS.map(|path| shop.get(path).body);
    let target = database.target();
    let replies = under_load(&shop, || {
        for services in ["reviews", "reviews,products", "reviews"] {
            let mut options = import::Options::new(&cluster().sample_files, Show::Hidden);
            options.services = services.parse().unwrap();
            serve::import(&options, &target).unwrap();
        }
    });
    assert!(replies > 100, "only {replies} replies");
    for (path, before) in PATHS.iter().zip(&before).filter(|(path, _)| path.starts_with("/qa")) {
        assert_eq!(*before, shop.get(path).body, "{path}");
    }
    let helpfulness = "select helpfulness from reviews where review_id = 1";
    let loaded = database.value(helpfulness).unwrap();
    shop.put("/reviews/1/helpful");
    assert_eq!(
        database.value(helpfulness).unwrap(),
        (loaded.parse::<i32>().unwrap() + 1).to_string()
    );
    let question = r#"{"product_id":1,"body":"b","name":"n","email":"e@x.yz"}"#;
    assert_eq!(shop.post("/qa/questions", question).status, 201);
}

#[test]
fn no_request_fails_while_imports_swap_the_tables() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let before = PATHS.map(|path| shop.get(path).body);
    let target = database.target();
    let replies = under_load(&shop, || {
        for seed in 2..2 + IMPORTS {
            let directory = tempfile::tempdir().unwrap();
            let (path, show) = (directory.path().to_owned(), Show::Hidden);
            let options = generate::Options { directory: path, products: 300, seed, show };
            generate::run(&options).unwrap();
            let options = import::Options::new(directory.path(), show);
            serve::import(&options, &target).unwrap();
        }
    });
    assert!(replies > 100, "only {replies} replies");
    let after = PATHS.map(|path| shop.get(path).body);
    for (path, (before, after)) in PATHS.iter().zip(before.iter().zip(&after)) {
        assert_ne!(before, after, "{path} shows what it showed before");
    }
}
