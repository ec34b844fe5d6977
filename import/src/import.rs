//! CSV files into tables: every file of a set, checked, cleaned and loaded beside the data that
//! serves, then swapped in. Each file has a room of its own below; the database is reached only
//! through [`Loader`].

mod characteristic_reviews;
mod characteristics;
mod clean;
mod date;
mod encode;
mod index;
mod photos;
mod product;
mod rejects;
mod repairs;
mod report;
mod review_meta;
mod reviews;
mod reviews_photos;
mod rows;
mod scan;
mod shop;
mod source;
mod spill;
mod staging;

pub use report::{FileReport, Report};

use crate::Loader;
use crate::progress::{Progress, Show, Unit};
use anyhow::{Context, ensure};
use rejects::Rejects;
use repairs::RepairCounts;
use shop::Shop;
use source::{Ledger, Source};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the files are.
    pub directory: PathBuf,
    /// The file to write rows to that cannot be loaded.
    pub rejects: PathBuf,
    pub show: Show,
}

/// The files of a set, open and past their headers.
struct Sources {
    product: Source,
    characteristics: Source,
    reviews_photos: Source,
    reviews: Source,
    characteristic_reviews: Source,
}

impl Sources {
    fn open(directory: &Path) -> anyhow::Result<Self> {
        ensure!(directory.is_dir(), "{}: there is no such directory", directory.display());
        Ok(Self {
            product: Source::open(directory, &product::LAYOUT)?,
            characteristics: Source::open(directory, &characteristics::LAYOUT)?,
            reviews_photos: Source::open(directory, &reviews_photos::LAYOUT)?,
            reviews: Source::open(directory, &reviews::LAYOUT)?,
            characteristic_reviews: Source::open(directory, &characteristic_reviews::LAYOUT)?,
        })
    }

    fn into_reports(self) -> Vec<FileReport> {
        let in_order = [
            self.product,
            self.characteristics,
            self.reviews_photos,
            self.reviews,
            self.characteristic_reviews,
        ];
        in_order.into_iter().map(|source| source.report).collect()
    }
}

/// Looks whether the files of a directory are there and begin as they should.
///
/// # Errors
/// When one is missing, cannot be read, or has another header.
pub fn check(directory: &Path) -> anyhow::Result<()> {
    Sources::open(directory).map(drop)
}

/// Loads the files of a directory in place of whatever the database holds.
///
/// # Errors
/// When a file is missing or wrong, too many rows have to be rejected, or the database refuses:
/// then the database holds what it held before.
pub fn run(options: &Options, loader: &mut dyn Loader) -> anyhow::Result<Report> {
    let started = Instant::now();
    let mut sources = Sources::open(&options.directory)?;
    let rejects = Rejects::new(&options.rejects)?;
    let mut ledger = Ledger { rejects, repairs: RepairCounts::default(), show: options.show };
    staging::lock(loader)?;
    let source = source_name(&options.directory);
    let outcome = load(&mut sources, &mut ledger, loader, &source);
    if outcome.is_err() {
        staging::abandon(loader);
    }
    staging::unlock(loader);
    let rejects = ledger.rejects.finish()?;
    let (indexes, note) = outcome.context("nothing was imported")?;
    Ok(Report {
        files: sources.into_reports(),
        repairs: ledger.repairs.reasons(),
        rejects,
        notes: note.into_iter().collect(),
        indexes,
        elapsed: started.elapsed(),
    })
}

/// Fills new tables and swaps them in; the time spent on indexes, and a note if there is one.
fn load(
    sources: &mut Sources,
    ledger: &mut Ledger,
    loader: &mut dyn Loader,
    source: &str,
) -> anyhow::Result<(Duration, Option<String>)> {
    let mut shop = Shop::new();
    staging::begin(loader)?;
    product::load(&mut sources.product, &mut shop, ledger, loader)?;
    ensure!(sources.product.report.loaded > 0, "product.csv has no product to serve");
    characteristics::load(&mut sources.characteristics, &mut shop, ledger, loader)?;
    let mut photos = reviews_photos::read(&mut sources.reviews_photos, &mut shop, ledger)?;
    let reviews = &mut sources.reviews;
    let in_order = reviews::load(reviews, &mut shop, &mut photos, ledger, loader)?;
    reviews_photos::settle(&mut sources.reviews_photos, &photos, &shop, ledger)?;
    drop(photos);
    let ratings = &mut sources.characteristic_reviews;
    characteristic_reviews::load(ratings, &mut shop, ledger, loader)?;
    review_meta::load(&shop, loader)?;

    let indexes_started = Instant::now();
    let mut progress = Progress::new("indexes", 2, Unit::Rows, ledger.show);
    progress.advance(0);
    staging::index(loader, in_order)?;
    progress.advance(1);
    let sequences = [
        ("review_ids", shop.reviews.largest()),
        ("review_photo_ids", shop.photos.largest()),
        ("characteristic_review_ids", shop.characteristic_reviews.largest()),
    ];
    // Before the swap: rows must not get lost because the disk is full.
    ledger.rejects.finish()?;
    staging::complete(loader, &sequences, source)?;
    progress.finish();
    let indexes = indexes_started.elapsed();
    Ok((indexes, staging::swap(loader)?))
}

/// The directory's own name, for the table that says where the data came from.
fn source_name(directory: &Path) -> String {
    let full = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let name = full.file_name().unwrap_or(full.as_os_str());
    name.to_string_lossy().into_owned()
}
