//! One PostgreSQL for all tests of the run, and copies of a template database.

use atelier::embedded::{Embedded, Opened, Options};
use atelier::postgres::{Session, Target};
use atelier::{schema, serve};
use atelier_import::progress::Show;
use atelier_import::{generate, import};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

/// Products of the template, ids from 1, as the embedded database's sample has them.
pub const PRODUCTS: u32 = 1011;

/// Names of the directories begin so, followed by the id of the process that they belong to.
const PREFIX: &str = "atelier-test-";

/// The tests' own server; it ends with the test program.
pub struct Cluster {
    url: String,
    /// The files that the sample was loaded from.
    pub sample_files: PathBuf,
    /// Never stopped by hand: it ends with this process, and `make test` removes its directory.
    _embedded: Embedded,
    /// Two copies of one template at a time would find it in use.
    copying: Mutex<()>,
}

/// A database of one test, dropped with it.
pub struct Database {
    pub name: String,
    pub url: String,
}

/// The cluster, started by whoever asks first.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(Cluster::start)
}

/// Removes what earlier runs have left, whose processes are gone: a test program has no end at
/// which it could do so itself.
fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).unwrap().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if let Some((process_id, _)) = owner.and_then(|owner| owner.split_once('-'))
            && process_id.parse::<u32>().is_ok()
            && !Path::new("/proc").join(process_id).exists()
        {
            // Another run may be sweeping, too.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Cluster {
    fn start() -> Self {
        sweep();
        // A directory of our own under a name nobody has: what answers there is our server.
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let directory = tempfile::Builder::new().prefix(&prefix).tempdir().unwrap().keep();
        let mut options = Options::new(directory.join("data"));
        // Five for each worker of each shop that runs; there are as many tests at once as cores.
        options.connections_max = 1000;
        let opened = Embedded::open(&options).unwrap();
        let Opened::Started(embedded) = opened else { panic!("a fresh directory was in use") };
        let url = embedded.url();
        let mut session = Session::connect(&Target::parse(&url).unwrap()).unwrap();
        let data = session.rows("show data_directory").unwrap()[0][0].clone().unwrap();
        assert!(data.starts_with(directory.to_str().unwrap()), "{data} is not ours");
        let sample_files = directory.join("files");
        let cluster = Self { url, sample_files, _embedded: embedded, copying: Mutex::new(()) };
        session.execute("create database template_empty").unwrap();
        session.execute("create database template_sample").unwrap();
        cluster.fill();
        cluster
    }

    fn fill(&self) {
        let target = Target::parse(&self.url_of("template_sample")).unwrap();
        schema::ensure(&target).unwrap();
        let options = generate::Options {
            directory: self.sample_files.clone(),
            products: PRODUCTS,
            seed: 1,
            show: Show::Hidden,
        };
        generate::run(&options).unwrap();
        let options = import::Options::new(&self.sample_files, Show::Hidden);
        let report = serve::import(&options, &target).unwrap();
        assert!(report.rejects.is_none(), "the sample has rejected rows: {report}");
    }

    /// The URL of a database of that name.
    pub fn url_of(&self, name: &str) -> String {
        self.url.replacen("/atelier?", &format!("/{name}?"), 1)
    }

    /// A session in the cluster's first database.
    pub fn session(&self) -> Session {
        Session::connect(&Target::parse(&self.url).unwrap()).unwrap()
    }

    /// A copy of the sample.
    pub fn sample(&self) -> Database {
        self.copy("template_sample")
    }

    /// A database without a table.
    pub fn empty(&self) -> Database {
        self.copy("template_empty")
    }

    fn copy(&self, template: &str) -> Database {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let _one = self.copying.lock().unwrap();
        self.session().execute(&format!("create database {name} template {template}")).unwrap();
        Database { url: self.url_of(&name), name }
    }
}

impl Database {
    pub fn target(&self) -> Target {
        Target::parse(&self.url).unwrap()
    }

    /// A session that finds our tables.
    pub fn session(&self) -> Session {
        Session::connect(&self.target().with_setting("search_path", schema::NAME)).unwrap()
    }

    /// The first column of the first row.
    pub fn value(&self, sql: &str) -> Option<String> {
        self.session().rows(sql).unwrap().first()?.first()?.clone()
    }

    /// Loads files, given by name and content, into the database.
    pub fn import(&self, files: &[(&str, &str)]) -> import::Report {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(directory.path().join(name), content).unwrap();
        }
        let options = import::Options::new(directory.path(), Show::Hidden);
        serve::import(&options, &self.target()).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A test that failed half-way may leave the server stopped.
        if let Ok(mut session) = Session::connect(&Target::parse(&cluster().url).unwrap()) {
            let _ = session.execute(&format!("drop database {} with (force)", self.name));
        }
    }
}
