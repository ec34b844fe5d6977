//! reviews_photos.csv, put aside until each photo's review comes by.

use super::clean::{self, Refusal};
use super::photos::Photos;
use super::rejects::Reject;
use super::repairs::Repairs;
use super::rows::Row;
use super::shop::Shop;
use super::source::{Layout, Ledger, Source};
use anyhow::Context;

pub static LAYOUT: Layout =
    Layout { file: "reviews_photos.csv", columns: &["id", "review_id", "url"] };

const ID: usize = 0;
const REVIEW_ID: usize = 1;
const URL: usize = 2;

/// # Errors
/// When the file cannot be read or the photos cannot be put aside.
pub fn read(source: &mut Source, shop: &mut Shop, ledger: &mut Ledger) -> anyhow::Result<Photos> {
    let mut photos = Photos::default();
    let mut url = Vec::new();
    source
        .each(ledger, |row, repairs| take(row, shop, repairs, &mut photos, &mut url))
        .context(LAYOUT.file)?;
    // They are loaded, or rejected, when it is known which reviews there are.
    source.report.loaded = 0;
    source.check_rejects(ledger)?;
    Ok(photos)
}

fn take(
    row: &Row<'_>,
    shop: &mut Shop,
    repairs: &mut Repairs,
    photos: &mut Photos,
    url: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let id = clean::id(row, ID)?;
    let review_id = clean::id(row, REVIEW_ID)?;
    if !shop.photos.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    url.clear();
    clean::append(clean::name(row.field(URL), repairs), url, repairs);
    // The repairs go with the photo, and count when it is loaded.
    photos.add(id, review_id, row.line, std::mem::take(repairs), url)?;
    Ok(())
}

/// Rejects the photos whose review never came, and counts the others as loaded.
///
/// # Errors
/// When photos cannot be read back, or too many are rejected.
pub fn settle(
    source: &mut Source,
    photos: &Photos,
    shop: &Shop,
    ledger: &mut Ledger,
) -> anyhow::Result<()> {
    let file = LAYOUT.file;
    let column = LAYOUT.columns[REVIEW_ID];
    let mut text = Vec::new();
    photos.orphans(&shop.reviews, |photo| {
        text.clear();
        photo.write_row(&mut text);
        let reason = &format!("no review has the id {}", photo.review_id);
        source.report.rejected += 1;
        let reject = Reject { file, line: photo.line, column, reason, row: &text };
        ledger.rejects.add(reject)
    })?;
    source.report.loaded = photos.loaded();
    source.report.repaired += photos.repaired();
    ledger.repairs.absorb(photos.repairs());
    source.check_rejects(ledger)
}
