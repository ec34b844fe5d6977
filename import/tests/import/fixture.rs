//! Sets of files, and what an import of one says.

use crate::database::{Database, Shared};
use crate::small;
use atelier_import::import::{self, FileReport, Options, Report};
use atelier_import::progress::Show;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use tempfile::TempDir;

/// The content of each file, header and all.
#[derive(Clone, Debug)]
pub struct Files {
    pub product: String,
    pub features: String,
    pub styles: String,
    pub photos: String,
    pub skus: String,
    pub related: String,
    pub cart: String,
    pub characteristics: String,
    pub reviews_photos: String,
    pub reviews: String,
    pub characteristic_reviews: String,
    pub questions: String,
    pub answers_photos: String,
    pub answers: String,
}

impl Files {
    pub fn small() -> Self {
        let text = |file: &str| file.trim_start().to_owned();
        Self {
            product: text(small::PRODUCT),
            features: text(small::FEATURES),
            styles: text(small::STYLES),
            photos: text(small::PHOTOS),
            skus: text(small::SKUS),
            related: text(small::RELATED),
            cart: text(small::CART),
            characteristics: text(small::CHARACTERISTICS),
            reviews_photos: text(small::REVIEWS_PHOTOS),
            reviews: text(small::REVIEWS),
            characteristic_reviews: text(small::CHARACTERISTIC_REVIEWS),
            questions: text(small::QUESTIONS),
            answers_photos: text(small::ANSWERS_PHOTOS),
            answers: text(small::ANSWERS),
        }
    }

    pub fn named(&mut self, name: &str) -> &mut String {
        match name {
            "product.csv" => &mut self.product,
            "features.csv" => &mut self.features,
            "styles.csv" => &mut self.styles,
            "photos.csv" => &mut self.photos,
            "skus.csv" => &mut self.skus,
            "related.csv" => &mut self.related,
            "cart.csv" => &mut self.cart,
            "characteristics.csv" => &mut self.characteristics,
            "reviews_photos.csv" => &mut self.reviews_photos,
            "reviews.csv" => &mut self.reviews,
            "characteristic_reviews.csv" => &mut self.characteristic_reviews,
            "questions.csv" => &mut self.questions,
            "answers_photos.csv" => &mut self.answers_photos,
            "answers.csv" => &mut self.answers,
            _ => panic!("no file {name}"),
        }
    }

    /// Keeps a file's header and has these lines follow it.
    pub fn replace(&mut self, name: &str, lines: &[String]) {
        let file = self.named(name);
        let header = file.lines().next().unwrap().to_owned();
        *file = format!("{header}\n{}\n", lines.join("\n"));
    }
}

/// In the order they are loaded and reported.
pub const NAMES: [&str; 14] = [
    "product.csv",
    "features.csv",
    "styles.csv",
    "photos.csv",
    "skus.csv",
    "related.csv",
    "cart.csv",
    "characteristics.csv",
    "reviews_photos.csv",
    "reviews.csv",
    "characteristic_reviews.csv",
    "questions.csv",
    "answers_photos.csv",
    "answers.csv",
];

/// `read repaired rejected loaded` of each file of which one differs from those of the small set.
pub fn changed(report: &Report) -> Vec<String> {
    let small = Set::of(&Files::small()).import(&mut Database::default()).unwrap();
    let small = counts(&small);
    counts(report).into_iter().filter(|line| !small.contains(line)).collect()
}

/// `read repaired rejected loaded` of each file.
pub fn counts(report: &Report) -> Vec<String> {
    let line = |file: &FileReport| {
        let FileReport { name, read, repaired, rejected, loaded, .. } = file;
        assert_eq!(*read, rejected + loaded, "{name}: nothing is lost silently");
        format!("{name} {read} {repaired} {rejected} {loaded}")
    };
    report.files.iter().map(line).collect()
}

/// Adds lines to a file.
pub fn add(file: &mut String, lines: &[&str]) {
    for line in lines {
        file.push('\n');
        file.push_str(line);
    }
}

/// What the report says of a file.
pub fn of_file<'a>(report: &'a Report, name: &str) -> &'a FileReport {
    report.files.iter().find(|file| file.name == name).expect("a file")
}

/// A directory with a set of files in it; the rejects go beside them.
pub struct Set {
    directory: TempDir,
}

impl Set {
    pub fn of(files: &Files) -> Self {
        let set = Self { directory: tempfile::tempdir().unwrap() };
        let mut files = files.clone();
        for name in NAMES {
            set.write(name, files.named(name).as_bytes());
        }
        set
    }

    pub fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Puts a file into its gzip'd form, in two members.
    pub fn pack(&self, name: &str) {
        let content = fs::read(self.path(name)).unwrap();
        let (first, second) = content.split_at(content.len() / 2);
        let packed = [first, second].map(|part| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap()
        });
        self.write(&format!("{name}.gz"), &packed.concat());
        fs::remove_file(self.path(name)).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn options(&self) -> Options {
        Options::new(self.directory.path(), Show::Hidden)
    }

    pub fn import(&self, database: &mut Database) -> anyhow::Result<Report> {
        import::run(&self.options(), &Shared::new(database))
    }

    /// The one line that says why the import failed.
    pub fn failure(&self, database: &mut Database) -> String {
        let error = self.import(database).expect_err("the import fails");
        let line = format!("{error:#}");
        assert!(!line.contains('\n'), "one line: {line}");
        line
    }

    /// The rejected rows without the header, the row itself left out.
    pub fn rejects(&self) -> Vec<String> {
        let mut reader = csv::Reader::from_path(self.path("rejects.csv")).unwrap();
        assert_eq!(reader.headers().unwrap(), vec!["file", "line", "column", "reason", "row"]);
        let records = reader.byte_records().map(Result::unwrap);
        let text = |record: csv::ByteRecord| {
            let fields: Vec<_> = record.iter().take(4).map(String::from_utf8_lossy).collect();
            fields.join("|")
        };
        records.map(text).collect()
    }
}
