//! The prepared statements against a real database: types, plans, and that none is forgotten.

use crate::common::{Database, cluster};
use atelier::statements;
use std::collections::BTreeSet;

fn all() -> impl Iterator<Item = &'static atelier::postgres::Statement> {
    statements::POINTS.iter().chain(statements::LISTS).chain(statements::WRITES).copied()
}

#[test]
fn every_file_is_prepared_once_with_the_types_it_is_declared_with() {
    let database = cluster().sample();
    let statements: Vec<_> = all().collect();
    database.session().prepare(&statements).unwrap();
    let names: BTreeSet<String> =
        statements.iter().map(|statement| format!("{}.sql", statement.name)).collect();
    assert_eq!(names.len(), statements.len(), "a statement is prepared twice");
    let files: BTreeSet<String> = std::fs::read_dir("prepared")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, names);
}

/// The plan of a statement as the server makes it for the workers: generic, without statistics of
/// the parameters' values.
fn plan(database: &Database, name: &str, arguments: &str) -> String {
    let statement = all().find(|statement| statement.name == name).unwrap();
    let mut session = database.session();
    session.execute("set plan_cache_mode = force_generic_plan; set jit = off").unwrap();
    session.execute("analyze").unwrap();
    session.prepare(&[statement]).unwrap();
    let rows = session.rows(&format!("explain (costs off) execute {name}({arguments})")).unwrap();
    rows.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n")
}

#[test]
fn a_page_of_reviews_is_a_walk_along_one_index() {
    let database = cluster().sample();
    for (name, index) in [
        ("review_list_helpful", "reviews_by_helpfulness"),
        ("review_list_newest", "reviews_by_date"),
    ] {
        let plan = plan(&database, name, "1, 5, 0");
        let lines: Vec<&str> = plan.lines().map(str::trim_start).collect();
        let scan = format!("->  Index Scan using {index} on reviews");
        assert_eq!(lines, ["Limit", &scan, "Index Cond: (product_id = $1)"]);
    }
}

#[test]
fn rows_are_found_by_their_keys() {
    let database = cluster().sample();
    for (name, index) in [
        ("review_meta", "review_meta_pkey"),
        ("review_helpful", "reviews_by_id"),
        ("review_report", "reviews_by_id"),
    ] {
        let plan = plan(&database, name, "1");
        assert!(plan.contains(&format!("Index Scan using {index}")), "{plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("Sort"), "{plan}");
    }
    let arguments = "1, 5::int2, true, 's', 'b', 'n', 'e', '{u}', '{1}', '{5}'";
    let plan = plan(&database, "review_add", arguments);
    assert!(plan.contains("Index Scan using review_meta_pkey"), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
}
