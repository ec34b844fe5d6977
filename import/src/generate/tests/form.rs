//! Headers, fields and the values that they can have.

use super::*;

#[test]
fn every_file_has_its_header_its_rows_and_no_newline_at_the_end() {
    let (directory, summaries) = generated(1_011, 42);
    assert_eq!(summaries.len(), HEADERS.len());
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
fn every_field_of_a_review_has_the_form_of_the_real_files() {
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
}

/// Whole numbers from the lowest to the highest.
fn all_within(rows: &[StringRecord], field: usize, lowest: u64, highest: u64) -> bool {
    rows.iter().all(|row| (lowest..=highest).contains(&number(row, field)))
}

#[test]
fn every_field_of_the_catalogue_has_the_form_of_the_real_files() {
    let (directory, _) = generated(500, 12);
    let styles = rows(&directory, "styles.csv");
    assert!(all_within(&styles, 4, 1, 900) && all_within(&styles, 5, 0, 1));
    assert!(styles.iter().all(|row| &row[3] == "null" || number(row, 3) < number(row, 4)));
    assert!(styles.iter().all(|row| (3..=30).contains(&row[2].len())));
    let skus = rows(&directory, "skus.csv");
    assert!(all_within(&skus, 3, 0, 60));
    let sizes: HashSet<&str> = skus.iter().map(|row| &row[2]).collect();
    assert!(["XS", "XXL", "9.5", "One Size"].iter().all(|size| sizes.contains(size)));
    let photos = rows(&directory, "photos.csv");
    let url = "https://images.unsplash.com/photo-";
    assert!(photos.iter().all(|row| row[2].contains(url) && row[2].ends_with("&w=668&q=80")));
    assert!(photos.iter().all(|row| row[3] == row[2].replace("&w=668&", "&w=300&")));
    let features = rows(&directory, "features.csv");
    assert!(features.iter().all(|row| row[2].len() <= 24 && row[3].len() <= 30));
    let cart = rows(&directory, "cart.csv");
    assert!(all_within(&cart, 1, 1_000, 9_999) && all_within(&cart, 3, 0, 1));
    assert_eq!(cart.len(), 13);
}

#[test]
fn every_field_of_a_question_has_the_form_of_the_real_files() {
    let (directory, _) = generated(500, 12);
    for name in ["questions.csv", "answers.csv"] {
        let rows = rows(&directory, name);
        assert!(all_within(&rows, 3, 1_514_764_800_000, 1_703_980_800_000), "{name}");
        assert!(all_within(&rows, 6, 0, 1) && all_within(&rows, 7, 0, 40), "{name}");
        assert!(rows.iter().all(|row| (1..=1_000).contains(&row[2].chars().count())), "{name}");
        assert!(rows.iter().all(|row| !row[4].is_empty() && row[5].contains("@")), "{name}");
    }
    let url = "https://images.unsplash.com/photo-";
    assert!(rows(&directory, "answers_photos.csv").iter().all(|row| row[2].starts_with(url)));
}
