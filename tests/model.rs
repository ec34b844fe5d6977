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

use crate::common::{Shop, cluster};
use client::Client;
use fastrand::Rng;
use serde_json::Value;
use shop::Model;

/// Requests of one set.
const REQUESTS: usize = 500;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

#[test]
fn random_shops_are_served_as_the_model_has_them() {
    let sets = variable("ATELIER_MODEL_SETS").unwrap_or(8);
    let first = variable("ATELIER_MODEL_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    for seed in first..first + sets {
        let mut random = Rng::with_seed(seed);
        let set = random::set(&mut random);
        let files = files::write(&mut random, &set);
        let mut model = Model::of(&set);
        serve(&mut random, seed, &files, &mut model);
    }
}

/// Imports the files, before the server starts or while it runs, and asks.
fn serve(random: &mut Rng, seed: u64, files: &files::Files, model: &mut Model) {
    let database = cluster().empty();
    atelier::schema::ensure(&database.target()).unwrap();
    let early = random.bool().then(|| Shop::of(&database));
    let contents: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let started_ms = dates::now();
    let report = database.import(&contents);
    let counts = report.files.iter();
    let counts: Vec<String> = counts
        .map(|file| format!("{} {} {} {}", file.name, file.read, file.rejected, file.loaded))
        .collect();
    assert_eq!(counts, model.counts, "seed {seed}");
    let imported_ms = started_ms..=dates::now();
    let shop = early.unwrap_or_else(|| Shop::of(&database));
    let mut client = Client::of(&shop, seed);
    learn_import(&mut client, model);
    if !model.products.is_empty() {
        assert!(imported_ms.contains(&dates::milliseconds(&model.imported)), "seed {seed}");
    }
    ask(random, model, &mut client, REQUESTS);
}

/// Takes from one reply when the products were imported.
fn learn_import(client: &mut Client, model: &mut Model) {
    if let Value::String(imported) = &client.get("/products?count=1").json()[0]["created_at"] {
        model.imported.clone_from(imported);
    }
}

/// Reads, and now and then a write that later reads must show.
fn ask(random: &mut Rng, model: &mut Model, client: &mut Client, requests: usize) {
    for _ in 0..requests {
        if random.u8(..4) == 0 {
            writes::any(random, model, client);
        } else {
            client.expect("GET", &reads::any(random, model), None);
        }
    }
}

#[test]
fn every_meta_of_the_sample_is_the_models() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let model = Model::of(&sample::set());
    let mut client = Client::of(&shop, 0);
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
    let mut client = Client::of(&shop, seed);
    learn_import(&mut client, &mut model);
    ask(&mut Rng::with_seed(seed), &mut model, &mut client, REQUESTS);
}
