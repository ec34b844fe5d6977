//! The data set as a whole: its form, its proportions, its dirt, and that it is reproducible.

use super::*;
use csv::{ReaderBuilder, StringRecord};
use std::collections::{HashMap, HashSet};
use tempfile::TempDir;

const HEADERS: [(&str, &str); 5] = [
    ("product.csv", "id,name,slogan,description,category,default_price"),
    (
        "reviews.csv",
        "id,product_id,rating,date,summary,body,recommend,reported,reviewer_name,reviewer_email,\
         response,helpfulness",
    ),
    ("reviews_photos.csv", "id,review_id,url"),
    ("characteristics.csv", "id,product_id,name"),
    ("characteristic_reviews.csv", "id,characteristic_id,review_id,value"),
];

fn generated(products: u32, seed: u64) -> (TempDir, Vec<FileSummary>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data/set");
    let options = Options { directory: path, products, seed, show: Show::Hidden };
    let summaries = run(&options).unwrap();
    (directory, summaries)
}

fn bytes(directory: &TempDir, name: &str) -> Vec<u8> {
    fs::read(directory.path().join("data/set").join(name)).unwrap()
}

/// The rows without the header, every one with as many fields as the header has.
fn rows(directory: &TempDir, name: &str) -> Vec<StringRecord> {
    let path = directory.path().join("data/set").join(name);
    let mut reader = ReaderBuilder::new().flexible(false).from_path(path).unwrap();
    reader.records().map(Result::unwrap).collect()
}

fn number(row: &StringRecord, field: usize) -> u64 {
    row[field].parse().unwrap()
}

#[test]
fn same_seed_and_count_are_the_same_bytes() {
    let ((one, summaries), (two, again)) = (generated(300, 7), generated(300, 7));
    assert_eq!(summaries, again);
    for (name, _) in HEADERS {
        assert_eq!(bytes(&one, name), bytes(&two, name), "{name}");
    }
}

/// The sum was taken when the form of the data was settled: whoever changes it changes what
/// every seed makes, and published figures are about other data.
#[test]
fn the_bytes_of_a_seed_are_the_same_on_every_machine() {
    let (directory, _) = generated(50, 1);
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for (name, _) in HEADERS {
        for byte in bytes(&directory, name) {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    assert_eq!(sum, 0xc963_1698_47e8_223e, "{sum:#018x}");
}

#[test]
fn another_seed_is_other_bytes() {
    let ((one, _), (two, _)) = (generated(50, 1), generated(50, 2));
    for (name, _) in HEADERS {
        assert_ne!(bytes(&one, name), bytes(&two, name), "{name}");
    }
}

#[test]
fn the_files_of_a_smaller_count_are_prefixes() {
    let ((small, _), (large, _)) = (generated(1_100, 3), generated(1_300, 3));
    for (name, _) in HEADERS {
        let (small, large) = (bytes(&small, name), bytes(&large, name));
        assert!(large.len() > small.len() && large.starts_with(&small), "{name}");
        assert_eq!(large[small.len()], b'\n', "{name} is cut between two rows");
    }
}

#[test]
fn every_file_has_its_header_its_rows_and_no_newline_at_the_end() {
    let (directory, summaries) = generated(1_011, 42);
    for ((name, header), summary) in HEADERS.into_iter().zip(summaries) {
        let content = bytes(&directory, name);
        assert!(content.starts_with(format!("{header}\n").as_bytes()), "{name}");
        assert_ne!(content.last(), Some(&b'\n'), "{name}");
        assert_eq!(summary.name, name);
        assert_eq!(summary.bytes, content.len() as u64, "{name}");
        assert_eq!(summary.rows, rows(&directory, name).len() as u64, "{name}");
    }
}

#[test]
fn no_products_are_headers_alone() {
    let (directory, summaries) = generated(0, 1);
    assert!(summaries.iter().all(|summary| summary.rows == 0));
    for (name, header) in HEADERS {
        assert_eq!(bytes(&directory, name), header.as_bytes());
    }
}

#[test]
fn means_are_the_real_ones() {
    let (_directory, summaries) = generated(20_000, 5);
    let rows = |name| {
        let summary = summaries.iter().find(|summary| summary.name == name).unwrap();
        u32::try_from(summary.rows).map(f64::from).unwrap()
    };
    let reviews = rows("reviews.csv");
    let near = |what: &str, mean: f64, real: f64| {
        assert!((mean / real - 1.0).abs() < 0.03, "{mean} {what}, not {real}");
    };
    assert!((rows("product.csv") - 20_000.0).abs() < 0.5);
    near("reviews a product", reviews / 20_000.0, 5.775);
    near("photos a review", rows("reviews_photos.csv") / reviews, 0.4749);
    near("characteristics a product", rows("characteristics.csv") / 20_000.0, 3.3476);
    near("ratings a review", rows("characteristic_reviews.csv") / reviews, 3.3468);
}

#[test]
fn a_few_products_have_hundreds_of_reviews_and_a_quarter_has_none() {
    let (directory, _) = generated(1_011, 9);
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for row in rows(&directory, "reviews.csv") {
        *counts.entry(number(&row, 1)).or_default() += 1;
    }
    assert!(counts.values().any(|&count| count >= 150));
    assert!(counts[&1] >= 12);
    assert!((740..=780).contains(&counts.len()), "{}", counts.len());
}

#[test]
fn ids_are_unique_and_every_child_has_its_parent() {
    let (directory, _) = generated(1_011, 42);
    let all = HEADERS.map(|(name, _)| rows(&directory, name));
    let [products, reviews, photos, characteristics, ratings] = &all;
    let ids = |rows: &[StringRecord]| rows.iter().map(|row| number(row, 0)).collect::<HashSet<_>>();
    for (rows, (name, _)) in all.iter().zip(HEADERS) {
        assert_eq!(ids(rows).len(), rows.len(), "{name}");
    }
    let (product_ids, review_ids) = (ids(products), ids(reviews));
    assert!(reviews.iter().all(|row| product_ids.contains(&number(row, 1))));
    assert!(photos.iter().all(|row| review_ids.contains(&number(row, 1))));
    assert!(characteristics.iter().all(|row| product_ids.contains(&number(row, 1))));
    let product_of = |rows: &[StringRecord]| {
        rows.iter().map(|row| (number(row, 0), number(row, 1))).collect::<HashMap<_, _>>()
    };
    let (of_review, of_characteristic) = (product_of(reviews), product_of(characteristics));
    for row in ratings {
        assert_eq!(of_characteristic[&number(row, 1)], of_review[&number(row, 2)]);
    }
    let ascending =
        |rows: &[StringRecord], field: usize| rows.is_sorted_by_key(|row| number(row, field));
    assert!(ascending(reviews, 0) && ascending(reviews, 1) && ascending(photos, 1));
}

#[test]
fn every_field_has_the_form_of_the_real_files() {
    let (directory, _) = generated(500, 12);
    for row in rows(&directory, "reviews.csv") {
        assert!((1..=5).contains(&number(&row, 2)));
        assert_eq!(row[3].len(), 13, "milliseconds");
        assert!((1_514_764_800_000..1_704_067_200_000).contains(&number(&row, 3)));
        assert!(["true", "false"].contains(&&row[6]) && ["true", "false"].contains(&&row[7]));
        assert!(number(&row, 11) <= 120);
    }
    let names = ["Size", "Width", "Comfort", "Quality", "Length", "Fit"];
    assert!(rows(&directory, "characteristics.csv").iter().all(|row| names.contains(&&row[2])));
    let ratings = rows(&directory, "characteristic_reviews.csv");
    assert!(ratings.iter().all(|row| (1..=5).contains(&number(row, 3))));
    assert!(rows(&directory, "product.csv").iter().all(|row| number(row, 5) > 0));
    let url = "https://images.unsplash.com/photo-";
    let photos = rows(&directory, "reviews_photos.csv");
    assert!(photos.iter().all(|row| row[2].starts_with(url) && row[2].contains("&w=")));
    let first = String::from_utf8(bytes(&directory, "product.csv")).unwrap();
    let first = first.lines().nth(1).unwrap();
    assert!(first.starts_with("1,\"Camo Onesie\",\"") && first.ends_with(",\"Jackets\",140"));
}

#[test]
fn the_first_product_has_a_page_worth_looking_at() {
    let (directory, _) = generated(1, 99);
    let photos = rows(&directory, "reviews_photos.csv");
    let with: HashSet<u64> = photos.iter().map(|row| number(row, 1)).collect();
    assert!(with.len() >= 12, "{}", with.len());
    let characteristics = rows(&directory, "characteristics.csv");
    let names: Vec<&str> = characteristics.iter().map(|row| &row[2]).collect();
    assert_eq!(names, ["Fit", "Length", "Comfort", "Quality"]);
}

#[test]
fn the_dirt_of_the_real_files_is_there() {
    let (directory, _) = generated(2_000, 21);
    let text = String::from_utf8(bytes(&directory, "reviews.csv")).unwrap();
    let reviews = rows(&directory, "reviews.csv");
    let share = |wanted: &dyn Fn(&StringRecord) -> bool| {
        reviews.iter().filter(|row| wanted(row)).count() * 1_000 / reviews.len()
    };
    assert!((850..=910).contains(&share(&|row| &row[10] == "null")));
    assert!(text.matches(",null,").count() > reviews.len() * 8 / 10, "null stands bare");
    assert!((3..=12).contains(&share(&|row| row[10].is_empty())));
    assert!((3..=15).contains(&share(&|row| row[4].is_empty())), "empty summaries");
    assert!((10..=20).contains(&share(&|row| &row[7] == "true")), "reported");
    assert!((3..=40).contains(&share(&|row| row[5].contains('\n'))), "newlines");
    assert!(share(&|row| row[5].contains('"')) > 20, "quotes");
    assert!(share(&|row| row[5].contains(',')) > 200, "commas");
    assert!(share(&|row| row[5].contains('\'')) > 200, "apostrophes");
    assert!(share(&|row| row[5].contains("  ")) > 200, "double spaces");
    assert!(share(&|row| !row[5].is_ascii()) > 20, "accents and emoji");
    let photos = rows(&directory, "reviews_photos.csv");
    let ids: Vec<u64> = photos.iter().map(|row| number(row, 0)).collect();
    assert!(!ids.is_sorted());
    assert!(ids.iter().max().unwrap() > &(ids.len() as u64), "gaps");
}

#[test]
fn files_that_are_there_are_left_alone() {
    let (directory, _) = generated(2, 1);
    let path = directory.path().join("data/set");
    let message = failure(path.clone(), 3);
    let expected = format!("{} is there already", path.join("product.csv").display());
    assert!(message.starts_with(&expected) && !message.contains('\n'), "{message}");
    let (fresh, _) = generated(2, 1);
    for (name, _) in HEADERS {
        assert_eq!(bytes(&directory, name), bytes(&fresh, name), "{name}");
    }
}

fn failure(directory: PathBuf, products: u32) -> String {
    let options = Options { directory, products, seed: 1, show: Show::Hidden };
    format!("{:#}", run(&options).unwrap_err())
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, "").unwrap();
    let message = failure(path.join("set"), 1);
    assert!(message.starts_with(&format!("cannot create {}", path.display())), "{message}");
}

#[test]
fn more_products_than_ids_are_refused() {
    let message = failure(PathBuf::from("nowhere"), PRODUCTS_MAX + 1);
    assert!(message.contains("100000000 at most"), "{message}");
}
