//! The sample served, against a naive model read from its files: every product's meta, and pages
//! at random. The model shares no code with the importer or the server.

use crate::common::{Shop, cluster};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::File;

struct Review {
    id: i64,
    helpfulness: i64,
    date_ms: i64,
    reported: bool,
    rating: String,
    recommend: String,
    shown: Value,
}

#[derive(Default)]
struct Product {
    reviews: Vec<Review>,
    /// Id, name, and what it was given.
    characteristics: Vec<(i64, String, Vec<i64>)>,
}

type Rows = Vec<BTreeMap<String, String>>;

fn rows(name: &str) -> Rows {
    let path = cluster().sample_files.join(name);
    let mut reader = csv::Reader::from_reader(File::open(path).unwrap());
    reader.deserialize().map(Result::unwrap).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> i64 {
    row[column].parse().unwrap()
}

fn model() -> BTreeMap<i64, Product> {
    let mut products: BTreeMap<i64, Product> =
        rows("product.csv").iter().map(|row| (number(row, "id"), Product::default())).collect();
    let mut photos: BTreeMap<i64, Vec<(i64, Value)>> = BTreeMap::new();
    for row in rows("reviews_photos.csv") {
        let photo = json!({"id": number(&row, "id"), "url": row["url"]});
        photos.entry(number(&row, "review_id")).or_default().push((number(&row, "id"), photo));
    }
    for row in rows("reviews.csv") {
        let id = number(&row, "id");
        let mut photos = photos.remove(&id).unwrap_or_default();
        photos.sort_by_key(|(id, _)| *id);
        let response = match row["response"].as_str() {
            "null" | "" => Value::Null,
            text => json!(text),
        };
        let review = Review {
            id,
            helpfulness: number(&row, "helpfulness"),
            date_ms: number(&row, "date"),
            reported: row["reported"] == "true",
            rating: row["rating"].clone(),
            recommend: row["recommend"].clone(),
            shown: json!({
                "review_id": id, "rating": number(&row, "rating"), "summary": row["summary"],
                "recommend": row["recommend"] == "true", "response": response,
                "body": row["body"], "date": null, "reviewer_name": row["reviewer_name"],
                "helpfulness": number(&row, "helpfulness"),
                "photos": photos.into_iter().map(|(_, photo)| photo).collect::<Vec<_>>(),
            }),
        };
        products.get_mut(&number(&row, "product_id")).unwrap().reviews.push(review);
    }
    let mut values: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for row in rows("characteristic_reviews.csv") {
        let of = values.entry(number(&row, "characteristic_id")).or_default();
        of.push(number(&row, "value"));
    }
    for row in rows("characteristics.csv") {
        let id = number(&row, "id");
        let entry = (id, row["name"].clone(), values.remove(&id).unwrap_or_default());
        products.get_mut(&number(&row, "product_id")).unwrap().characteristics.push(entry);
    }
    products
}

impl Product {
    fn page(&self, newest: bool, offset: usize, count: usize) -> Vec<&Review> {
        let mut shown: Vec<&Review> =
            self.reviews.iter().filter(|review| !review.reported).collect();
        let helpful = |review: &&Review| if newest { 0 } else { review.helpfulness };
        shown.sort_by_key(|review| std::cmp::Reverse((helpful(review), review.date_ms, review.id)));
        shown.into_iter().skip(offset).take(count).collect()
    }

    fn meta(&self, id: i64) -> Value {
        let count = |of: &dyn Fn(&Review) -> &String| {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            self.reviews.iter().for_each(|review| *counts.entry(of(review)).or_default() += 1);
            let counts = counts.into_iter().map(|(key, n)| (key.to_owned(), json!(n.to_string())));
            Value::Object(counts.collect::<Map<_, _>>())
        };
        let mut characteristics = Map::new();
        for (id, name, values) in &self.characteristics {
            let value = match i128::try_from(values.len()).unwrap() {
                0 => Value::Null,
                n => {
                    let scale = 10_i128.pow(16);
                    let sum = i128::from(values.iter().sum::<i64>());
                    let rounded = (2 * sum * scale + n) / (2 * n);
                    json!(format!("{}.{:016}", rounded / scale, rounded % scale))
                }
            };
            characteristics.insert(name.clone(), json!({"id": id, "value": value}));
        }
        json!({
            "product_id": id.to_string(), "ratings": count(&|review| &review.rating),
            "recommended": count(&|review| &review.recommend),
            "characteristics": characteristics,
        })
    }
}

/// Milliseconds of a date as JavaScript writes it, by the days of each month counted out.
fn milliseconds(date: &str) -> i64 {
    let part = |from: usize, to: usize| date[from..to].parse::<i64>().unwrap();
    let (year, month, day) = (part(0, 4), part(5, 7), part(8, 10));
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut days: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += lengths[..usize::try_from(month).unwrap() - 1].iter().sum::<i64>() + day - 1;
    let seconds = days * 86400 + part(11, 13) * 3600 + part(14, 16) * 60 + part(17, 19);
    seconds * 1000 + part(20, 23)
}

#[test]
fn every_meta_of_the_sample_is_the_models() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    for (id, product) in model() {
        let served = shop.get(&format!("/reviews/meta?product_id={id}")).body;
        assert_eq!(served, product.meta(id).to_string());
    }
}

#[test]
fn random_pages_of_the_sample_are_the_models() {
    let database = cluster().sample();
    let shop = Shop::of(&database);
    let products = model();
    let reviewed: Vec<_> = products.iter().filter(|(_, it)| !it.reviews.is_empty()).collect();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..400 {
        let (id, product) = reviewed[random.usize(..reviewed.len())];
        let (page, count) = (random.usize(1..4), [1, 2, 5, 20, 1000][random.usize(..5)]);
        let sort = ["newest", "helpful", "relevant"][random.usize(..3)];
        let query = format!("product_id={id}&page={page}&count={count}&sort={sort}");
        let offset = (page - 1) * count;
        let expected = product.page(sort == "newest", offset, count);
        let mut served = shop.get(&format!("/reviews?{query}")).json();
        let results = served["results"].as_array_mut().unwrap();
        assert_eq!(results.len(), expected.len(), "{query}");
        for (found, review) in results.iter_mut().zip(expected) {
            let date = std::mem::take(&mut found["date"]);
            assert_eq!(milliseconds(date.as_str().unwrap()), review.date_ms, "{query}");
            assert_eq!(found.to_string(), review.shown.to_string(), "{query}");
        }
        served["results"].take();
        let echo =
            format!(r#"{{"product":"{id}","page":{offset},"count":{count},"results":null}}"#);
        assert_eq!(served.to_string(), echo);
    }
}
