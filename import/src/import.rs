//! CSV files into tables: every file of a set, checked, cleaned and loaded beside the data that
//! serves, then swapped in. Each file has a room of its own below; the database is reached only
//! through [`Loaders`].

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
mod part;
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
mod service;
mod session;
mod shop;
mod skus;
mod source;
mod sources;
mod spill;
mod staging;
mod stop;
mod styles;

pub use report::{FileReport, Report};
pub use service::Services;
pub use staging::has_swapped;

use crate::Loaders;
use crate::progress::Show;
use anyhow::{Context, anyhow, ensure};
use index::{Budget, IdSet};
use rejects::{Rejects, RejectsFile};
use repairs::RepairCounts;
use service::{Done, Given};
use session::Session;
use source::Ledger;
use sources::Sources;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::Instant;
use stop::Stop;

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the files are.
    pub directory: PathBuf,
    /// The file to write rows to that cannot be loaded.
    pub rejects: PathBuf,
    /// How many rows of each file may be rejected; none: a thousandth, or a hundred of a small one.
    pub skip_bad: Option<u64>,
    /// The services that are loaded; what others have stays as it is.
    pub services: Services,
    pub show: Show,
}

impl Options {
    /// The usual options for the files of a directory.
    pub fn new(directory: impl Into<PathBuf>, show: Show) -> Self {
        let directory = directory.into();
        let rejects = directory.join("rejects.csv");
        Self { directory, rejects, skip_bad: None, services: Services::ALL, show }
    }
}

/// Looks whether the files are there and begin as they should.
///
/// # Errors
/// When one is missing, cannot be read, or has another header.
pub fn check(options: &Options) -> anyhow::Result<()> {
    Sources::open(&options.directory, options.services).map(drop)
}

/// Loads the files of a directory in place of whatever the database holds.
///
/// # Errors
/// When a file is missing or wrong, too many rows have to be rejected, or the database refuses:
/// then the database holds what it held before.
pub fn run(options: &Options, loaders: &dyn Loaders) -> anyhow::Result<Report> {
    let started = Instant::now();
    let mut load = Load::open(options)?;
    let main = &mut *loaders.connect()?;
    staging::lock(main)?;
    let kept = options.services.kept();
    let checked = match options.services {
        Services::ALL => Ok(()),
        _ => staging::check_serving(main),
    };
    let outcome = checked
        .and_then(|()| staging::begin(main, &source_name(&options.directory)))
        .and_then(|()| load.fill(Some(loaders)))
        .and_then(|()| staging::complete(main, &load.done.sequences));
    // Before the swap: rows must not get lost because the disk is full.
    let written = load.write_rejects();
    let outcome = outcome.and(written).and_then(|()| staging::swap(main, &kept));
    if outcome.is_err() {
        staging::abandon(main);
    }
    staging::unlock(main);
    let note = outcome.context("nothing was imported")?;
    let mut report = load.into_report(started);
    report.notes.extend(note);
    Ok(report)
}

/// Reads the files of a directory as an import does, and writes down the rows that it would
/// reject; no database is asked for anything.
///
/// # Errors
/// When an import of the files would fail before the database has a word in it.
pub fn dry_run(options: &Options) -> anyhow::Result<Report> {
    let started = Instant::now();
    let mut load = Load::open(options)?;
    let outcome = load.fill(None);
    let written = load.write_rejects();
    outcome.and(written).context("nothing was imported")?;
    Ok(Report { is_dry: true, ..load.into_report(started) })
}

/// The files on their way into the tables.
struct Load<'o> {
    options: &'o Options,
    sources: Sources,
    rejects_file: RejectsFile,
    rejects: Rejects,
    rejects_path: Option<PathBuf>,
    repairs: RepairCounts,
    /// What is to be said of all services together.
    done: Done,
}

impl<'o> Load<'o> {
    fn open(options: &'o Options) -> anyhow::Result<Self> {
        Ok(Self {
            options,
            sources: Sources::open(&options.directory, options.services)?,
            rejects_file: RejectsFile::new(&options.rejects)?,
            rejects: Rejects::default(),
            rejects_path: None,
            repairs: RepairCounts::default(),
            done: Done::default(),
        })
    }

    /// Fills the new tables: the products first, by which all others go, then the three services
    /// side by side.
    fn fill(&mut self, loaders: Option<&dyn Loaders>) -> anyhow::Result<()> {
        let stop = &Stop::default();
        let ledger = || Ledger::new(self.options, stop);
        let mut ledgers = [ledger(), ledger(), ledger()];
        let outcome = load(&mut self.sources, &mut ledgers, loaders);
        for Ledger { rejects, repairs, .. } in ledgers {
            self.rejects.absorb(rejects);
            self.repairs.absorb(&repairs);
        }
        for done in outcome? {
            self.done.absorb(done);
        }
        Ok(())
    }

    fn write_rejects(&mut self) -> anyhow::Result<()> {
        let rejects = std::mem::take(&mut self.rejects);
        let files: Vec<_> = self.sources.reports().iter().map(|report| report.name).collect();
        self.rejects_path = self.rejects_file.write(rejects, &files)?;
        Ok(())
    }

    fn into_report(self, started: Instant) -> Report {
        Report {
            files: self.sources.reports().into_iter().cloned().collect(),
            repairs: self.repairs.reasons(),
            rejects: self.rejects_path,
            notes: Vec::new(),
            indexes: self.done.indexes,
            documents: self.done.documents,
            elapsed: started.elapsed(),
            checked: self.done.checked,
            is_dry: false,
        }
    }
}

/// With so many cores, or fewer, two services are loaded at a time.
const SERVICES_CORES: usize = 2;

/// What came of the services, in their order.
fn load(
    sources: &mut Sources,
    ledgers: &mut [Ledger<'_>; 3],
    loaders: Option<&dyn Loaders>,
) -> anyhow::Result<Vec<Done>> {
    let budget = &Budget::new();
    let mut products = IdSet::new(budget);
    let Sources { product, catalogue, reviews, questions } = sources;
    let [of_catalogue, of_reviews, of_questions] = ledgers;
    let mut first = Session::open("catalogue", loaders)?;
    product::load(product, &mut products, of_catalogue, &mut first)?;
    ensure!(product.report.loaded > 0, "product.csv has no product to serve");
    let given = Given { products: &products, budget };
    let stop = of_catalogue.stop;
    // The catalogue takes as long as the others together: on two cores it gets one for itself.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let turn = (cores <= SERVICES_CORES).then(|| Mutex::new(()));
    let take_turn =
        || turn.as_ref().map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
    std::thread::scope(|scope| {
        let threads = [
            spawn(scope, "catalogue", stop, || {
                let Some(files) = catalogue else {
                    return service::products(&mut first, of_catalogue);
                };
                service::catalogue(files, given, &mut first, of_catalogue)
            }),
            spawn(scope, "reviews", stop, || {
                let Some(files) = reviews else { return Ok(Done::default()) };
                let _turn = take_turn();
                let session = &mut Session::open("reviews", loaders)?;
                service::reviews(files, given, session, of_reviews)
            }),
            spawn(scope, "questions", stop, || {
                let Some(files) = questions else { return Ok(Done::default()) };
                let _turn = take_turn();
                let session = &mut Session::open("questions", loaders)?;
                service::questions(files, given, session, of_questions)
            }),
        ];
        let join = |thread: anyhow::Result<ScopedJoinHandle<'_, anyhow::Result<Done>>>| {
            thread?.join().unwrap_or_else(|_| Err(anyhow!("a thread of the import panicked")))
        };
        stop::all(threads.map(join))
    })
}

/// Loads a service in a thread of its own, whose failure stops the others.
fn spawn<'scope, 'e>(
    scope: &'scope Scope<'scope, 'e>,
    name: &str,
    stop: &'scope Stop,
    work: impl FnOnce() -> anyhow::Result<Done> + Send + 'scope,
) -> anyhow::Result<ScopedJoinHandle<'scope, anyhow::Result<Done>>> {
    let guarded = move || work().inspect_err(|_| stop.set());
    let thread = Builder::new().name(name.to_owned()).spawn_scoped(scope, guarded);
    thread.inspect_err(|_| stop.set()).context("cannot start a thread")
}

/// The directory's own name, for the table that says where the data came from.
fn source_name(directory: &Path) -> String {
    let full = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let name = full.file_name().unwrap_or(full.as_os_str());
    name.to_string_lossy().into_owned()
}
