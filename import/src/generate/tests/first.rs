//! Product 1 is what people look at first, so that its page is a good one for every seed.

use super::*;

/// The rows of a file whose parent has this id.
fn of(directory: &TempDir, name: &str, parent: u64) -> Vec<StringRecord> {
    let mut rows = rows(directory, name);
    rows.retain(|row| number(row, 1) == parent);
    rows
}

#[test]
fn the_first_product_has_reviews_with_photos() {
    let (directory, _) = generated(1, 99);
    let photos = rows(&directory, "reviews_photos.csv");
    let with: HashSet<u64> = photos.iter().map(|row| number(row, 1)).collect();
    assert!(with.len() >= 12, "{}", with.len());
    let characteristics = rows(&directory, "characteristics.csv");
    let names: Vec<&str> = characteristics.iter().map(|row| &row[2]).collect();
    assert_eq!(names, ["Fit", "Length", "Comfort", "Quality"]);
}

#[test]
fn the_first_rows_are_those_of_the_real_files() {
    let (directory, _) = generated(20, 12);
    let row = |name| {
        let text = String::from_utf8(bytes(&directory, name)).unwrap();
        text.lines().nth(1).unwrap().to_owned()
    };
    let product = row("product.csv");
    assert!(product.starts_with("1,\"Camo Onesie\",\"") && product.ends_with(",\"Jackets\",140"));
    assert_eq!(row("features.csv"), "1,1,\"Fabric\",\"Canvas\"");
    assert_eq!(row("styles.csv"), "1,1,\"Forest Green & Black\",null,140,1");
    assert!(row("skus.csv").starts_with("1,1,\"XS\","));
    assert_eq!(row("related.csv"), "1,1,2");
    assert_eq!(row("cart.csv"), "1,1234,1,1");
}

#[test]
fn the_first_product_has_styles_to_look_at_and_to_buy() {
    for seed in 0..5 {
        let (directory, _) = generated(10, seed);
        assert!(of(&directory, "features.csv", 1).len() >= 2);
        let related: HashSet<u64> =
            of(&directory, "related.csv", 1).iter().map(|row| number(row, 2)).collect();
        assert!(related.len() >= 4, "{related:?}");
        let styles = of(&directory, "styles.csv", 1);
        assert!(styles.len() >= 4);
        assert_eq!(styles.iter().filter(|row| &row[3] != "null").count(), 1);
        for style in &styles {
            assert!(of(&directory, "photos.csv", number(style, 0)).len() >= 3);
            let skus = of(&directory, "skus.csv", number(style, 0));
            let sizes: HashSet<&str> = skus.iter().map(|row| &row[2]).collect();
            assert!(["XS", "S", "M", "L", "XL"].iter().all(|size| sizes.contains(size)));
            assert!(skus.iter().all(|row| number(row, 3) > 0));
        }
    }
}

#[test]
fn the_first_product_has_questions_answers_and_photos_of_them() {
    for seed in 0..5 {
        let (directory, _) = generated(1, seed);
        let mut questions = rows(&directory, "questions.csv");
        questions.retain(|row| &row[6] == "0");
        assert!(questions.len() >= 8);
        let answers = rows(&directory, "answers.csv");
        let answered: HashSet<u64> = answers.iter().map(|row| number(row, 1)).collect();
        assert!(answered.len() >= 8);
        let photos = rows(&directory, "answers_photos.csv");
        let with: HashSet<u64> = photos.iter().map(|row| number(row, 1)).collect();
        assert!(with.len() >= 5, "{}", with.len());
    }
}
