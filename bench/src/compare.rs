//! Whether a peer says the same as Atelier, byte for byte, before it is measured.

use crate::client::Client;
use crate::peer::Peer;
use crate::reply::Reply;
use crate::template::Shop;
use anyhow::{Context, Result, bail, ensure};

/// Random ids that are asked for by each route.
const IDS: usize = 200;

/// What Atelier answers to some paths.
#[derive(Debug)]
pub struct Reference(Vec<(Asked, Reply)>);

impl Reference {
    /// Asks for every path.
    ///
    /// # Errors
    /// There is no answer to one.
    pub fn new(port: u16, shop: Shop, seed: u64) -> Result<Self> {
        let mut client = Client::new(port);
        let ask = |asked: Asked| {
            let reply = client.get(&asked.path).with_context(|| asked.path.clone())?;
            Ok((asked, reply))
        };
        asked(shop, seed).into_iter().map(ask).collect::<Result<_>>().map(Self)
    }

    /// How many replies are the same: all. A peer that answers some workloads only is asked what
    /// those ask.
    ///
    /// # Errors
    /// The first difference.
    pub fn check(&self, port: u16, peer: &Peer) -> Result<usize> {
        let mut client = Client::new(port);
        let is_its = |asked: &Asked| {
            let is_named = peer.workloads.iter().any(|it| it == asked.workload);
            peer.workloads.is_empty() || (asked.is_plain && is_named)
        };
        let mut count = 0;
        for (Asked { path, .. }, expected) in self.0.iter().filter(|it| is_its(&it.0)) {
            let reply = client.get(path).with_context(|| path.clone())?;
            if let Some(difference) = difference(expected, &reply) {
                bail!("GET {path}: {difference}");
            }
            count += 1;
        }
        ensure!(count > 0, "there is nothing to compare");
        Ok(count)
    }
}

/// What differs. Bodies of errors are everybody's own.
fn difference(expected: &Reply, reply: &Reply) -> Option<String> {
    if expected.status != reply.status {
        return Some(format!("status {} instead of {}", reply.status, expected.status));
    }
    if expected.status != 200 || expected == reply {
        return None;
    }
    if expected.content_type != reply.content_type {
        let (expected, reply) = (&expected.content_type, &reply.content_type);
        return Some(format!("Content-Type {reply} instead of {expected}"));
    }
    let pairs = expected.body.iter().zip(&reply.body);
    let at = pairs.take_while(|(left, right)| left == right).count();
    let part = |body: &[u8]| {
        let part = &body[at.saturating_sub(30).min(body.len())..(at + 50).min(body.len())];
        String::from_utf8_lossy(part).into_owned()
    };
    let (expected, reply) = (&expected.body, &reply.body);
    Some(format!(
        "byte {at} of {} instead of {}: …{}… instead of …{}…",
        reply.len(),
        expected.len(),
        part(reply),
        part(expected)
    ))
}

/// A path and what is known of it.
#[derive(Clone, Debug)]
struct Asked {
    path: String,
    /// The workload that asks such paths.
    workload: &'static str,
    /// Whether that asks this one: an id that there is, and default parameters.
    is_plain: bool,
}

/// What is asked: random ids, the edges, ids that nobody has, and pages of lists.
fn asked(shop: Shop, seed: u64) -> Vec<Asked> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut ids = |last: u32| {
        let edges = [1, 2, last / 2, last - 1, last, last + 1_000_000, 2_000_000_000];
        let random: Vec<u32> = (0..IDS).map(|_| random.u32(1..=last)).collect();
        edges.into_iter().chain(random).map(|id| (id, id <= last)).collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    let mut add = |workload, path, is_plain| all.push(Asked { path, workload, is_plain });
    for (id, is_known) in ids(shop.products) {
        add("product", format!("/products/{id}"), is_known);
        add("styles", format!("/products/{id}/styles"), is_known);
        add("related", format!("/products/{id}/related"), is_known);
        add("meta", format!("/reviews/meta?product_id={id}"), is_known);
        add("reviews", format!("/reviews?product_id={id}"), is_known);
        add("reviews-newest", format!("/reviews?product_id={id}&sort=newest"), is_known);
        add("questions", format!("/qa/questions?product_id={id}"), is_known);
    }
    for (id, _) in ids(shop.products).into_iter().take(50) {
        for query in ["sort=helpful&count=100", "sort=relevant&count=2&page=2"] {
            add("reviews", format!("/reviews?product_id={id}&{query}"), false);
        }
        let query = "sort=newest&count=3&page=2";
        add("reviews-newest", format!("/reviews?product_id={id}&{query}"), false);
        for query in ["count=2&page=2", "count=100"] {
            add("questions", format!("/qa/questions?product_id={id}&{query}"), false);
        }
    }
    for (id, is_known) in ids(shop.questions) {
        add("answers", format!("/qa/questions/{id}/answers"), is_known);
        add("answers", format!("/qa/questions/{id}/answers?count=2&page=2"), false);
    }
    // Not the highest: what a page that nobody has comes to need not fit an `int`.
    let pages = ids(shop.products / 5).into_iter().filter(|it| it.0 < 10_000_000);
    for (page, is_known) in pages {
        add("products", format!("/products?page={page}"), is_known);
        add("products", format!("/products?page={page}&count=7"), false);
    }
    add("products", "/products".to_owned(), false);
    add("products", "/products?count=100".to_owned(), false);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        let content_type = "application/json".to_owned();
        Reply { status, content_type, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_difference_is_shown_where_it_is() {
        let expected = reply(200, "{\"a\":1}");
        assert_eq!(difference(&expected, &reply(200, "{\"a\":1}")), None);
        let shown = difference(&expected, &reply(200, "{\"a\":2}")).unwrap();
        assert!(shown.starts_with("byte 5 of 7 instead of 7"), "{shown}");
        assert!(difference(&expected, &reply(200, "")).is_some());
        assert!(difference(&expected, &reply(404, "{\"a\":1}")).is_some());
        let html = Reply { content_type: "text/html".to_owned(), ..expected.clone() };
        assert!(difference(&expected, &html).is_some());
    }

    #[test]
    fn what_an_error_says_is_free() {
        assert_eq!(difference(&reply(404, "no"), &reply(404, "none")), None);
    }

    #[test]
    fn every_route_is_asked_hundreds_of_times() {
        let asked = asked(Shop { products: 1000, questions: 4000, reviews: 5000 }, 1);
        for part in ["/styles", "/related", "/meta", "/reviews?", "/answers", "/products?", "qa/q"]
        {
            let count = asked.iter().filter(|it| it.path.contains(part)).count();
            assert!(count > 200, "{part}: {count}");
        }
    }
}
