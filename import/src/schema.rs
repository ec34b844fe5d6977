//! The SQL that makes the tables; the server runs it for an empty database, the importer for a
//! fresh schema that it fills and swaps in.

/// The schema that holds everything, and that every connection's search path names.
pub const NAME: &str = "atelier";

/// Goes up with each change that makes older data unreadable; `about.version` holds it.
pub const VERSION: i32 = 2;

/// Tables and sequences, without keys and indexes.
pub const TABLES: &str = include_str!("../schema/tables.sql");

/// Keys and indexes, to be made after loading.
pub const INDEXES: &str = include_str!("../schema/indexes.sql");

/// Renders the documents of the catalogue, to be run after loading and indexing.
pub const DOCUMENTS: &str = include_str!("../schema/documents.sql");

/// The statements of such a text, one at a time, without the comments before them.
pub fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(";\n").map(without_comments).filter(|statement| !statement.is_empty())
}

fn without_comments(statement: &str) -> &str {
    let mut rest = statement.trim();
    while rest.starts_with("--") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest.trim_start());
    }
    rest.trim_end_matches(';')
}

/// The statements of [`INDEXES`] that are about a table.
pub fn indexes_of(table: &str) -> impl Iterator<Item = &'static str> {
    let is_of = |statement: &&str| table_of(statement) == Some(table);
    statements(INDEXES).filter(is_of)
}

/// The table that a statement of [`INDEXES`] is about.
fn table_of(statement: &str) -> Option<&str> {
    let mut words = statement.split_ascii_whitespace();
    if statement.starts_with("create") {
        words.find(|word| *word == "on")?;
        return words.next();
    }
    words.nth(2)
}

/// The schema beside it that no import replaces, made where it is missing.
pub const LOG: &str = include_str!("../schema/log.sql");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_belongs_to_a_table() {
        let tables = TABLES.lines().filter_map(|line| line.strip_prefix("create table "));
        let tables: Vec<_> = tables.map(|table| table.trim_end_matches(" (")).collect();
        let found: Vec<_> = tables.iter().flat_map(|table| indexes_of(table)).collect();
        assert_eq!(found.len(), statements(INDEXES).count());
        assert!(found.iter().all(|it| it.starts_with("alter table ") || it.starts_with("create ")));
        let reviews: Vec<_> = indexes_of("reviews").collect();
        assert_eq!(reviews.len(), 4);
        assert_eq!(reviews[0], "alter table reviews add primary key (product_id, review_id)");
    }

    #[test]
    fn documents_are_two_statements() {
        let found: Vec<_> = statements(DOCUMENTS).collect();
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|it| it.starts_with("insert into ") && !it.ends_with(';')));
    }
}
