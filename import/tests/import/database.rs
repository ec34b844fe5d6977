//! A database that keeps what is copied into it: schemas are lists of rows, a row is its fields as
//! text with `|` between them, and any statement can be told to fail.

use atelier_import::{Loader, schema};
use std::collections::BTreeMap;
use std::io::Write;

/// Rows by table.
pub type Tables = BTreeMap<String, Vec<String>>;

#[derive(Debug, Default)]
pub struct Database {
    /// What was asked, in order.
    pub statements: Vec<String>,
    pub serving: Option<Tables>,
    pub next: Option<Tables>,
    pub old: Option<Tables>,
    pub failing: Option<Failing>,
    pub locked_by_another: bool,
    /// The server was built with LZ4.
    pub knows_lz4: bool,
    pub in_transaction: bool,
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
        self.serving.as_ref().and_then(|tables| tables.get(table).cloned()).unwrap_or_default()
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

    fn run(&mut self, sql: &str) {
        match sql {
            "begin" => self.in_transaction = true,
            "commit" => self.in_transaction = false,
            "rollback" => {
                // The new schema was made in the transaction, and goes with it.
                if self.in_transaction {
                    self.next = None;
                }
                self.in_transaction = false;
            }
            "create schema atelier_next" => self.next = Some(Tables::default()),
            "drop schema if exists atelier_next cascade" => self.next = None,
            "drop schema if exists atelier_old cascade" => self.old = None,
            "alter schema atelier rename to atelier_old" => self.old = self.serving.take(),
            "alter schema atelier_next rename to atelier" => self.serving = self.next.take(),
            _ => {}
        }
    }
}

impl Loader for Database {
    fn execute(&mut self, sql: &str) -> anyhow::Result<u64> {
        self.ask(sql)?;
        for statement in sql.split(';') {
            self.run(statement.trim());
        }
        Ok(0)
    }

    fn value(&mut self, sql: &str) -> anyhow::Result<Option<String>> {
        self.ask(sql)?;
        if sql.contains("pg_try_advisory_lock") {
            return Ok(Some(u8::from(!self.locked_by_another).to_string()));
        }
        let holds = if sql.contains("default_toast_compression") {
            self.knows_lz4
        } else {
            assert!(sql.contains("pg_namespace"), "unknown question {sql}");
            self.serving.is_some()
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
        let mut bytes = Vec::new();
        fill(&mut bytes)?;
        let rows = decode(&bytes, &types);
        let count = rows.len() as u64;
        let tables = self.next.as_mut().expect("the new schema");
        assert!(tables.insert(table.to_owned(), rows).is_none(), "{table} is copied once");
        Ok(count)
    }
}

/// A column's type, from the statements that make the tables.
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
