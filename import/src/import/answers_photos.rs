//! answers_photos.csv, for the rows of `answers`; how such a file is read, `album_file` knows.

use super::source::Layout;

pub static LAYOUT: Layout =
    Layout { file: "answers_photos.csv", columns: &["id", "answer_id", "url"] };

/// What the photos belong to.
pub const PARENT: &str = "answer";
