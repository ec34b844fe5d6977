//! The prepared statements, one constant for each file of `prepared/`, with the types that go in
//! and come out. Connecting checks them against the database.

use crate::postgres::oid::{
    BOOL, BYTEA, INT2, INT4, INT4_ARRAY, INT8, INT8_ARRAY, JSON, TEXT, TEXT_ARRAY, TIMESTAMPTZ,
};
use crate::postgres::{Read, Statement};

/// Keys that one statement asks for at most: of rows, and of lists, which cost a row for each line.
const POINT_KEYS_MAX: usize = 128;
const LIST_KEYS_MAX: usize = 32;

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

/// A read in the two forms of its files, the second over arrays and with the key's place in front.
macro_rules! read {
    ($name:literal, $many:literal, [$(($parameter:expr, $array:expr)),*], [$($column:expr),*],
     $keys_max:expr, $single_row:expr) => {
        Read {
            one: statement!($name, ($($parameter),*), &[$($column),*]),
            many: statement!($many, ($($array),*), &[INT8, $($column),*]),
            keys_max: $keys_max,
            single_row: $single_row,
        }
    };
}

macro_rules! point {
    ($name:literal, $many:literal, [$($column:expr),*]) => {
        read!($name, $many, [(INT4, INT4_ARRAY)], [$($column),*], POINT_KEYS_MAX, true)
    };
}

/// A page of a list: whose, how many rows, and how many before them.
macro_rules! list {
    ($name:literal, $many:literal, [$($column:expr),*]) => {
        read!(
            $name,
            $many,
            [(INT4, INT4_ARRAY), (INT8, INT8_ARRAY), (INT8, INT8_ARRAY)],
            [$($column),*],
            LIST_KEYS_MAX,
            false
        )
    };
}

pub static PRODUCT_LIST: Read = read!(
    "product_list",
    "product_list_many",
    [(INT8, INT8_ARRAY), (INT8, INT8_ARRAY), (INT4, INT4_ARRAY)],
    [INT4, TEXT, TIMESTAMPTZ],
    LIST_KEYS_MAX,
    false
);

pub static PRODUCT: Read = point!("product", "product_many", [INT4, TEXT, TIMESTAMPTZ, TEXT]);

pub static PRODUCT_STYLES: Read = point!("product_styles", "product_styles_many", [TEXT]);

pub static PRODUCT_RELATED: Read = point!("product_related", "product_related_many", [INT4_ARRAY]);

pub static REVIEW_LIST_HELPFUL: Read = list!(
    "review_list_helpful",
    "review_list_helpful_many",
    [INT4, INT2, TEXT, BOOL, TEXT, TEXT, TIMESTAMPTZ, TEXT, INT4, JSON]
);

pub static REVIEW_LIST_NEWEST: Read = list!(
    "review_list_newest",
    "review_list_newest_many",
    [INT4, INT2, TEXT, BOOL, TEXT, TEXT, TIMESTAMPTZ, TEXT, INT4, JSON]
);

pub static REVIEW_META: Read = point!(
    "review_meta",
    "review_meta_many",
    [INT4, INT4, INT4, INT4, INT4, INT4, INT4, INT4_ARRAY, TEXT_ARRAY, INT4_ARRAY, INT4_ARRAY]
);

pub static REVIEW_ADD: Statement = statement!(
    "review_add",
    (INT4, INT2, BOOL, TEXT, TEXT, TEXT, TEXT, TEXT_ARRAY, INT4_ARRAY, INT4_ARRAY),
    &[INT4]
);

pub static REVIEW_HELPFUL: Statement = statement!("review_helpful", (INT4), &[]);

pub static REVIEW_REPORT: Statement = statement!("review_report", (INT4), &[]);

pub static QUESTION_LIST: Read = list!(
    "question_list",
    "question_list_many",
    [INT4, INT4, TEXT, TIMESTAMPTZ, TEXT, INT4, TEXT_ARRAY]
);

pub static QUESTION_ADD: Statement = statement!("question_add", (INT4, TEXT, TEXT, TEXT), &[INT4]);

pub static QUESTION_HELPFUL: Statement = statement!("question_helpful", (INT4), &[]);

pub static QUESTION_REPORT: Statement = statement!("question_report", (INT4), &[]);

pub static ANSWER_LIST: Read = list!(
    "answer_list",
    "answer_list_many",
    [INT4, TEXT, TIMESTAMPTZ, TEXT, INT4, INT4_ARRAY, TEXT_ARRAY]
);

pub static ANSWER_ADD: Statement =
    statement!("answer_add", (INT4, TEXT, TEXT, TEXT, TEXT_ARRAY), &[INT4]);

pub static ANSWER_HELPFUL: Statement = statement!("answer_helpful", (INT4), &[]);

pub static ANSWER_REPORT: Statement = statement!("answer_report", (INT4), &[]);

pub static CART_LIST: Statement = statement!("cart_list", (BYTEA, INT8), &[INT4, INT4]);

pub static CART_ADD: Statement = statement!("cart_add", (BYTEA, INT4, INT4), &[INT4]);

pub static INTERACTION_ADD: Statement = statement!("interaction_add", (TEXT, TEXT, TEXT), &[]);

/// What each class of connections prepares: reads, writes.
pub static READS: &[&Statement] = &[
    &PRODUCT.one,
    &PRODUCT.many,
    &PRODUCT_STYLES.one,
    &PRODUCT_STYLES.many,
    &PRODUCT_RELATED.one,
    &PRODUCT_RELATED.many,
    &REVIEW_META.one,
    &REVIEW_META.many,
    &PRODUCT_LIST.one,
    &PRODUCT_LIST.many,
    &REVIEW_LIST_HELPFUL.one,
    &REVIEW_LIST_HELPFUL.many,
    &REVIEW_LIST_NEWEST.one,
    &REVIEW_LIST_NEWEST.many,
    &QUESTION_LIST.one,
    &QUESTION_LIST.many,
    &ANSWER_LIST.one,
    &ANSWER_LIST.many,
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
