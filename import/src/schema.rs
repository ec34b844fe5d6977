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

/// The schema beside it that no import replaces, made where it is missing.
pub const LOG: &str = include_str!("../schema/log.sql");
