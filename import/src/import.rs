//! CSV files into tables: every file of a set, checked, cleaned and loaded beside the data that
//! serves, then swapped in. Each file has a room of its own below; the database is reached only
//! through [`Loader`].

mod album_file;
mod albums;
mod answers;
mod answers_photos;
mod cart;
mod characteristic_reviews;
mod characteristics;
mod clean;
mod date;
mod encode;
mod features;
mod index;
mod input;
mod order;
mod photos;
mod posts;
mod product;
mod questions;
mod rejects;
mod related;
mod repairs;
mod report;
mod review_meta;
mod reviews;
mod reviews_photos;
mod rows;
mod scan;
mod session;
mod shop;
mod skus;
mod source;
mod spill;
mod staging;
mod styles;

pub use report::{FileReport, Report};

use crate::Loader;
use crate::progress::Show;
use anyhow::{Context, bail, ensure};
use input::Form;
use rejects::Rejects;
use repairs::RepairCounts;
use session::Session;
use shop::Shop;
use source::{Layout, Ledger, Source};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the files are.
    pub directory: PathBuf,
    /// The file to write rows to that cannot be loaded.
    pub rejects: PathBuf,
    /// How many rows of each file may be rejected; none: a thousandth, or a hundred of a small one.
    pub skip_bad: Option<u64>,
    pub show: Show,
}

impl Options {
    /// The usual options for the files of a directory.
    pub fn new(directory: impl Into<PathBuf>, show: Show) -> Self {
        let directory = directory.into();
        Self { rejects: directory.join("rejects.csv"), directory, skip_bad: None, show }
    }
}

/// The files that a set must have, in the order they are loaded; cart.csv comes on top.
static LAYOUTS: [&Layout; 13] = [
    &product::LAYOUT,
    &features::LAYOUT,
    &styles::LAYOUT,
    &photos::LAYOUT,
    &skus::LAYOUT,
    &related::LAYOUT,
    &characteristics::LAYOUT,
    &reviews_photos::LAYOUT,
    &reviews::LAYOUT,
    &characteristic_reviews::LAYOUT,
    &questions::LAYOUT,
    &answers_photos::LAYOUT,
    &answers::LAYOUT,
];

/// The files of a set, open and past their headers.
struct Sources {
    product: Source,
    features: Source,
    styles: Source,
    photos: Source,
    skus: Source,
    related: Source,
    /// The one that a set may be without.
    cart: Option<Source>,
    characteristics: Source,
    reviews_photos: Source,
    reviews: Source,
    characteristic_reviews: Source,
    questions: Source,
    answers_photos: Source,
    answers: Source,
}

impl Sources {
    fn open(directory: &Path) -> anyhow::Result<Self> {
        ensure!(directory.is_dir(), "{}: there is no such directory", directory.display());
        check_missing(directory)?;
        let open = |layout| Source::open(directory, layout);
        Ok(Self {
            product: open(&product::LAYOUT)?,
            features: open(&features::LAYOUT)?,
            styles: open(&styles::LAYOUT)?,
            photos: open(&photos::LAYOUT)?,
            skus: open(&skus::LAYOUT)?,
            related: open(&related::LAYOUT)?,
            cart: match &cart::LAYOUT {
                layout if Form::of(directory, layout) == Form::Missing => None,
                layout => Some(open(layout)?),
            },
            characteristics: open(&characteristics::LAYOUT)?,
            reviews_photos: open(&reviews_photos::LAYOUT)?,
            reviews: open(&reviews::LAYOUT)?,
            characteristic_reviews: open(&characteristic_reviews::LAYOUT)?,
            questions: open(&questions::LAYOUT)?,
            answers_photos: open(&answers_photos::LAYOUT)?,
            answers: open(&answers::LAYOUT)?,
        })
    }

    fn into_reports(self) -> Vec<FileReport> {
        let in_order = [
            Some(self.product),
            Some(self.features),
            Some(self.styles),
            Some(self.photos),
            Some(self.skus),
            Some(self.related),
            self.cart,
            Some(self.characteristics),
            Some(self.reviews_photos),
            Some(self.reviews),
            Some(self.characteristic_reviews),
            Some(self.questions),
            Some(self.answers_photos),
            Some(self.answers),
        ];
        in_order.into_iter().flatten().map(|source| source.report).collect()
    }
}

/// A set of a part of the files would replace a whole shop by a part of one, so that none may be
/// missing but the one that nobody reads. All that are missing are named at once.
fn check_missing(directory: &Path) -> anyhow::Result<()> {
    let missing = LAYOUTS.iter().filter(|layout| Form::of(directory, layout) == Form::Missing);
    let missing: Vec<_> = missing.map(|layout| layout.file).collect();
    let Some((first, others)) = missing.split_first() else { return Ok(()) };
    let mut others = others.join(", ");
    if !others.is_empty() {
        others = format!(", nor is there {others}");
    }
    bail!(
        "{first}: there is no such file in {}{others}; of a set's files only {} may be missing",
        directory.display(),
        cart::LAYOUT.file
    )
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
    import(options, &mut Session::new(loader))
}

/// Reads the files of a directory as an import does, and writes down the rows that it would
/// reject; no database is asked for anything.
///
/// # Errors
/// When an import of the files would fail before the database has a word in it.
pub fn dry_run(options: &Options) -> anyhow::Result<Report> {
    import(options, &mut Session::dry())
}

fn import(options: &Options, session: &mut Session<'_>) -> anyhow::Result<Report> {
    let started = Instant::now();
    let mut sources = Sources::open(&options.directory)?;
    let rejects = Rejects::new(&options.rejects)?;
    let repairs = RepairCounts::default();
    let mut ledger = Ledger { rejects, repairs, skip_bad: options.skip_bad, show: options.show };
    if let Some(loader) = session.loader() {
        staging::lock(loader)?;
    }
    let source = source_name(&options.directory);
    let outcome = load(&mut sources, &mut ledger, session, &source);
    let is_dry = session.loader().is_none();
    if let Some(loader) = session.loader() {
        if outcome.is_err() {
            staging::abandon(loader);
        }
        staging::unlock(loader);
    }
    let rejects = ledger.rejects.finish()?;
    let outcome = outcome.context("nothing was imported")?;
    Ok(Report {
        files: sources.into_reports(),
        repairs: ledger.repairs.reasons(),
        rejects,
        notes: outcome.note.into_iter().collect(),
        indexes: outcome.indexes,
        documents: outcome.documents,
        elapsed: started.elapsed(),
        is_dry,
    })
}

/// What is to be said of a load besides its files.
#[derive(Default)]
struct Outcome {
    indexes: Duration,
    documents: Duration,
    note: Option<String>,
}

/// Fills new tables and swaps them in.
fn load(
    sources: &mut Sources,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
    source: &str,
) -> anyhow::Result<Outcome> {
    let mut shop = Shop::new();
    if let Some(loader) = session.loader() {
        staging::begin(loader)?;
    }
    load_catalogue(sources, &mut shop, ledger, session)?;
    let reviews_in_order = load_reviews(sources, &mut shop, ledger, session)?;
    let [questions_in_order, answers_in_order] =
        load_questions(sources, &mut shop, ledger, session)?;
    let Some(loader) = session.loader() else { return Ok(Outcome::default()) };
    let tables = [
        ("reviews", reviews_in_order),
        ("questions", questions_in_order),
        ("answers", answers_in_order),
    ];
    let out_of_order = tables.iter().filter(|(_, in_order)| !in_order);
    let out_of_order: Vec<_> = out_of_order.map(|(table, _)| *table).collect();
    let indexes = timed(|| staging::index(loader, &out_of_order, ledger.show))?;
    let documents = timed(|| staging::render(loader, ledger.show))?;
    let sequences = [
        ("review_ids", shop.reviews.largest()),
        ("review_photo_ids", shop.review_photos.largest()),
        ("characteristic_review_ids", shop.characteristic_reviews.largest()),
        ("question_ids", shop.questions.largest()),
        ("answer_ids", shop.answers.largest()),
        ("answer_photo_ids", shop.answer_photos.largest()),
    ];
    // Before the swap: rows must not get lost because the disk is full.
    ledger.rejects.finish()?;
    staging::complete(loader, &sequences, source)?;
    Ok(Outcome { indexes, documents, note: staging::swap(loader)? })
}

fn load_catalogue(
    sources: &mut Sources,
    shop: &mut Shop,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    product::load(&mut sources.product, shop, ledger, session)?;
    ensure!(sources.product.report.loaded > 0, "product.csv has no product to serve");
    features::load(&mut sources.features, shop, ledger, session)?;
    styles::load(&mut sources.styles, shop, ledger, session)?;
    photos::load(&mut sources.photos, shop, ledger, session)?;
    skus::load(&mut sources.skus, shop, ledger, session)?;
    related::load(&mut sources.related, shop, ledger, session)?;
    match &mut sources.cart {
        Some(cart) => cart::load(cart, shop, ledger, session),
        None => Ok(()),
    }
}

/// Whether the reviews lie in order.
fn load_reviews(
    sources: &mut Sources,
    shop: &mut Shop,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<bool> {
    characteristics::load(&mut sources.characteristics, shop, ledger, session)?;
    let photos = &mut sources.reviews_photos;
    let mut albums = album_file::read(photos, &mut shop.review_photos, ledger)?;
    let in_order = reviews::load(&mut sources.reviews, shop, &mut albums, ledger, session)?;
    album_file::settle(photos, &albums, reviews_photos::PARENT, &shop.reviews, ledger)?;
    drop(albums);
    characteristic_reviews::load(&mut sources.characteristic_reviews, shop, ledger, session)?;
    review_meta::load(shop, session)?;
    Ok(in_order)
}

/// Whether the questions lie in order, and whether the answers do.
fn load_questions(
    sources: &mut Sources,
    shop: &mut Shop,
    ledger: &mut Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<[bool; 2]> {
    let questions_in_order = questions::load(&mut sources.questions, shop, ledger, session)?;
    let photos = &mut sources.answers_photos;
    let mut albums = album_file::read(photos, &mut shop.answer_photos, ledger)?;
    let answers_in_order = answers::load(&mut sources.answers, shop, &mut albums, ledger, session)?;
    album_file::settle(photos, &albums, answers_photos::PARENT, &shop.answers, ledger)?;
    Ok([questions_in_order, answers_in_order])
}

/// How long a piece of work takes that the database has for itself.
fn timed(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

/// The directory's own name, for the table that says where the data came from.
fn source_name(directory: &Path) -> String {
    let full = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let name = full.file_name().unwrap_or(full.as_os_str());
    name.to_string_lossy().into_owned()
}
