//! The same seed makes the same bytes, whatever the machine and however many products.

use super::*;

#[test]
fn same_seed_and_count_are_the_same_bytes() {
    let ((one, summaries), (two, again)) = (generated(300, 7), generated(300, 7));
    assert_eq!(summaries, again);
    for (name, _) in HEADERS {
        assert_eq!(bytes(&one, name), bytes(&two, name), "{name}");
    }
}

/// Files whose bytes were settled first, then those that came later.
const FIRST_FIVE: [&str; 5] = [
    "product.csv",
    "reviews.csv",
    "reviews_photos.csv",
    "characteristics.csv",
    "characteristic_reviews.csv",
];
const OTHER_NINE: [&str; 9] = [
    "features.csv",
    "styles.csv",
    "photos.csv",
    "skus.csv",
    "related.csv",
    "cart.csv",
    "questions.csv",
    "answers.csv",
    "answers_photos.csv",
];

/// The sums were taken when the form of the data was settled: whoever changes them changes what
/// every seed makes, and published figures are about other data.
#[test]
fn the_bytes_of_a_seed_are_the_same_on_every_machine() {
    let (directory, _) = generated(50, 1);
    let sum = |names: &[&str]| {
        let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
        for name in names {
            for byte in bytes(&directory, name) {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        sum
    };
    let (first, other) = (sum(&FIRST_FIVE), sum(&OTHER_NINE));
    assert_eq!(first, 0xc963_1698_47e8_223e, "{first:#018x}");
    assert_eq!(other, 0x50b9_205f_b207_992f, "{other:#018x}");
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
    for (name, _) in HEADERS.into_iter().filter(|(name, _)| *name != "related.csv") {
        let (small, large) = (bytes(&small, name), bytes(&large, name));
        assert!(large.len() > small.len() && large.starts_with(&small), "{name}");
        assert_eq!(large[small.len()], b'\n', "{name} is cut between two rows");
    }
}

/// A product of the last round relates to none that is not there, so that what it relates to
/// depends on the count. The rounds before the last are the same.
#[test]
fn related_products_of_a_smaller_count_are_the_same_in_full_rounds() {
    let ((small, _), (large, _)) = (generated(1_100, 3), generated(1_300, 3));
    let full = |directory: &TempDir| {
        let mut rows = rows(directory, "related.csv");
        rows.retain(|row| number(row, 1) <= 1_011);
        rows
    };
    assert_eq!(full(&small), full(&large));
    assert!(full(&small).len() >= 4_558);
}
