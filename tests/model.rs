//! Shops of random files, and the sample, asked at random over HTTP: whole replies, byte for byte,
//! against a naive model that shares no code with the importer or the server.
//!
//! Every run makes other sets. `ATELIER_MODEL_SETS` is how many (8), `ATELIER_MODEL_SEED` the seed
//! of the first, each further one having the next; a failure names the seed of its set:
//!
//! ```sh
//! ATELIER_MODEL_SETS=1 ATELIER_MODEL_SEED=7 cargo test --test integration model::random
//! ```

mod campus;
mod client;
mod dates;
mod files;
mod random;
mod reads;
mod replies;
mod rows;
mod sample;
mod shop;
mod text;
mod writes;

use crate::common::{Database, Shop, cluster, fixture};
use client::Client;
use fastrand::Rng;
use files::Files;
use serde_json::Value;
use shop::Model;
use std::ops::RangeInclusive;

/// For each set that is imported; a turn is a write, or one to three reads.
const TURNS: usize = 250;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

#[test]
fn random_shops_are_served_as_the_model_has_them() {
    let sets = variable("ATELIER_MODEL_SETS").unwrap_or(8);
    let first = variable("ATELIER_MODEL_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    for seed in first..first + sets {
        serve(seed);
    }
}

/// Names the seed of a set when anything in its test fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("again: ATELIER_MODEL_SETS=1 ATELIER_MODEL_SEED={}", self.0);
        }
    }
}

/// Imports a set, before the server starts or while it runs, and asks; perhaps another one after.
fn serve(seed: u64) {
    let _seed = Seed(seed);
    let mut random = Rng::with_seed(seed);
    let database = cluster().empty();
    atelier::schema::ensure(&database.target()).unwrap();
    let mut running = random.bool().then(|| Shop::of(&database));
    for _ in 0..random.usize(1..=2) {
        let set = random::set(&mut random);
        let files = files::write(&mut random, &set);
        let mut model = Model::of(&set);
        let imported_ms = import(&database, &files, &model);
        let shop = running.get_or_insert_with(|| Shop::of(&database));
        let mut client = Client::of(shop);
        learn_import(&mut client, &mut model);
        if !model.products.is_empty() {
            assert!(imported_ms.contains(&dates::milliseconds(&model.imported)));
        }
        ask(&mut random, &mut model, &mut client);
    }
}

/// Imports files, and looks what the report counts; between which times it was.
fn import(database: &Database, files: &Files, model: &Model) -> RangeInclusive<i64> {
    let contents: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let started_ms = dates::now();
    let report = database.import(&contents);
    let counts = report.files.iter();
    let counts: Vec<String> = counts
        .map(|file| format!("{} {} {} {}", file.name, file.read, file.rejected, file.loaded))
        .collect();
    assert_eq!(counts, model.counts);
    started_ms..=dates::now()
}

/// Takes from one reply when the products were imported.
fn learn_import(client: &mut Client, model: &mut Model) {
    if let Value::String(imported) = &client.get("/products?count=1").json()[0]["created_at"] {
        model.imported.clone_from(imported);
    }
}

/// Reads, some at a time, and now and then a write that later reads must show.
fn ask(random: &mut Rng, model: &mut Model, client: &mut Client) {
    for _ in 0..TURNS {
        match random.usize(..4) {
            0 => writes::any(random, model, client),
            count => {
                let reads: Vec<_> = (0..count).map(|_| reads::any(random, model)).collect();
                client.read(&reads);
            }
        }
    }
}

/// Control characters, of which JSON has two forms each, have one in all replies.
#[test]
fn addresses_of_imported_photos_are_written_as_all_texts() {
    let database = fixture::database();
    let shop = Shop::of(&database);
    let odd = "\u{8}\t\n\u{c}\r\u{1f}";
    for (file, column, parent_id, page) in [
        ("answers_photos.csv", "answer_id", 8, "/qa/questions/1/answers"),
        ("answers_photos.csv", "answer_id", 8, "/qa/questions?product_id=1"),
        ("reviews_photos.csv", "review_id", 1, "/reviews?product_id=1"),
    ] {
        let content = format!("id,{column},url\n7,{parent_id},\"{odd}\"");
        fixture::import_with(&database, file, &content);
        let served = shop.get(page).body;
        assert!(served.contains(r#""\b\t\n\f\r\u001f""#), "{page}: {served}");
    }
}

#[test]
fn every_meta_of_the_sample_is_the_models() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let model = Model::of(&sample::set());
    let mut client = Client::of(&shop);
    for id in model.products.keys() {
        let served = client.get(&format!("/reviews/meta?product_id={id}")).body;
        assert_eq!(served, model.meta(*id, &id.to_string()).to_string());
    }
}

#[test]
fn random_requests_to_the_sample_are_answered_as_by_the_model() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let mut model = Model::of(&sample::set());
    let seed = variable("ATELIER_MODEL_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    let _seed = Seed(seed);
    let mut client = Client::of(&shop);
    learn_import(&mut client, &mut model);
    ask(&mut Rng::with_seed(seed), &mut model, &mut client);
}
