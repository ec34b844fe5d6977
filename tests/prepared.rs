//! The statements against a real database: that they prepare is checked with each connection; here
//! it is their plans, and the pages they touch in a shop of 200,000 products.

use crate::common::{Database, cluster};
use atelier::postgres::{Key, Read, Session, Statement, Target, oid};
use atelier::{schema, statements};
use serde_json::Value;
use std::collections::BTreeSet;

/// The products of the large shop.
const PRODUCTS: i32 = 200_000;
/// One of them has 20,000 reviews and as many questions, one of which has 5,000 answers.
const POPULAR: i32 = 77_777;
const POPULAR_QUESTION: i32 = 9_000_001;
/// And one has what the others have.
const USUAL: i32 = 123_456;

/// Rows as they lie after an import: in the order of their products, before the indexes are made.
const ROWS: &str = "
insert into products
  select n, 14000, 'name', 'slogan', repeat('description ', 12), 'Jackets'
  from generate_series(1, 200000) as n;
insert into product_documents
  select now(), n, n, array[1, 2, 3], repeat('\"name\":\"x\",', 40), repeat('{}', 60)
  from generate_series(1, 200000) as n;
insert into style_documents
  select n, md5(n::text) || repeat(md5(n::text), 60) from generate_series(1, 200000) as n;
insert into review_meta (product_id, characteristic_ids, characteristic_names, characteristic_sums,
    characteristic_counts)
  select n, array[4 * n], array['Fit'], array[3], array[1] from generate_series(1, 200000) as n;
insert into skus
  select n, n, n, 5, 'M' from generate_series(1, 200000) as n;
insert into carts
  select n, 1, sha256((n / 3)::text::bytea) from generate_series(1, 30000) as n;
insert into reviews (date, product_id, review_id, helpfulness, rating, recommend, summary, body,
    reviewer_name, reviewer_email)
  select now(), product, 1000000 * (product = 77777)::int + 5 * product + n, n * 7919 % 97, 5, true,
    'summary', repeat('body ', 30), 'name', 'email'
  from generate_series(1, 200000) as product,
    generate_series(1, case product when 77777 then 20000 else 5 end) as n;
insert into questions (date, product_id, question_id, helpfulness, body, asker_name, asker_email)
  select now(), product, case product when 77777 then 9000000 + n else 3 * product + n end,
    n * 7919 % 97, repeat('body ', 10), 'name', 'email'
  from generate_series(1, 200000) as product,
    generate_series(1, case product when 77777 then 20000 else 3 end) as n;
insert into answers (date, product_id, question_id, answer_id, helpfulness, body, answerer_name,
    answerer_email)
  select now(), product_id, question_id,
    case question_id when 9000001 then 20000000 + n else 2 * question_id + n end, n * 7919 % 97,
    repeat('body ', 15), 'name', 'email'
  from questions,
    generate_series(1, case question_id when 9000001 then 5000 else 2 end) as n;
update questions set reported = true where question_id % 97 = 0;
";

fn all() -> Vec<&'static Statement> {
    [statements::READS, statements::WRITES].concat()
}

#[test]
fn every_file_is_prepared_once_with_the_types_it_is_declared_with() {
    let database = cluster().sample();
    let statements = all();
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

/// A shop of 200,000 products, made in the database itself: it is the plans that are looked at.
fn large_shop() -> Database {
    let database = cluster().empty();
    let mut session = Session::connect(&database.target()).unwrap();
    session.set_deadline(None);
    let (tables, indexes) = (atelier_import::schema::TABLES, atelier_import::schema::INDEXES);
    let log = atelier_import::schema::LOG;
    let name = schema::NAME;
    session
        .execute(&format!(
            "create schema {name}; set search_path = {name}; set synchronous_commit = off; \
             set maintenance_work_mem = '128MB'; {tables}; {log}; {ROWS}; {indexes}; analyze"
        ))
        .unwrap();
    database
}

/// A session as the workers have them.
fn session(database: &Database) -> Session {
    let target = Target::parse(&database.url).unwrap();
    let target = target
        .with_setting("search_path", schema::NAME)
        .with_setting("plan_cache_mode", "force_generic_plan")
        .with_setting("jit", "off");
    Session::connect(&target).unwrap()
}

/// What `explain` says of one execution, which is rolled back.
fn explained(session: &mut Session, statement: &Statement, arguments: &str) -> Value {
    let name = statement.name;
    session.execute("begin").unwrap();
    let sql = format!("explain (analyze, buffers, format json) execute {name}({arguments})");
    let mut explained = Value::Null;
    // The first execution reads what the second one finds; the plan is the same.
    for _ in 0..2 {
        let text = session.rows(&sql).unwrap()[0][0].clone().unwrap();
        explained = serde_json::from_str::<Value>(&text).unwrap()[0]["Plan"].take();
    }
    session.execute("rollback").unwrap();
    explained
}

/// Every node of a plan, with what it scans.
fn nodes(plan: &Value, found: &mut Vec<String>) {
    let text = |key: &str| plan[key].as_str().unwrap_or_default();
    found.push(format!("{} {}", text("Node Type"), text("Relation Name")).trim().to_owned());
    for child in plan["Plans"].as_array().into_iter().flatten() {
        nodes(child, found);
    }
}

/// Each read, a key, and the most pages of 8 KiB that it may touch for it: the levels of its
/// indexes, and a page of the table for each row.
fn read_cases() -> Vec<(&'static Read, Key, i64)> {
    use statements::*;
    let mut cases = Vec::new();
    for product in [USUAL, POPULAR].map(i64::from) {
        cases.extend([
            (&PRODUCT, [product, 0, 0], 4),
            (&PRODUCT_STYLES, [product, 0, 0], 4),
            (&PRODUCT_RELATED, [product, 0, 0], 4),
            (&PRODUCT_LIST, [product, product + 5, 2_147_483_640], 6),
            (&REVIEW_META, [product, 0, 0], 4),
            (&REVIEW_LIST_HELPFUL, [product, 5, 0], 10),
            (&REVIEW_LIST_NEWEST, [product, 5, 0], 10),
            (&REVIEW_LIST_HELPFUL, [product, 5, 10], 20),
            (&QUESTION_LIST, [product, 5, 0], 50),
        ]);
    }
    // The last page of the catalogue costs what the first does.
    let products = i64::from(PRODUCTS);
    cases.push((&PRODUCT_LIST, [products - 5, products, 2_147_483_640], 6));
    for question in [3 * USUAL + 1, POPULAR_QUESTION].map(i64::from) {
        cases.push((&ANSWER_LIST, [question, 5, 0], 10));
    }
    cases
}

/// Each statement, what it is asked, and the most pages of 8 KiB that it may touch: the levels of
/// its indexes, a page of the table for each row, and for writes the indexes that a row is in.
fn cases() -> Vec<(&'static Statement, String, i64)> {
    use statements::*;
    let session = "sha256('7'::bytea)";
    let mut cases = Vec::new();
    for (read, key, pages_max) in read_cases() {
        let parts = read.one.parameters.len();
        let joined = |list: Vec<String>| list.join(", ");
        let arguments = joined(key[..parts].iter().map(i64::to_string).collect());
        cases.push((&read.one, arguments, pages_max));
        // The same and two neighbours: each costs what it costs alone.
        let array = |&part: &i64| format!("array[{part}, {part} + 1, {part} + 2]");
        let arrays = match read.single_row || parts < 3 || read.one.parameters[0] == oid::INT8 {
            true => key[..parts].iter().map(array).collect(),
            false => {
                [array(&key[0]), format!("array[{0}, {0}, {0}]", key[1]), array(&key[2])].into()
            }
        };
        cases.push((&read.many, joined(arrays), 3 * pages_max));
    }
    cases.extend([
        (&CART_LIST, format!("{session}, 10000"), 8),
        (&REVIEW_HELPFUL, format!("{}", 5 * USUAL + 1), 40),
        (&REVIEW_REPORT, format!("{}", 5 * USUAL + 1), 40),
        (&QUESTION_HELPFUL, format!("{}", 3 * USUAL + 1), 40),
        (&QUESTION_REPORT, format!("{}", 3 * USUAL + 1), 40),
        (&ANSWER_HELPFUL, format!("{}", 6 * USUAL + 3), 40),
        (&ANSWER_REPORT, format!("{}", 6 * USUAL + 3), 40),
        (&QUESTION_ADD, format!("{USUAL}, 'b', 'n', 'e'"), 30),
        (&ANSWER_ADD, format!("{}, 'b', 'n', 'e', '{{u}}'", 3 * USUAL + 1), 40),
        (&CART_ADD, format!("{session}, {USUAL}, 1"), 20),
        (&INTERACTION_ADD, "'e', 'w', 't'".to_owned(), 10),
        (
            &REVIEW_ADD,
            format!(
                "{USUAL}, 5::int2, true, 's', 'b', 'n', 'e', '{{u}}', '{{{}}}', '{{5}}'",
                4 * USUAL
            ),
            70,
        ),
    ]);
    cases
}

#[test]
fn no_statement_scans_a_table_or_touches_more_pages_than_its_rows_lie_on() {
    let database = large_shop();
    let mut session = session(&database);
    session.prepare(&all()).unwrap();
    let mut seen = Vec::new();
    for (statement, arguments, pages_max) in cases() {
        let plan = explained(&mut session, statement, &arguments);
        let mut found = Vec::new();
        nodes(&plan, &mut found);
        let name = statement.name;
        let scans = found.iter().any(|node| node.starts_with("Seq Scan"));
        let read = !statements::WRITES.iter().any(|write| write.name == name);
        let hashes = read && found.iter().any(|node| node.contains("Hash"));
        let sorts = statement.columns.len() > 1 && found.iter().any(|node| node.contains("Sort"));
        assert!(!scans && !sorts && !hashes, "{name}: {found:?}");
        let count = |key: &str| plan[key].as_i64().unwrap();
        let pages = count("Shared Hit Blocks") + count("Shared Read Blocks");
        println!("{name:<20}{pages:>4} pages of {pages_max:>3}  ({arguments})");
        assert!(pages <= pages_max, "{name}({arguments}) touches {pages} pages: {plan:#}");
        seen.push(name);
    }
    for statement in all() {
        assert!(seen.contains(&statement.name), "{} is not looked at", statement.name);
    }
}

/// In a small shop, where a scan of a table would look cheap to the planner.
#[test]
fn many_keys_are_looked_up_one_by_one_in_a_small_shop_too() {
    let database = cluster().sample();
    database.session().execute("analyze").unwrap();
    let mut session = session(&database);
    session.prepare(&all()).unwrap();
    for (read, ..) in read_cases() {
        let parameters = read.many.parameters.iter().map(|_| "'{1,2}'").collect::<Vec<_>>();
        let plan = explained(&mut session, &read.many, &parameters.join(", "));
        let mut found = Vec::new();
        nodes(&plan, &mut found);
        let name = read.many.name;
        assert!(found[0] == "Nested Loop" && found[1] == "Function Scan", "{name}: {found:?}");
        let scans = |node: &&String| node.contains("Scan") || node.contains("Sort");
        for node in found[2..].iter().filter(scans) {
            assert!(node.starts_with("Index Scan"), "{name}: {found:?}");
        }
    }
}

#[test]
fn a_page_of_a_list_is_a_walk_along_one_index() {
    let database = cluster().sample();
    let mut session = session(&database);
    session.execute("analyze").unwrap();
    session.prepare(statements::READS).unwrap();
    let mut plan = |name: &str| {
        let sql = format!("explain (costs off) execute {name}(1, 5, 0)");
        let lines = session.rows(&sql).unwrap().into_iter().flatten().flatten();
        lines.map(|line| line.trim_start().to_owned()).collect::<Vec<_>>()
    };
    for (name, index, key) in [
        ("review_list_helpful", "reviews_by_helpfulness on reviews", "product_id"),
        ("review_list_newest", "reviews_by_date on reviews", "product_id"),
        ("answer_list", "answers_by_helpfulness on answers", "question_id"),
    ] {
        let scan = format!("->  Index Scan using {index}");
        assert_eq!(plan(name), ["Limit", &scan, &format!("Index Cond: ({key} = $1)")]);
    }
    let questions = plan("question_list").join("\n");
    let walks = "Nested Loop\n->  Limit\n\
                 ->  Index Scan using questions_by_helpfulness on questions\n\
                 Index Cond: (product_id = $1)\n->  Append\n->  Result\n\
                 ->  Index Scan using answers_pkey on answers\n";
    assert!(questions.starts_with(walks), "{questions}");
}
