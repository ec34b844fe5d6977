//! What goes wrong: before the database is touched, within the load, and at the swap. Whatever it
//! is, the tables that served go on serving.

use crate::database::{Database, Failing, Shared, Tables};
use crate::fixture::{Files, NAMES, Set, of_file};
use atelier_import::import;
use std::fs;

/// A database that serves something already.
fn in_service(failing: Option<Failing>) -> Database {
    let serving = Tables::from([("products".to_owned(), vec!["the old ones".to_owned()])]);
    Database { serving: Some(serving), failing, ..Database::default() }
}

fn assert_untouched(database: &Database, when: &str) {
    assert_eq!(database.serving, in_service(None).serving, "{when}");
    assert_eq!((&database.next, &database.old), (&None, &None), "{when}");
}

#[test]
fn a_missing_file_is_named_before_the_database_is_touched() {
    for name in NAMES.into_iter().filter(|name| *name != "cart.csv") {
        let set = Set::of(&Files::small());
        fs::remove_file(set.path(name)).unwrap();
        let mut database = Database::default();
        let failure = set.failure(&mut database);
        let directory = set.options().directory;
        assert_eq!(
            failure,
            format!(
                "{name}: there is no such file in {}; \
                 of a set's files only cart.csv may be missing",
                directory.display()
            )
        );
        assert!(database.statements.is_empty());
    }
}

#[test]
fn the_files_of_one_service_are_no_set_and_all_that_are_missing_are_named() {
    let set = Set::of(&Files::small());
    for name in NAMES {
        if !["product.csv", "questions.csv", "answers.csv", "answers_photos.csv"].contains(&name) {
            fs::remove_file(set.path(name)).unwrap();
        }
    }
    let mut database = Database::default();
    let failure = set.failure(&mut database);
    assert!(failure.starts_with("features.csv: there is no such file in "), "{failure}");
    let others = ", nor is there styles.csv, photos.csv, skus.csv, related.csv, \
        characteristics.csv, reviews_photos.csv, reviews.csv, characteristic_reviews.csv; ";
    assert!(failure.contains(others), "{failure}");
    assert!(database.statements.is_empty());
}

#[test]
fn a_file_that_is_there_in_two_forms_is_named_twice() {
    let set = Set::of(&Files::small());
    set.write("skus.csv.gz", b"");
    let mut database = Database::default();
    let failure = set.failure(&mut database);
    assert_eq!(failure, "skus.csv and skus.csv.gz are both there: take one of them away");
    assert!(database.statements.is_empty());
}

#[test]
fn a_gzipped_file_that_is_cut_off_is_never_loaded_as_far_as_it_goes() {
    let mut files = Files::small();
    files.features.extend((10..100_000).map(|id| format!("\n{id},1,feature {id},{}", id * 7)));
    let set = Set::of(&files);
    set.pack("features.csv");
    let whole = fs::read(set.path("features.csv.gz")).unwrap();
    set.write("features.csv.gz", &whole[..whole.len() - 9]);
    let mut database = in_service(None);
    let failure = set.failure(&mut database);
    let start = "nothing was imported: features.csv: line ";
    let rest = failure.strip_prefix(start).expect("the file and a line");
    let (line, why) = rest.split_once(": ").unwrap();
    assert!(line.parse::<u32>().unwrap() > 80_000, "{failure}");
    assert!(why.starts_with("cannot read: the gzip'd file is not whole: "), "{failure}");
    assert_untouched(&database, "cut off");
}

#[test]
fn a_set_without_carts_is_whole() {
    let set = Set::of(&Files::small());
    fs::remove_file(set.path("cart.csv")).unwrap();
    let mut database = Database::default();
    let report = set.import(&mut database).unwrap();
    assert_eq!(report.files.len(), NAMES.len() - 1);
    assert_eq!(database.serving("legacy_carts"), Vec::<String>::new());

    // One that is there must be right.
    set.write("cart.csv", b"id,session\n");
    let failure = set.failure(&mut database);
    assert!(failure.starts_with("cart.csv: line 1: expected the columns id,user_"), "{failure}");
}

#[test]
fn a_wrong_file_is_named_before_the_database_is_touched() {
    let mut database = Database::default();
    let set = Set::of(&Files::small());
    set.write("characteristics.csv", b"id,product,name\n1,1,Fit\n");
    assert_eq!(
        set.failure(&mut database),
        "characteristics.csv: line 1: expected the columns id,product_id,name \
         but found \"id,product,name\""
    );

    let set = Set::of(&Files::small());
    fs::remove_file(set.path("reviews.csv")).unwrap();
    fs::create_dir(set.path("reviews.csv")).unwrap();
    assert_eq!(set.failure(&mut database), "reviews.csv: it is a directory");

    let mut options = Set::of(&Files::small()).options();
    options.directory.push("none");
    let error = import::run(&options, &Shared::new(&mut database)).unwrap_err().to_string();
    assert!(error.ends_with("none: there is no such directory"), "{error}");

    let set = Set::of(&Files::small());
    let mut options = set.options();
    options.rejects = set.path("none").join("rejects.csv");
    let error = import::run(&options, &Shared::new(&mut database)).unwrap_err().to_string();
    assert!(error.starts_with("cannot write the rejects file "), "{error}");
    assert!(database.statements.is_empty());
}

#[test]
fn a_refusal_of_any_step_leaves_the_old_tables_serving() {
    for step in [
        "create schema",
        "create table",
        "copy products",
        "copy features",
        "copy styles",
        "copy style_photos",
        "copy skus",
        "copy related_products",
        "copy legacy_carts",
        "copy characteristics",
        "copy reviews",
        "copy characteristic_reviews",
        "copy review_meta",
        "copy questions",
        "copy answers",
        "create index",
        "set work_mem",
        "count(*) from skus",
        "sum(cardinality(photo_ids))",
        "truncate answers",
        "default_toast_compression",
        "insert into product_documents",
        "analyze",
        "setval",
        "into about",
    ] {
        let mut database = in_service(Some(Failing::now(step, u32::MAX)));
        let failure = Set::of(&Files::small()).failure(&mut database);
        assert!(failure.starts_with("nothing was imported: "), "{failure}");
        assert!(failure.ends_with(&format!("refused: {step}")), "{failure}");
        assert_untouched(&database, step);
        assert!(database.was_asked("rollback"), "{step}");
        assert!(database.was_asked("pg_advisory_unlock"), "{step}");
    }
}

#[test]
fn a_service_without_a_connection_ends_the_others() {
    for sessions_max in 0..4 {
        let sessions_max = Some(sessions_max);
        let mut database = Database { sessions_max, ..in_service(None) };
        let failure = Set::of(&Files::small()).failure(&mut database);
        assert!(failure.ends_with("too many connections"), "{failure}");
        assert_untouched(&database, "no connection");
    }
    let mut database = Database { sessions_max: Some(4), ..in_service(None) };
    Set::of(&Files::small()).import(&mut database).unwrap();
}

#[test]
fn a_row_that_the_database_has_lost_ends_the_import() {
    for (losing, failure_expected) in [
        ("products", "products: the database holds 2 of them, and 3 were loaded"),
        ("legacy_carts", "legacy_carts: the database holds 1 of them, and 2 were loaded"),
        ("review_meta", "review_meta: the database holds 2 of them, and 3 were loaded"),
        ("answers", "answers: the database holds 2 of them, and 3 were loaded"),
    ] {
        let mut database = Database { losing: Some(losing), ..in_service(None) };
        let failure = Set::of(&Files::small()).failure(&mut database);
        assert_eq!(failure, format!("nothing was imported: {failure_expected}"));
        assert_untouched(&database, losing);
    }
}

#[test]
fn a_swap_that_has_to_wait_is_tried_again() {
    let swap = "alter schema atelier_next rename to atelier";
    let mut database = in_service(Some(Failing::now(swap, 2)));
    Set::of(&Files::small()).import(&mut database).unwrap();
    assert_eq!(database.serving("products").len(), 3);
    assert_eq!((database.next, database.old), (None, None));

    let mut database = in_service(Some(Failing::now(swap, u32::MAX)));
    let failure = Set::of(&Files::small()).failure(&mut database);
    assert!(failure.contains("cannot swap the new tables in: refused"), "{failure}");
    assert_untouched(&database, "swap");
    let tries = database.statements.iter().filter(|sql| sql.contains(swap)).count();
    assert_eq!(tries, 10);
}

#[test]
fn old_tables_that_are_in_use_are_left_to_the_next_import() {
    let text = "drop schema if exists atelier_old";
    let after = "rename to atelier_old";
    let mut database = in_service(Some(Failing { text, times: u32::MAX, after }));
    let set = Set::of(&Files::small());
    let report = set.import(&mut database).unwrap();
    assert_eq!(report.notes.len(), 1);
    assert!(report.notes[0].contains("the next import drops"), "{}", report.notes[0]);
    assert_eq!(database.serving("products").len(), 3);
    assert!(database.old.is_some());

    // What a killed import left is dropped too.
    database.failing = None;
    database.next = Some(Tables::default());
    let report = set.import(&mut database).unwrap();
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!((&database.next, &database.old), (&None, &None));
}

#[test]
fn one_import_runs_at_a_time() {
    let mut database = Database { locked_by_another: true, ..in_service(None) };
    let failure = Set::of(&Files::small()).failure(&mut database);
    assert!(failure.starts_with("another import is running on this database"), "{failure}");
    assert_eq!(database.statements.len(), 1);
    assert_untouched(&database, "lock");
}

#[test]
fn too_many_rejects_end_the_import() {
    for (name, rest) in [
        ("photos.csv", "77,https://a,https://b"),
        ("related.csv", "1,0"),
        ("reviews.csv", "77,1,1546300800,,,true,true,n,e,,0"),
        ("answers_photos.csv", "77,https://of-an-answer-that-never-came"),
        ("answers.csv", "77,b,1546300800,n,e,0,0"),
    ] {
        let mut files = Files::small();
        let file = files.named(name);
        file.extend((100..250).map(|id| format!("\n{id},{rest}")));
        let set = Set::of(&files);
        let mut database = in_service(None);
        let failure = set.failure(&mut database);
        let expected = format!("nothing was imported: {name}: 150 of 153 rows rejected, more than");
        assert!(failure.starts_with(&expected), "{failure}");
        assert!(failure.ends_with("rejects.csv says why"), "{failure}");
        assert_untouched(&database, "rejects");
        assert_eq!(set.rejects().len(), 150);

        let mut options = set.options();
        options.skip_bad = Some(150);
        import::run(&options, &Shared::new(&mut database)).unwrap();
        assert_eq!(database.serving("products").len(), 3);
        options.skip_bad = Some(149);
        let error =
            format!("{:#}", import::run(&options, &Shared::new(&mut database)).unwrap_err());
        assert!(error.contains("150 of 153 rows rejected, more than 149"), "{error}");
    }
}

#[test]
fn a_file_that_breaks_off_within_a_row_loses_that_row_only() {
    let mut files = Files::small();
    files.reviews.truncate(files.reviews.len() - 30);
    let set = Set::of(&files);
    let mut database = Database::default();
    let report = set.import(&mut database).unwrap();
    let reviews = of_file(&report, "reviews.csv");
    assert_eq!((reviews.loaded, reviews.rejected), (2, 1));
    let lost = of_file(&report, "characteristic_reviews.csv").rejected;
    assert_eq!(lost, 1, "what is said of the lost review");
}

#[test]
fn files_without_a_product_do_not_replace_a_shop() {
    let set = Set::of(&Files::small());
    set.write("product.csv", b"id,name,slogan,description,category,default_price\n");
    let mut database = in_service(None);
    let failure = set.failure(&mut database);
    assert_eq!(failure, "nothing was imported: product.csv has no product to serve");
    assert_untouched(&database, "no product");
}
