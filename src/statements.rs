//! The prepared statements, one constant for each file of `prepared/`, with the types that go in
//! and come out. Connecting checks them against the database.

use crate::postgres::Statement;
use crate::postgres::oid::{
    BOOL, BYTEA, INT2, INT4, INT4_ARRAY, INT8, JSON, TEXT, TEXT_ARRAY, TIMESTAMPTZ,
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

pub static PRODUCT_LIST: Statement =
    statement!("product_list", (INT8, INT8, INT4), &[INT4, TEXT, TIMESTAMPTZ]);

pub static PRODUCT: Statement = statement!("product", (INT4), &[INT4, TEXT, TIMESTAMPTZ, TEXT]);

pub static PRODUCT_STYLES: Statement = statement!("product_styles", (INT4), &[TEXT]);

pub static PRODUCT_RELATED: Statement = statement!("product_related", (INT4), &[INT4_ARRAY]);

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

pub static QUESTION_LIST: Statement = statement!(
    "question_list",
    (INT4, INT8, INT8),
    &[INT4, INT4, TEXT, TIMESTAMPTZ, TEXT, INT4, TEXT_ARRAY]
);

pub static QUESTION_ADD: Statement = statement!("question_add", (INT4, TEXT, TEXT, TEXT), &[INT4]);

pub static QUESTION_HELPFUL: Statement = statement!("question_helpful", (INT4), &[]);

pub static QUESTION_REPORT: Statement = statement!("question_report", (INT4), &[]);

pub static ANSWER_LIST: Statement = statement!(
    "answer_list",
    (INT4, INT8, INT8),
    &[INT4, TEXT, TIMESTAMPTZ, TEXT, INT4, INT4_ARRAY, TEXT_ARRAY]
);

pub static ANSWER_ADD: Statement =
    statement!("answer_add", (INT4, TEXT, TEXT, TEXT, TEXT_ARRAY), &[INT4]);

pub static ANSWER_HELPFUL: Statement = statement!("answer_helpful", (INT4), &[]);

pub static ANSWER_REPORT: Statement = statement!("answer_report", (INT4), &[]);

pub static CART_LIST: Statement = statement!("cart_list", (BYTEA, INT8), &[INT4, INT4]);

pub static CART_ADD: Statement = statement!("cart_add", (BYTEA, INT4, INT4), &[INT4]);

pub static INTERACTION_ADD: Statement = statement!("interaction_add", (TEXT, TEXT, TEXT), &[]);

/// What each class of connections prepares: reads of one row, reads of many, writes.
pub static POINTS: &[&Statement] = &[&PRODUCT, &PRODUCT_STYLES, &PRODUCT_RELATED, &REVIEW_META];
pub static LISTS: &[&Statement] = &[
    &PRODUCT_LIST,
    &REVIEW_LIST_HELPFUL,
    &REVIEW_LIST_NEWEST,
    &QUESTION_LIST,
    &ANSWER_LIST,
    &CART_LIST,
];
pub static WRITES: &[&Statement] = &[
    &REVIEW_ADD,
    &REVIEW_HELPFUL,
    &REVIEW_REPORT,
    &QUESTION_ADD,
    &QUESTION_HELPFUL,
    &QUESTION_REPORT,
    &ANSWER_ADD,
    &ANSWER_HELPFUL,
    &ANSWER_REPORT,
    &CART_ADD,
    &INTERACTION_ADD,
];
