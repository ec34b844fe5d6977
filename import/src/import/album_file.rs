//! What reviews_photos.csv and answers_photos.csv have in common: three columns (an id, a
//! parent's id, an address), put aside until each photo's parent comes by.

use super::albums::{Albums, Photo};
use super::clean::{self, Refusal};
use super::index::IdSet;
use super::rejects::Reject;
use super::repairs::Repairs;
use super::rows::Row;
use super::source::{Ledger, Source};
use anyhow::Context;

const ID: usize = 0;
const PARENT_ID: usize = 1;
const URL: usize = 2;

/// Reads a file whose photos' ids are to be added to `ids`.
///
/// # Errors
/// When the file cannot be read or the photos cannot be put aside.
pub fn read(
    source: &mut Source,
    ids: &mut IdSet,
    ledger: &mut Ledger<'_>,
) -> anyhow::Result<Albums> {
    let file = source.report.name;
    let mut albums = Albums::default();
    let mut url = Vec::new();
    source
        .each(ledger, |row, repairs| take(row, ids, repairs, &mut albums, &mut url))
        .context(file)?;
    // They are loaded, or rejected, when it is known which parents there are.
    source.report.loaded = 0;
    source.check_rejects(ledger)?;
    Ok(albums)
}

fn take(
    row: &Row<'_>,
    ids: &mut IdSet,
    repairs: &mut Repairs,
    albums: &mut Albums,
    url: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let id = clean::id(row, ID)?;
    let parent_id = clean::id(row, PARENT_ID)?;
    if !ids.insert(id)? {
        return Err(clean::duplicate(ID, id));
    }
    url.clear();
    clean::append(clean::name(row.field(URL), repairs), url, repairs);
    // The repairs go with the photo, and count when it is loaded.
    let repairs = std::mem::take(repairs);
    albums.add(Photo { parent_id, id, line: row.line, repairs, url })?;
    Ok(())
}

/// Rejects the photos whose parent, a `thing`, never came, and counts the others as loaded.
///
/// # Errors
/// When photos cannot be read back, or too many are rejected.
pub fn settle(
    source: &mut Source,
    albums: &Albums,
    thing: &str,
    parents: &IdSet,
    ledger: &mut Ledger<'_>,
) -> anyhow::Result<()> {
    let file = source.report.name;
    let column = source.column(PARENT_ID);
    let mut text = Vec::new();
    albums.orphans(parents, |photo| {
        text.clear();
        photo.write_row(&mut text);
        let reason = &clean::orphan_reason(thing, photo.parent_id);
        source.report.rejected += 1;
        let reject = Reject { file, line: photo.line, column, reason, row: &text };
        ledger.rejects.add(reject)
    })?;
    source.report.loaded = albums.loaded();
    source.report.repaired += albums.repaired();
    ledger.repairs.absorb(albums.repairs());
    source.check_rejects(ledger)
}
