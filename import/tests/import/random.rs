//! Random rows in random order, good ones, bad ones and broken ones, against a model of which of
//! them have to be loaded.

use crate::database::Database;
use crate::fixture::{Files, Set, counts};
use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use std::collections::BTreeMap;

/// How long each test goes on, in milliseconds.
const BUDGET_MS: u64 = 1000;

/// The most rows of a file.
const ROWS_MAX: usize = 40;

/// A row's id, the id of the row that it belongs to, and whatever a file makes of a number.
type Row = (i32, i32, u8);

/// Rows with ids that come again and parents that there may not be.
fn rows(u: &mut Unstructured, id_max: i32, parent_max: i32) -> Result<Vec<Row>> {
    let count = u.int_in_range(0..=ROWS_MAX)?;
    let row =
        |_| Ok((u.int_in_range(1..=id_max)?, u.int_in_range(1..=parent_max)?, u.arbitrary()?));
    (0..count).map(row).collect()
}

/// Those with a parent, the first one of each id.
fn loaded(rows: &[Row], is_parent: impl Fn(i32) -> bool) -> BTreeMap<i32, Row> {
    let mut loaded = BTreeMap::new();
    for row in rows.iter().filter(|row| is_parent(row.1)) {
        loaded.entry(row.0).or_insert(*row);
    }
    loaded
}

/// A line of these characters between rows, in some places, which is no row.
fn with_garbage(u: &mut Unstructured, rows: Vec<String>, of: &str) -> Result<Vec<String>> {
    let of: Vec<_> = of.chars().collect();
    let mut lines = Vec::new();
    for row in rows {
        if u.ratio(1, 8)? {
            let letter = |_| u.choose(&of).copied();
            let garbage = (0..8).map(letter).collect::<Result<String>>()?;
            lines.push(format!("x{garbage}"));
        }
        lines.push(row);
    }
    Ok(lines)
}

/// Imports, and looks whether every file's rows are either loaded or rejected.
fn import(files: &Files) -> Database {
    let mut database = Database::default();
    let report = Set::of(files).import(&mut database).unwrap();
    // It is there that they are compared.
    counts(&report);
    database
}

fn assert_holds(database: &Database, table: &str, expected: impl Iterator<Item = String>) {
    let mut found = database.serving(table);
    let mut expected: Vec<_> = expected.collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{table}");
}

/// The small set has these three, and the others are orphans' parents.
fn is_product(id: i32) -> bool {
    id <= 3
}

#[test]
fn no_good_row_of_the_catalogue_is_lost() {
    arbtest(|u| {
        let styles = rows(u, 12, 4)?;
        let photos = rows(u, 50, 14)?;
        let skus = rows(u, 50, 14)?;
        let mut files = Files::small();
        let style = |(id, product, _): &Row| format!("{id},{product},\"s, {id}\",null,{id},1");
        files.replace("styles.csv", &styles.iter().map(style).collect::<Vec<_>>());
        let photo = |(id, style, number): &Row| match number % 4 {
            0 => format!("{id},{style},\"https://{number}\",\"https://left-open"),
            1 => format!("{id},{style},\"\",\"https://left-open"),
            2 => format!("{id},{style},\"https://{number}\",\"https://b\""),
            _ => format!("{id},{style},null,null"),
        };
        let lines = photos.iter().map(photo).collect();
        // A quote would close what was left open: then the garbage is text, and is in the table.
        files.replace("photos.csv", &with_garbage(u, lines, "x, ")?);
        let sku = |(id, style, number): &Row| format!("{id},{style},\"\"\"{id}\",{number}");
        let lines = skus.iter().map(sku).collect();
        files.replace("skus.csv", &with_garbage(u, lines, "x\"\", ")?);

        let database = import(&files);
        let styles = loaded(&styles, is_product);
        let line = |(id, product, _): &Row| format!("{id}00|NULL|{product}|{id}|true|s, {id}");
        assert_holds(&database, "styles", styles.values().map(line));
        let line = |(id, style, number): &Row| {
            let (url, thumbnail_url) = match number % 4 {
                0 => (&*format!("https://{number}"), "https://left-open"),
                1 => ("NULL", "https://left-open"),
                2 => (&*format!("https://{number}"), "https://b"),
                _ => ("NULL", "NULL"),
            };
            format!("{}|{style}|{id}|{url}|{thumbnail_url}", styles[style].1)
        };
        let is_style = |id| styles.contains_key(&id);
        assert_holds(&database, "style_photos", loaded(&photos, is_style).values().map(line));
        let line =
            |(id, style, number): &Row| format!("{}|{style}|{id}|{number}|\"{id}", styles[style].1);
        assert_holds(&database, "skus", loaded(&skus, is_style).values().map(line));
        Ok(())
    })
    .budget_ms(BUDGET_MS);
}

#[test]
fn no_good_question_or_answer_is_lost() {
    arbtest(|u| {
        let questions = rows(u, 12, 4)?;
        // Widely spread, so that their photos lie in different partitions.
        let spread = |(id, parent, number): Row| (id * 30_000, parent, number);
        let answers: Vec<_> = rows(u, 50, 14)?.into_iter().map(spread).collect();
        let photos: Vec<_> = rows(u, 50, 50)?.into_iter().collect();
        let mut files = Files::small();
        // A text over two lines, and some that look like the end of a field.
        let body = |number: &u8| {
            ["b", "b\nb", "b\"\"", "b,\"\",", "b\n\"\"b\"\""][usize::from(number % 5)]
        };
        let post = |(id, parent, number): &Row| {
            format!("{id},{parent},\"{}\",1546300800,n,e,{},{number}", body(number), number % 2)
        };
        let lines = questions.iter().map(post).collect();
        files.replace("questions.csv", &with_garbage(u, lines, "x\"\", ")?);
        let lines = answers.iter().map(post).collect();
        files.replace("answers.csv", &with_garbage(u, lines, "x\"\", ")?);
        let photo = |(id, answer, number): &Row| match number % 2 {
            0 => format!("{id},{},\"u{number}\"", answer * 30_000),
            _ => format!("{id},{},\"u{number}", answer * 30_000),
        };
        let lines = photos.iter().map(photo).collect();
        files.replace("answers_photos.csv", &with_garbage(u, lines, "x, ")?);

        let database = import(&files);
        let rest = |number: &u8| {
            let body = body(number).replace("\"\"", "\"");
            format!("{number}|{}|{body}|n|e", number % 2 == 1)
        };
        let questions = loaded(&questions, is_product);
        let line = |(id, product, number): &Row| {
            format!("599616000000000|{product}|{id}|{}", rest(number))
        };
        assert_holds(&database, "questions", questions.values().map(line));
        let answers = loaded(&answers, |id| questions.contains_key(&id));
        let photos = loaded(&photos, |_| true);
        let line = |(id, question, number): &Row| {
            let album = photos.values().filter(|photo| photo.1 * 30_000 == *id);
            let (ids, urls): (Vec<_>, Vec<_>) =
                album.map(|photo| (photo.0.to_string(), format!("u{}", photo.2))).unzip();
            let arrays = match ids.is_empty() {
                true => "NULL|NULL".to_owned(),
                false => format!("{{{}}}|{{{}}}", ids.join(","), urls.join(",")),
            };
            let product = questions[question].1;
            format!("599616000000000|{product}|{question}|{id}|{}|{arrays}", rest(number))
        };
        assert_holds(&database, "answers", answers.values().map(line));
        Ok(())
    })
    .budget_ms(BUDGET_MS);
}
