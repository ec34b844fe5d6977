//! The data set as a whole: its form, its proportions, its dirt, and that it is reproducible.
//! Each of these is a file of `tests`; what they share is here.

mod dirt;
mod first;
mod form;
mod parents;
mod rates;
mod same;
mod trouble;

use super::*;
use csv::{ReaderBuilder, StringRecord};
use std::collections::{HashMap, HashSet};
use tempfile::TempDir;

/// In the order in which they are reported.
const HEADERS: [(&str, &str); 14] = [
    ("product.csv", "id,name,slogan,description,category,default_price"),
    ("features.csv", "id,product_id,feature,value"),
    ("styles.csv", "id,productId,name,sale_price,original_price,default_style"),
    ("photos.csv", "id,styleId,url,thumbnail_url"),
    ("skus.csv", "id,styleId,size,quantity"),
    ("related.csv", "id,current_product_id,related_product_id"),
    ("cart.csv", "id,user_session,product_id,active"),
    (
        "reviews.csv",
        "id,product_id,rating,date,summary,body,recommend,reported,reviewer_name,reviewer_email,\
         response,helpfulness",
    ),
    ("reviews_photos.csv", "id,review_id,url"),
    ("characteristics.csv", "id,product_id,name"),
    ("characteristic_reviews.csv", "id,characteristic_id,review_id,value"),
    ("questions.csv", "id,product_id,body,date_written,asker_name,asker_email,reported,helpful"),
    (
        "answers.csv",
        "id,question_id,body,date_written,answerer_name,answerer_email,reported,helpful",
    ),
    ("answers_photos.csv", "id,answer_id,url"),
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

/// The rows without the header, every one with as many fields as the header has. Photos are
/// split at newlines and commas, since a few of them lack a closing quote.
fn rows(directory: &TempDir, name: &str) -> Vec<StringRecord> {
    let path = directory.path().join("data/set").join(name);
    let is_torn = name == "photos.csv";
    let mut reader =
        ReaderBuilder::new().flexible(false).quoting(!is_torn).from_path(path).unwrap();
    let rows = reader.records().map(Result::unwrap);
    if !is_torn {
        return rows.collect();
    }
    rows.map(|row| row.iter().map(|field| field.trim_matches('"')).collect()).collect()
}

fn number(row: &StringRecord, field: usize) -> u64 {
    row[field].parse().unwrap()
}
