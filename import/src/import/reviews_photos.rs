//! reviews_photos.csv, for the rows of `reviews`; how such a file is read, `album_file` knows.

use super::source::Layout;

pub static LAYOUT: Layout =
    Layout { file: "reviews_photos.csv", columns: &["id", "review_id", "url"] };

/// What the photos belong to.
pub const PARENT: &str = "review";
