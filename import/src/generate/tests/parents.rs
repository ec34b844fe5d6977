//! Ids come once, and every child has its parent.

use super::*;

fn ids(rows: &[StringRecord]) -> HashSet<u64> {
    rows.iter().map(|row| number(row, 0)).collect()
}

/// From the id of each row to the number in another of its fields.
fn field_of(rows: &[StringRecord], field: usize) -> HashMap<u64, u64> {
    rows.iter().map(|row| (number(row, 0), number(row, field))).collect()
}

#[test]
fn ids_are_unique_and_every_child_has_its_parent() {
    let (directory, _) = generated(1_011, 42);
    let parents = [
        ("features.csv", "product.csv"),
        ("styles.csv", "product.csv"),
        ("photos.csv", "styles.csv"),
        ("skus.csv", "styles.csv"),
        ("related.csv", "product.csv"),
        ("reviews.csv", "product.csv"),
        ("reviews_photos.csv", "reviews.csv"),
        ("characteristics.csv", "product.csv"),
        ("characteristic_reviews.csv", "characteristics.csv"),
        ("questions.csv", "product.csv"),
        ("answers.csv", "questions.csv"),
        ("answers_photos.csv", "answers.csv"),
    ];
    for (name, parent) in parents {
        let (rows, parents) = (rows(&directory, name), ids(&rows(&directory, parent)));
        assert_eq!(ids(&rows).len(), rows.len(), "{name}");
        assert!(rows.iter().all(|row| parents.contains(&number(row, 1))), "{name}");
        // Answers alone are not in the order of their parents, and ratings have two of them.
        let is_shuffled = ["answers.csv", "characteristic_reviews.csv"].contains(&name);
        assert_eq!(rows.is_sorted_by_key(|row| number(row, 1)), !is_shuffled, "{name}");
        let has_swaps = name.ends_with("photos.csv");
        assert_eq!(rows.is_sorted_by_key(|row| number(row, 0)), !has_swaps, "{name}");
    }
}

#[test]
fn a_rating_and_its_review_are_of_the_same_product() {
    let (directory, _) = generated(1_011, 42);
    let of_review = field_of(&rows(&directory, "reviews.csv"), 1);
    let of_characteristic = field_of(&rows(&directory, "characteristics.csv"), 1);
    for row in rows(&directory, "characteristic_reviews.csv") {
        assert_eq!(of_characteristic[&number(&row, 1)], of_review[&number(&row, 2)]);
    }
}

#[test]
fn answers_follow_their_questions_in_time_and_stay_with_their_product() {
    let (directory, _) = generated(1_011, 42);
    let questions = rows(&directory, "questions.csv");
    let (asked_ms, product) = (field_of(&questions, 3), field_of(&questions, 1));
    let answers = rows(&directory, "answers.csv");
    assert!(answers.iter().all(|row| number(row, 3) >= asked_ms[&number(row, 1)]));
    assert!(answers.is_sorted_by_key(|row| product[&number(row, 1)]));
}

#[test]
fn related_products_are_others_of_the_same_round() {
    let (directory, _) = generated(1_500, 42);
    let mut last_round = 0;
    for row in rows(&directory, "related.csv") {
        let (id, related) = (number(&row, 1), number(&row, 2));
        assert!(id != related && related <= 1_500);
        assert!(related == 0 || (id - 1) / 1_011 == (related - 1) / 1_011, "{id} {related}");
        last_round += u32::from(related > 1_011);
    }
    assert!(last_round > 1_800);
}

#[test]
fn a_product_that_is_alone_relates_to_none() {
    let (directory, summaries) = generated(1, 42);
    assert!(rows(&directory, "related.csv").is_empty());
    let empty = summaries.iter().filter(|summary| summary.rows == 0).count();
    assert_eq!(empty, 1);
}
