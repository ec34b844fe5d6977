//! Writes a synthetic data set in the real files' form: the same headers, the same number of rows
//! a product, the same kinds of dirt, and text of its own.
//!
//! Owns the order of the work. What a product or a review is lies in `product` and `review`, each
//! file is a room of `files`, and nothing here reads the clock or the machine: the same seed and
//! count give the same bytes everywhere, and the files of a smaller count are prefixes of these.

mod body;
mod deal;
mod digits;
mod files;
mod people;
mod photo;
mod popularity;
mod product;
mod review;
mod sentence;
mod sheet;
mod stream;
mod words;

use crate::progress::{Progress, Show, Unit};
use anyhow::{Context, ensure};
use files::{characteristic_reviews, characteristics, reviews, reviews_photos};
use popularity::Popularity;
use product::Product;
use review::Reviews;
use std::fs;
use std::path::{Path, PathBuf};

/// The ids of characteristic_reviews.csv run to 19.33 a product and must stay below 2^31.
pub const PRODUCTS_MAX: u32 = 100_000_000;

/// Products between two reports of progress: some thirty reports a second.
const PROGRESS_PRODUCTS: u32 = 1_000;

/// What to write and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// Created when missing; must hold none of the files, which might be somebody's real ones.
    pub directory: PathBuf,
    /// Rows of product.csv, at most [`PRODUCTS_MAX`]; everything else follows from it.
    pub products: u32,
    pub seed: u64,
    pub show: Show,
}

/// One file that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSummary {
    pub name: &'static str,
    /// Without the header.
    pub rows: u64,
    pub bytes: u64,
}

/// Writes the files; memory stays the same whatever the number of products.
///
/// # Errors
/// When there are more products than [`PRODUCTS_MAX`], or the directory or one of the files
/// cannot be written; the message names it.
pub fn run(options: &Options) -> anyhow::Result<Vec<FileSummary>> {
    ensure!(
        options.products <= PRODUCTS_MAX,
        "cannot generate {} products: {PRODUCTS_MAX} at most, so that ids fit 32 bits",
        options.products
    );
    fs::create_dir_all(&options.directory)
        .with_context(|| format!("cannot create {}", options.directory.display()))?;
    let mut files = Files::create(&options.directory)?;
    let total = u64::from(options.products);
    let mut progress = Progress::new("generate", total, Unit::Rows, options.show);
    let mut popularity = Popularity::new(options.seed);
    for id in 1..=options.products {
        files.append(options.seed, &Product::draw(options.seed, id, &mut popularity))?;
        if id % PROGRESS_PRODUCTS == 0 {
            progress.advance(u64::from(PROGRESS_PRODUCTS));
        }
    }
    progress.finish();
    files.finish()
}

/// The files being written, and the one id that several of them share.
struct Files {
    products: files::product::File,
    reviews: reviews::File,
    photos: reviews_photos::File,
    characteristics: characteristics::File,
    ratings: characteristic_reviews::File,
    review_id: u64,
}

impl Files {
    fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            products: files::product::File::create(directory)?,
            reviews: reviews::File::create(directory)?,
            photos: reviews_photos::File::create(directory)?,
            characteristics: characteristics::File::create(directory)?,
            ratings: characteristic_reviews::File::create(directory)?,
            review_id: 0,
        })
    }

    /// One product and everything that hangs on it.
    fn append(&mut self, seed: u64, product: &Product) -> anyhow::Result<()> {
        self.products.append(seed, product)?;
        let characteristic_id = self.characteristics.append(product)?;
        self.reviews.begin(seed, product);
        self.photos.begin(seed, product);
        self.ratings.begin(seed, product, characteristic_id);
        for review in Reviews::of(seed, product) {
            self.review_id += 1;
            self.reviews.append(self.review_id, product, &review)?;
            self.photos.append(self.review_id, &review)?;
            self.ratings.append(self.review_id, product, &review)?;
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<Vec<FileSummary>> {
        Ok(vec![
            self.products.finish()?,
            self.reviews.finish()?,
            self.photos.finish()?,
            self.characteristics.finish()?,
            self.ratings.finish()?,
        ])
    }
}

#[cfg(test)]
mod tests;
