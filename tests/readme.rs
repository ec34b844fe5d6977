//! The examples of the README, run against the sample that they speak of.

use crate::common::{Shop, cluster, exchange};
use std::fs;

/// Fenced blocks with their languages, in order.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let mut fences = text.split("```");
    fences.next();
    let mut blocks = Vec::new();
    while let Some(block) = fences.next() {
        blocks.push(block.split_once('\n').unwrap());
        fences.next();
    }
    blocks
}

/// Method, path and body of a `curl` line; quotes are single ones.
fn request(line: &str) -> (&str, &str, Option<&str>) {
    let method = line.split_once("-X ").map_or("GET", |(_, rest)| rest.split(' ').next().unwrap());
    let path = line.split_once("127.0.0.1:8080").unwrap().1.split('\'').next().unwrap();
    let body = line.split_once("-d '").map(|(_, rest)| rest.strip_suffix('\'').unwrap());
    (method, path, body)
}

#[test]
fn every_curl_line_answers_what_stands_below_it() {
    let readme = fs::read_to_string("README.md").unwrap();
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let mut tried = 0;
    for pair in blocks(&readme).windows(2) {
        let [("sh", command), (language, expected)] = pair else { continue };
        if !command.starts_with("curl ") || *language == "sh" {
            continue;
        }
        let (method, path, body) = request(command.trim_end());
        let reply = exchange(shop.address, method, path, body);
        assert_eq!(reply.body, expected.trim_end(), "{command}");
        tried += 1;
    }
    assert_eq!(tried, 5, "the README has other examples than this test finds");
}
