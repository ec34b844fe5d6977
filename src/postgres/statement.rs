//! A prepared statement as the program knows it before any connection exists: its name, its
//! text, and the types of what goes in and what comes out. `Session::prepare` holds the server
//! to them, so that the code which encodes and decodes never has to look a type up.

use postgres_protocol::Oid;

/// A statement that is prepared once on each connection.
#[derive(Debug)]
pub struct Statement {
    /// The name on the server; unique within a connection.
    pub name: &'static str,
    pub sql: &'static str,
    /// The types of `$1`, `$2`, ... in order.
    pub parameters: &'static [Oid],
    /// The types of the result's columns in order; empty for a statement without a result.
    pub columns: &'static [Oid],
}

/// The types that the shop's statements use, by the numbers of `pg_type.oid`. PostgreSQL
/// promises that those of its built-in types never change.
pub mod oid {
    use postgres_protocol::Oid;

    pub const BOOL: Oid = 16;
    pub const BYTEA: Oid = 17;
    pub const INT8: Oid = 20;
    pub const INT2: Oid = 21;
    pub const INT4: Oid = 23;
    pub const TEXT: Oid = 25;
    pub const JSON: Oid = 114;
    pub const INT4_ARRAY: Oid = 1007;
    pub const TEXT_ARRAY: Oid = 1009;
    pub const INT8_ARRAY: Oid = 1016;
    pub const TIMESTAMPTZ: Oid = 1184;

    /// What PostgreSQL calls the type, for messages to people.
    pub fn name(oid: Oid) -> &'static str {
        match oid {
            BOOL => "boolean",
            BYTEA => "bytea",
            INT8 => "bigint",
            INT2 => "smallint",
            INT4 => "integer",
            TEXT => "text",
            JSON => "json",
            INT4_ARRAY => "integer[]",
            TEXT_ARRAY => "text[]",
            INT8_ARRAY => "bigint[]",
            TIMESTAMPTZ => "timestamptz",
            _ => "a type without a name here",
        }
    }
}
