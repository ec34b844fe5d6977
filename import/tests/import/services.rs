//! Imports of some of a set's services: the others keep what they have.

use crate::database::{Database, Shared, Tables};
use crate::fixture::{Files, NAMES, Set};
use atelier_import::import::{self, Options, Report, Services};
use std::fs;

const REVIEWS: Services = Services { products: false, reviews: true, qa: false };

fn import(set: &Set, services: Services, database: &mut Database) -> anyhow::Result<Report> {
    let options = Options { services, ..set.options() };
    import::run(&options, &Shared::new(database))
}

/// A set of these files and no others.
fn set_of(names: &[&str]) -> Set {
    let set = Set::of(&Files::small());
    for name in NAMES.iter().filter(|name| !names.contains(name)) {
        fs::remove_file(set.path(name)).unwrap();
    }
    set
}

fn set_of_reviews() -> Set {
    set_of(&[
        "product.csv",
        "characteristics.csv",
        "reviews_photos.csv",
        "reviews.csv",
        "characteristic_reviews.csv",
    ])
}

#[test]
fn one_service_is_loaded_and_the_others_keep_what_they_have() {
    let old = |table: &str| (table.to_owned(), vec![format!("an old row of {table}")]);
    let tables = ["products", "skus", "carts", "product_documents", "reviews", "answers"];
    let serving = Some(Tables::from(tables.map(old)));
    let mut database = Database { serving, ..Database::default() };
    let report = import(&set_of_reviews(), REVIEWS, &mut database).unwrap();
    let names: Vec<_> = report.files.iter().map(|file| file.name).collect();
    assert_eq!(
        names,
        [
            "product.csv",
            "characteristics.csv",
            "reviews_photos.csv",
            "reviews.csv",
            "characteristic_reviews.csv"
        ]
    );
    for table in ["skus", "carts", "product_documents", "answers"] {
        assert_eq!(database.serving(table), [format!("an old row of {table}")]);
    }
    let mut whole = Database::default();
    Set::of(&Files::small()).import(&mut whole).unwrap();
    for table in ["products", "reviews", "characteristics", "characteristic_reviews"] {
        assert_eq!(database.serving(table), whole.serving(table), "{table}");
    }
    assert!(database.was_asked("alter sequence atelier.question_ids set schema atelier_next"));
    assert!(database.was_asked("select setval('review_ids', 3, true)"));
    assert!(!database.was_asked("setval('question_ids'"));
    assert!(!database.was_asked("alter table answers add primary key"));
    assert_eq!((database.next, database.old), (None, None));
}

#[test]
fn every_choice_of_services_is_loaded() {
    let mut whole = Database::default();
    let set = Set::of(&Files::small());
    set.import(&mut whole).unwrap();
    for choice in 1..8 {
        let [products, reviews, qa] = [1, 2, 4].map(|bit| choice & bit > 0);
        let mut database = Database::default();
        import(&set, Services { products, reviews, qa }, &mut database).unwrap();
        for (table, is_loaded) in
            [("products", true), ("skus", products), ("reviews", reviews), ("answers", qa)]
        {
            let expected = if is_loaded { whole.serving(table) } else { Vec::new() };
            assert_eq!(database.serving(table), expected, "{choice} {table}");
            // Nothing served, so that the empty tables are new ones too.
            assert!(database.was_asked(&format!("alter table {table} add primary key")));
        }
    }
}

#[test]
fn files_of_the_services_left_out_may_be_missing_and_others_may_not() {
    let mut database = Database::default();
    let set = set_of_reviews();
    let services = Services { qa: true, ..REVIEWS };
    let error = format!("{:#}", import(&set, services, &mut database).unwrap_err());
    assert!(error.starts_with("questions.csv: there is no such file in "), "{error}");
    assert!(error.contains(", nor is there answers_photos.csv, answers.csv; "), "{error}");
}

#[test]
fn nothing_is_kept_of_another_version() {
    let serving = Some(Tables::default());
    let mut database = Database { serving, is_of_another_version: true, ..Database::default() };
    let error = format!("{:#}", import(&set_of_reviews(), REVIEWS, &mut database).unwrap_err());
    assert!(error.contains("of another version"), "{error}");
    assert_eq!((database.serving, database.next), (Some(Tables::default()), None));
}
