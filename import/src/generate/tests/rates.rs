//! How many rows a file has for each product, and how unevenly they lie.

use super::*;

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
    near("features a product", rows("features.csv") / 20_000.0, 2.2193);
    near("styles a product", rows("styles.csv") / 20_000.0, 1.9581);
    near("photos a product", rows("photos.csv") / 20_000.0, 5.6557);
    near("sizes a product", rows("skus.csv") / 20_000.0, 11.3238);
    near("related a product", rows("related.csv") / 20_000.0, 4.5083);
    near("carts a product", rows("cart.csv") / 20_000.0, 0.025);
    near("questions a product", rows("questions.csv") / 20_000.0, 3.5190);
    near("answers a product", rows("answers.csv") / 20_000.0, 6.8793);
    near("photos of answers a product", rows("answers_photos.csv") / 20_000.0, 2.0638);
    near("ratings a review", rows("characteristic_reviews.csv") / reviews, 3.3468);
}

/// How many rows of a file each parent has that has any.
fn children(directory: &TempDir, name: &str) -> HashMap<u64, u32> {
    let mut counts = HashMap::new();
    for row in rows(directory, name) {
        *counts.entry(number(&row, 1)).or_default() += 1;
    }
    counts
}

#[test]
fn a_few_products_have_hundreds_of_reviews_and_a_quarter_has_none() {
    let (directory, _) = generated(1_011, 9);
    let counts = children(&directory, "reviews.csv");
    assert!(counts.values().any(|&count| count >= 150));
    assert!(counts[&1] >= 12);
    assert!((740..=780).contains(&counts.len()), "{}", counts.len());
}

#[test]
fn some_parents_have_no_children_and_some_have_many() {
    let (directory, _) = generated(1_011, 9);
    let products = |name| children(&directory, name);
    let with = |name| products(name).len();
    assert_eq!((with("features.csv"), with("styles.csv")), (901, 790));
    assert_eq!((with("related.csv"), with("questions.csv")), (924, 771));
    assert_eq!(products("features.csv").values().max(), Some(&6));
    assert_eq!(products("styles.csv").values().max(), Some(&6));
    assert!(products("questions.csv").values().any(|&count| count > 100));
    let styles = rows(&directory, "styles.csv").len();
    assert!((85..=93).contains(&(with("photos.csv") * 100 / styles)));
    assert!((95..=99).contains(&(with("skus.csv") * 100 / styles)));
    let questions = rows(&directory, "questions.csv").len();
    assert!((70..=76).contains(&(with("answers.csv") * 100 / questions)));
    assert!(products("answers.csv").values().any(|&count| count > 20));
}
