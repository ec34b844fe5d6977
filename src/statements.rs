//! The prepared statements, one constant for each file of `prepared/`, with the types that go in
//! and come out. Connecting checks them against the database.

use crate::postgres::Statement;
use crate::postgres::oid::{
    BOOL, INT2, INT4, INT4_ARRAY, INT8, JSON, TEXT, TEXT_ARRAY, TIMESTAMPTZ,
};

/// Columns of both lists of reviews.
const REVIEW: &[u32] = &[INT4, INT2, TEXT, BOOL, TEXT, TEXT, TIMESTAMPTZ, TEXT, INT4, JSON];

macro_rules! statement {
    ($name:literal, ($($parameter:expr),*), $columns:expr) => {
        Statement {
            name: $name,
            sql: include_str!(concat!("../prepared/", $name, ".sql")),
            parameters: &[$($parameter),*],
            columns: $columns,
        }
    };
}

pub static REVIEW_LIST_HELPFUL: Statement =
    statement!("review_list_helpful", (INT4, INT8, INT8), REVIEW);

pub static REVIEW_LIST_NEWEST: Statement =
    statement!("review_list_newest", (INT4, INT8, INT8), REVIEW);

pub static REVIEW_META: Statement = statement!(
    "review_meta",
    (INT4),
    &[INT4, INT4, INT4, INT4, INT4, INT4, INT4, INT4_ARRAY, TEXT_ARRAY, INT4_ARRAY, INT4_ARRAY]
);

pub static REVIEW_ADD: Statement = statement!(
    "review_add",
    (INT4, INT2, BOOL, TEXT, TEXT, TEXT, TEXT, TEXT_ARRAY, INT4_ARRAY, INT4_ARRAY),
    &[INT4]
);

pub static REVIEW_HELPFUL: Statement = statement!("review_helpful", (INT4), &[]);

pub static REVIEW_REPORT: Statement = statement!("review_report", (INT4), &[]);

/// What each class of connections prepares: reads of one row, reads of many, writes.
pub static POINTS: &[&Statement] = &[&REVIEW_META];
pub static LISTS: &[&Statement] = &[&REVIEW_LIST_HELPFUL, &REVIEW_LIST_NEWEST];
pub static WRITES: &[&Statement] = &[&REVIEW_ADD, &REVIEW_HELPFUL, &REVIEW_REPORT];
