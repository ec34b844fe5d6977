//! Sets of files: a small one by hand, and random ones of any size.

use crate::database::Database;
use atelier_import::import::{self, Options, Report};
use atelier_import::progress::Show;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// The content of each file, header and all.
#[derive(Clone, Debug)]
pub struct Files {
    pub product: String,
    pub characteristics: String,
    pub reviews_photos: String,
    pub reviews: String,
    pub characteristic_reviews: String,
}

impl Files {
    /// Two products, three reviews; every file well formed.
    pub fn small() -> Self {
        let text = |lines: &[&str]| lines.join("\n");
        Self {
            product: text(&[
                "id,name,slogan,description,category,default_price",
                "1,\"Camo Onesie\",\"Blend in\",\"So, \"\"warm\"\"\",\"Jackets\",140",
                "2,\"Shades\",\"\",\"\",\"Accessories\",69",
                "3,\"Boots\",\"No review yet\",\"\",\"Kicks\",null",
            ]),
            characteristics: text(&[
                "id,product_id,name",
                "1,1,\"Fit\"",
                "2,1,\"Length\"",
                "3,2,\"Quality\"",
            ]),
            reviews_photos: text(&[
                "id,review_id,url",
                "5,1,\"https://b\"",
                "4,1,\"https://a\"",
                "6,3,\"https://c\"",
            ]),
            reviews: text(&[
                "id,product_id,rating,date,summary,body,recommend,reported,reviewer_name,\
                 reviewer_email,response,helpfulness",
                "1,1,5,1596080481467,\"Great!\",\"Two\nlines\",true,false,\"funtime\",\"f@x\",\
                 null,8",
                "2,1,4,1610178433963,\"\",\"Ok\",false,true,\"mymainstreammother\",\
                 \"m@x\",\"Thanks\",2",
                "3,2,4,1609325851021,\"Liking\",\"Dark\",true,false,\"bigbrother\",\"b@x\",\"\",5",
            ]),
            characteristic_reviews: text(&[
                "id,characteristic_id,review_id,value",
                "1,1,1,4",
                "2,2,1,3",
                "3,1,2,5",
                "4,3,3,1",
            ]),
        }
    }

    pub fn named(&mut self, name: &str) -> &mut String {
        match name {
            "product.csv" => &mut self.product,
            "characteristics.csv" => &mut self.characteristics,
            "reviews_photos.csv" => &mut self.reviews_photos,
            "reviews.csv" => &mut self.reviews,
            "characteristic_reviews.csv" => &mut self.characteristic_reviews,
            _ => panic!("no file {name}"),
        }
    }
}

pub const NAMES: [&str; 5] = [
    "product.csv",
    "characteristics.csv",
    "reviews_photos.csv",
    "reviews.csv",
    "characteristic_reviews.csv",
];

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

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn options(&self) -> Options {
        Options {
            directory: self.directory.path().to_owned(),
            rejects: self.path("rejects.csv"),
            show: Show::Hidden,
        }
    }

    pub fn import(&self, database: &mut Database) -> anyhow::Result<Report> {
        import::run(&self.options(), database)
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
