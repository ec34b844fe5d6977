//! photos.csv, the photos of styles, into `style_photos`. In no particular order: requests read
//! what is rendered from them.

use super::clean::{self, Refusal};
use super::encode::CopyStream;
use super::repairs::Repairs;
use super::rows::Row;
use super::session::Session;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};

pub static LAYOUT: Layout =
    Layout { file: "photos.csv", columns: &["id", "styleId", "url", "thumbnail_url"] };

const ID: usize = 0;
const STYLE_ID: usize = 1;
const URL: usize = 2;
const THUMBNAIL_URL: usize = 3;

const COPY: &str = "copy style_photos (product_id, style_id, photo_id, url, thumbnail_url) \
    from stdin (format binary, freeze)";

/// # Errors
/// When the file cannot be read or the database refuses it.
pub fn load(
    source: &mut Source,
    shop: &mut Shop<'_>,
    ledger: &mut Ledger<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    source.copy(ledger, session, COPY, |row, repairs, copy| take(row, shop, repairs, copy))
}

fn take(
    row: &Row<'_>,
    shop: &mut Shop<'_>,
    repairs: &mut Repairs,
    copy: &mut CopyStream<'_>,
) -> Result<(), Refusal> {
    let id = clean::id(row, ID)?;
    let style_id = clean::id(row, STYLE_ID)?;
    let Some(product_id) = shop.styles.get(style_id) else {
        return Err(clean::orphan(STYLE_ID, "style", style_id));
    };
    if !shop.style_photos.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    let to = copy.row(5)?;
    to.int(product_id);
    to.int(style_id);
    to.int(id);
    // As they are: some begin with `uhttps://`, and some are whole pictures as `data:` URLs.
    for column in [URL, THUMBNAIL_URL] {
        clean::append_optional(row.field(column), to, repairs);
    }
    Ok(())
}
