//! A database that keeps what is copied into it: schemas are lists of rows, a row is its fields as
//! text with `|` between them, and any statement can be told to fail. Sessions have transactions:
//! what is not committed nobody else sees, and it goes with its session.

use atelier_import::{Loader, Loaders, schema};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard};

/// Rows by table.
pub type Tables = BTreeMap<String, Vec<String>>;

#[derive(Debug, Default)]
pub struct Database {
    /// What was asked, in order, in all sessions.
    pub statements: Vec<String>,
    pub serving: Option<Tables>,
    pub next: Option<Tables>,
    pub old: Option<Tables>,
    pub failing: Option<Failing>,
    pub locked_by_another: bool,
    /// The server was built with LZ4.
    pub knows_lz4: bool,
    pub is_of_another_version: bool,
    /// The table that loses its last row.
    pub losing: Option<&'static str>,
    /// How many sessions were opened, and how many may be; none: any number.
    pub sessions: u32,
    pub sessions_max: Option<u32>,
}

/// Statements that hold a text fail so many times, once a statement with `after` has been asked.
#[derive(Clone, Copy, Debug)]
pub struct Failing {
    pub text: &'static str,
    pub times: u32,
    pub after: &'static str,
}

impl Failing {
    pub fn now(text: &'static str, times: u32) -> Self {
        Self { text, times, after: "" }
    }
}

impl Database {
    pub fn serving(&self, table: &str) -> Vec<String> {
        let rows = self.serving.as_ref().and_then(|tables| tables.get(table).cloned());
        let rows = rows.unwrap_or_default();
        if table == "style_photos" {
            rows.iter().map(|row| whole_photo(row)).collect()
        } else {
            rows
        }
    }

    pub fn was_asked(&self, text: &str) -> bool {
        self.statements.iter().any(|sql| sql.contains(text))
    }

    fn ask(&mut self, sql: &str) -> anyhow::Result<()> {
        self.statements.push(sql.to_owned());
        if let Some(Failing { text, times, after }) = &mut self.failing
            && *times > 0
            && sql.contains(*text)
            && self.statements.iter().any(|sql| sql.contains(*after))
        {
            *times -= 1;
            anyhow::bail!("refused: {text}");
        }
        Ok(())
    }

    /// The answer to a question for a number.
    fn count(&self, sql: &str) -> Option<String> {
        let (what, table) = sql.strip_prefix("select ")?.split_once(" from ")?;
        // Documents are rendered from products, one of each.
        let table = if table == "product_documents" { "products" } else { table };
        let rows = self.next.as_ref()?.get(table)?;
        let count = match what {
            "count(*)" => rows.len(),
            "coalesce(sum(json_array_length(photos)), 0)" => {
                let albums = rows.iter().filter_map(|row| row.split_once("|[{"));
                albums.map(|(_, album)| 1 + album.matches("},{\"id\":").count()).sum()
            }
            "coalesce(sum(cardinality(photo_ids)), 0)" => {
                let ids = rows.iter().map(|row| row.split('|').nth(9).expect("photo_ids"));
                ids.filter(|ids| *ids != "NULL").map(|ids| ids.split(',').count()).sum()
            }
            _ => return None,
        };
        Some(count.to_string())
    }

    fn apply(&mut self, change: Change) {
        let (table, mut rows) = match change {
            Change::Schema(sql) => return self.apply_schema(&sql),
            Change::Empty(table) => (table, Vec::new()),
            Change::Fill(table, rows) => (table, rows),
        };
        if self.losing == Some(&*table) {
            rows.pop();
        }
        let tables = self.next.as_mut().expect("the new schema");
        let before = tables.insert(table.clone(), rows).unwrap_or_default();
        assert!(before.is_empty(), "{table} is filled once");
    }

    fn apply_schema(&mut self, sql: &str) {
        match sql {
            "create schema atelier_next" => {
                assert!(self.next.is_none(), "it is there already");
                self.next = Some(Tables::default());
            }
            "drop schema if exists atelier_next cascade" => self.next = None,
            "drop schema if exists atelier_old cascade" => self.old = None,
            "alter schema atelier rename to atelier_old" => self.old = self.serving.take(),
            "alter schema atelier_next rename to atelier" => self.serving = self.next.take(),
            _ => self.move_table(sql),
        }
    }

    /// What an import of some services does with the tables of the others.
    fn move_table(&mut self, sql: &str) {
        if let Some(table) = sql.strip_prefix("drop table atelier_next.") {
            let rows = self.next.as_mut().expect("the new schema").remove(table);
            assert!(rows.is_none_or(|rows| rows.is_empty()), "{table} was filled");
        }
        let moved = sql.strip_prefix("alter table atelier.");
        if let Some(table) = moved.and_then(|rest| rest.strip_suffix(" set schema atelier_next")) {
            let rows = self.serving.as_mut().expect("a schema that serves").remove(table);
            let next = self.next.as_mut().expect("the new schema");
            next.extend(rows.map(|rows| (table.to_owned(), rows)));
        }
    }
}

/// What a statement does, once it is committed.
enum Change {
    Schema(String),
    Empty(String),
    Fill(String, Vec<String>),
}

/// The database as several sessions see it.
pub struct Shared<'d>(Mutex<&'d mut Database>);

impl<'d> Shared<'d> {
    pub fn new(database: &'d mut Database) -> Self {
        Self(Mutex::new(database))
    }
}

impl Loaders for Shared<'_> {
    fn connect(&self) -> anyhow::Result<Box<dyn Loader + Send + '_>> {
        let mut database = self.0.lock().unwrap();
        database.sessions += 1;
        let few_enough = database.sessions_max.is_none_or(|max| database.sessions <= max);
        anyhow::ensure!(few_enough, "too many connections");
        Ok(Box::new(Session { database: &self.0, transaction: None, has_failed: false }))
    }
}

/// One session of it.
struct Session<'s, 'd> {
    database: &'s Mutex<&'d mut Database>,
    /// What is done and not committed.
    transaction: Option<Vec<Change>>,
    /// The transaction takes nothing any more but its end.
    has_failed: bool,
}

impl<'d> Session<'_, 'd> {
    fn database(&self) -> MutexGuard<'_, &'d mut Database> {
        self.database.lock().unwrap()
    }

    fn ask(&mut self, sql: &str) -> anyhow::Result<()> {
        anyhow::ensure!(!self.has_failed || sql == "rollback", "the transaction has failed");
        let outcome = self.database().ask(sql);
        self.has_failed |= outcome.is_err() && self.transaction.is_some();
        outcome
    }

    fn run(&mut self, sql: &str) {
        match sql {
            "begin" => {
                assert!(self.transaction.is_none(), "a transaction within another");
                self.transaction = Some(Vec::new());
            }
            "commit" => {
                let changes = self.transaction.take().expect("a transaction");
                let mut database = self.database();
                changes.into_iter().for_each(|change| database.apply(change));
            }
            "rollback" => {
                self.transaction = None;
                self.has_failed = false;
            }
            _ => match sql.strip_prefix("truncate ") {
                Some(tables) => {
                    let tables = tables.split(", ").map(str::to_owned);
                    let transaction = self.transaction.as_mut().expect("a transaction");
                    transaction.extend(tables.map(Change::Empty));
                }
                None => self.change(Change::Schema(sql.to_owned())),
            },
        }
    }

    fn change(&mut self, change: Change) {
        match &mut self.transaction {
            Some(transaction) => transaction.push(change),
            None => self.database().apply(change),
        }
    }
}

impl Loader for Session<'_, '_> {
    fn execute(&mut self, sql: &str) -> anyhow::Result<u64> {
        self.ask(sql)?;
        for statement in sql.split(';') {
            self.run(statement.trim());
        }
        Ok(0)
    }

    fn value(&mut self, sql: &str) -> anyhow::Result<Option<String>> {
        self.ask(sql)?;
        let database = self.database();
        if sql.contains("pg_try_advisory_lock") {
            return Ok(Some(u8::from(!database.locked_by_another).to_string()));
        }
        if let Some(count) = database.count(sql) {
            return Ok(Some(count));
        }
        if sql == "select version from atelier.about" {
            let version = schema::VERSION - i32::from(database.is_of_another_version);
            return Ok(Some(version.to_string()));
        }
        let holds = if sql.contains("default_toast_compression") {
            database.knows_lz4
        } else {
            assert!(sql.contains("pg_namespace"), "unknown question {sql}");
            database.serving.is_some()
        };
        Ok(holds.then(|| "1".to_owned()))
    }

    fn copy_in(
        &mut self,
        sql: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        self.ask(sql)?;
        assert!(sql.ends_with("from stdin (format binary, freeze)"), "{sql}");
        let rest = sql.strip_prefix("copy ").expect("a copy");
        let (table, rest) = rest.split_once(" (").expect("a column list");
        let (columns, _) = rest.split_once(')').expect("the list's end");
        let types: Vec<_> = columns.split(", ").map(|column| type_of(table, column)).collect();
        let emptied = self.transaction.as_ref().and_then(|changes| changes.last());
        let is_empty = matches!(emptied, Some(Change::Empty(emptied)) if emptied == table);
        assert!(is_empty, "{table} is emptied by the same transaction");
        let mut bytes = Vec::new();
        self.has_failed = true;
        fill(&mut bytes)?;
        self.has_failed = false;
        let rows = decode(&bytes, &types);
        let count = rows.len() as u64;
        self.change(Change::Fill(table.to_owned(), rows));
        Ok(count)
    }
}

/// A column's type, from the statements that make the tables.
/// A photo with the whole address of its thumbnail, as documents.sql puts it together.
fn whole_photo(row: &str) -> String {
    let fields: Vec<_> = row.split('|').collect();
    let [product, style, id, shared, url, rest] = fields[..] else { panic!("{row}") };
    let shared = shared.parse().expect("a count of characters");
    let thumbnail = match rest {
        "NULL" => rest.to_owned(),
        _ => url.chars().take(shared).chain(rest.chars()).collect(),
    };
    [product, style, id, url, &thumbnail].join("|")
}

fn type_of(table: &str, column: &str) -> String {
    let start = format!("create table {table} (\n");
    let (_, body) = schema::TABLES.split_once(&start).expect("a table");
    let (body, _) = body.split_once("\n)").expect("the table's end");
    let mut lines = body.lines().map(|line| line.trim().trim_end_matches(','));
    let prefix = format!("{column} ");
    let rest = lines.find_map(|line| line.strip_prefix(&prefix)).expect("a column");
    rest.split(' ').next().expect("a type").to_owned()
}

/// The rows of a binary COPY, read by its definition and not by how it was written.
fn decode(stream: &[u8], types: &[String]) -> Vec<String> {
    let mut rest = stream.strip_prefix(b"PGCOPY\n\xff\r\n\0").expect("the signature");
    assert_eq!(take(&mut rest, 8), [0; 8], "no flags, no extension");
    let mut rows = Vec::new();
    loop {
        let count = i16::from_be_bytes(take(&mut rest, 2).try_into().unwrap());
        if count == -1 {
            assert!(rest.is_empty(), "nothing follows the trailer");
            return rows;
        }
        assert_eq!(usize::try_from(count).unwrap(), types.len());
        let fields = types.iter().map(|kind| field(&mut rest, kind));
        rows.push(fields.collect::<Vec<_>>().join("|"));
    }
}

fn field(rest: &mut &[u8], kind: &str) -> String {
    let length = int(rest);
    if length == -1 {
        return "NULL".to_owned();
    }
    let mut bytes = take(rest, usize::try_from(length).expect("a length"));
    let number = |bytes: &[u8]| match bytes.len() {
        2 => i64::from(i16::from_be_bytes(bytes.try_into().unwrap())),
        4 => i64::from(i32::from_be_bytes(bytes.try_into().unwrap())),
        _ => i64::from_be_bytes(bytes.try_into().unwrap()),
    };
    let sized = |size| {
        assert_eq!(bytes.len(), size, "{kind}");
        number(bytes).to_string()
    };
    match kind {
        "smallint" => sized(2),
        "int" => sized(4),
        "bigint" | "timestamptz" => sized(8),
        "boolean" => (bytes == [1]).to_string(),
        "text" | "json" => String::from_utf8(bytes.to_vec()).expect("UTF-8"),
        "int[]" | "text[]" => array(&mut bytes, kind.trim_end_matches("[]")),
        _ => panic!("unknown type {kind}"),
    }
}

fn array(bytes: &mut &[u8], kind: &str) -> String {
    let (dimensions, nulls, element) = (int(bytes), int(bytes), int(bytes));
    assert_eq!((nulls, element), (0, if kind == "int" { 23 } else { 25 }));
    let mut elements = Vec::new();
    if dimensions == 1 {
        let (length, first) = (int(bytes), int(bytes));
        assert!(length > 0 && first == 1);
        elements = (0..length).map(|_| field(bytes, kind)).collect();
    }
    assert!(dimensions <= 1 && bytes.is_empty());
    format!("{{{}}}", elements.join(","))
}

fn int(rest: &mut &[u8]) -> i32 {
    i32::from_be_bytes(take(rest, 4).try_into().unwrap())
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, others) = rest.split_at(count);
    *rest = others;
    taken
}
