//! The rows of the sample, read from its files, which are well formed.

use super::rows::{
    Characteristic, Feature, Photo, Post, Product, Related, Review, Rows, Set, Sku, Style,
    StylePhoto, Value,
};
use crate::common::cluster;
use std::collections::BTreeMap;
use std::fs::File;

type Row = BTreeMap<String, String>;

fn rows<R>(name: &str, make: impl Fn(&Row) -> R) -> Rows<R> {
    let path = cluster().sample_files.join(name);
    let mut reader = csv::Reader::from_reader(File::open(path).unwrap());
    let rows = reader.deserialize().map(Result::<Row, _>::unwrap);
    rows.map(|row| (number(&row, "id"), make(&row))).collect()
}

fn number(row: &Row, column: &str) -> i64 {
    row[column].parse().unwrap()
}

fn optional(row: &Row, column: &str) -> Option<String> {
    Some(row[column].clone()).filter(|text| !text.is_empty() && text != "null")
}

/// The sample's prices are whole.
fn cents(row: &Row, column: &str) -> Option<i64> {
    optional(row, column).map(|text| text.parse::<i64>().unwrap() * 100)
}

pub fn set() -> Set {
    let mut set = posts();
    set.products = rows("product.csv", |row| Product {
        name: row["name"].clone(),
        slogan: row["slogan"].clone(),
        description: row["description"].clone(),
        category: row["category"].clone(),
        price_cents: cents(row, "default_price"),
    });
    set.features = rows("features.csv", |row| Feature {
        product_id: number(row, "product_id"),
        feature: optional(row, "feature"),
        value: optional(row, "value"),
    });
    set.styles = rows("styles.csv", |row| Style {
        product_id: number(row, "productId"),
        name: row["name"].clone(),
        sale_cents: cents(row, "sale_price"),
        price_cents: cents(row, "original_price"),
        is_default: row["default_style"] == "1",
    });
    set.style_photos = rows("photos.csv", |row| StylePhoto {
        style_id: number(row, "styleId"),
        url: optional(row, "url"),
        thumbnail_url: optional(row, "thumbnail_url"),
    });
    set.skus = rows("skus.csv", |row| Sku {
        style_id: number(row, "styleId"),
        size: optional(row, "size"),
        quantity: optional(row, "quantity").map(|text| text.parse().unwrap()),
    });
    set.related = rows("related.csv", |row| Related {
        product_id: number(row, "current_product_id"),
        related_product_id: number(row, "related_product_id"),
    });
    set
}

fn posts() -> Set {
    let photo = |column: &'static str| {
        move |row: &Row| Photo { post_id: number(row, column), url: row["url"].clone() }
    };
    let post = |parent: &'static str, name: &'static str| {
        move |row: &Row| Post {
            parent_id: number(row, parent),
            body: row["body"].clone(),
            date_ms: number(row, "date_written"),
            name: row[name].clone(),
            reported: row["reported"] == "1",
            helpfulness: number(row, "helpful"),
        }
    };
    Set {
        characteristics: rows("characteristics.csv", |row| Characteristic {
            product_id: number(row, "product_id"),
            name: row["name"].clone(),
        }),
        review_photos: rows("reviews_photos.csv", photo("review_id")),
        reviews: rows("reviews.csv", |row| Review {
            product_id: number(row, "product_id"),
            rating: number(row, "rating"),
            date_ms: number(row, "date"),
            summary: row["summary"].clone(),
            body: row["body"].clone(),
            recommend: row["recommend"] == "true",
            reported: row["reported"] == "true",
            name: row["reviewer_name"].clone(),
            response: optional(row, "response"),
            helpfulness: number(row, "helpfulness"),
        }),
        values: rows("characteristic_reviews.csv", |row| Value {
            characteristic_id: number(row, "characteristic_id"),
            review_id: number(row, "review_id"),
            value: number(row, "value"),
        }),
        questions: rows("questions.csv", post("product_id", "asker_name")),
        answer_photos: rows("answers_photos.csv", photo("answer_id")),
        answers: rows("answers.csv", post("question_id", "answerer_name")),
        ..Set::default()
    }
}
