//! Writes a synthetic data set in the real files' form: the same fourteen files with the same
//! headers, the same number of rows a product, the same kinds of dirt, and text of its own.
//!
//! Owns the order of the work. What a product, a review or a question is lies in `product`,
//! `review`, `question` and their kin, each file is a room of `files`, and nothing here reads the
//! clock or the machine: the same seed and count give the same bytes everywhere, and the files of
//! a smaller count are prefixes of these. Only related.csv differs in its last round of products,
//! which relate to none that is not there.

mod answer;
mod body;
mod deal;
mod digits;
mod files;
mod people;
mod photo;
mod popularity;
mod product;
mod question;
mod review;
mod sentence;
mod sheet;
mod stream;
mod style;
mod talk;
mod words;

use crate::progress::{Progress, Show, Unit};
use answer::Answers;
use anyhow::{Context, ensure};
use files::{answers, answers_photos, questions};
use files::{cart, features, photos, related, skus, styles};
use files::{characteristic_reviews, characteristics, reviews, reviews_photos};
use popularity::Popularity;
use product::Product;
use question::{Question, QuestionCounts, Questions};
use review::Reviews;
use std::fs;
use std::path::{Path, PathBuf};
use style::{StyleCounts, Styles};

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
    let mut files = Files::create(options)?;
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

/// The files being written, by the parts of the shop that they belong to.
struct Files {
    products: files::product::File,
    catalogue: Catalogue,
    reviews: ReviewFiles,
    questions: QuestionFiles,
}

impl Files {
    fn create(options: &Options) -> anyhow::Result<Self> {
        let (directory, seed) = (options.directory.as_path(), options.seed);
        Ok(Self {
            products: files::product::File::create(directory)?,
            catalogue: Catalogue::create(directory, seed, options.products)?,
            reviews: ReviewFiles::create(directory)?,
            questions: QuestionFiles::create(directory, seed)?,
        })
    }

    /// One product and everything that hangs on it.
    fn append(&mut self, seed: u64, product: &Product) -> anyhow::Result<()> {
        self.products.append(seed, product)?;
        self.catalogue.append(seed, product)?;
        self.reviews.append(seed, product)?;
        self.questions.append(seed, product)
    }

    fn finish(self) -> anyhow::Result<Vec<FileSummary>> {
        let mut summaries = vec![self.products.finish()?];
        summaries.extend(self.catalogue.finish()?);
        summaries.extend(self.reviews.finish()?);
        summaries.extend(self.questions.finish()?);
        Ok(summaries)
    }
}

/// What the shop shows of a product, and the id that several of the files share.
struct Catalogue {
    features: features::File,
    styles: styles::File,
    photos: photos::File,
    skus: skus::File,
    related: related::File,
    cart: cart::File,
    style_counts: StyleCounts,
    style_id: u64,
}

impl Catalogue {
    fn create(directory: &Path, seed: u64, products: u32) -> anyhow::Result<Self> {
        Ok(Self {
            features: features::File::create(directory, seed)?,
            styles: styles::File::create(directory)?,
            photos: photos::File::create(directory)?,
            skus: skus::File::create(directory)?,
            related: related::File::create(directory, seed, products)?,
            cart: cart::File::create(directory)?,
            style_counts: StyleCounts::new(seed),
            style_id: 0,
        })
    }

    fn append(&mut self, seed: u64, product: &Product) -> anyhow::Result<()> {
        self.features.append(seed, product)?;
        self.styles.begin(seed, product);
        self.photos.begin(seed, product);
        self.skus.begin(seed, product);
        for style in Styles::of(seed, product, &mut self.style_counts) {
            self.style_id += 1;
            self.styles.append(self.style_id, product, &style)?;
            self.photos.append(self.style_id, &style)?;
            self.skus.append(self.style_id, product)?;
        }
        self.related.append(seed, product)?;
        self.cart.append(seed, product)
    }

    fn finish(self) -> anyhow::Result<[FileSummary; 6]> {
        Ok([
            self.features.finish()?,
            self.styles.finish()?,
            self.photos.finish()?,
            self.skus.finish()?,
            self.related.finish()?,
            self.cart.finish()?,
        ])
    }
}

/// What customers say of a product, and the id that several of the files share.
struct ReviewFiles {
    reviews: reviews::File,
    photos: reviews_photos::File,
    characteristics: characteristics::File,
    ratings: characteristic_reviews::File,
    review_id: u64,
}

impl ReviewFiles {
    fn create(directory: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            reviews: reviews::File::create(directory)?,
            photos: reviews_photos::File::create(directory)?,
            characteristics: characteristics::File::create(directory)?,
            ratings: characteristic_reviews::File::create(directory)?,
            review_id: 0,
        })
    }

    fn append(&mut self, seed: u64, product: &Product) -> anyhow::Result<()> {
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

    fn finish(self) -> anyhow::Result<[FileSummary; 4]> {
        Ok([
            self.reviews.finish()?,
            self.photos.finish()?,
            self.characteristics.finish()?,
            self.ratings.finish()?,
        ])
    }
}

/// What customers ask and answer, and the ids that several of the files share.
struct QuestionFiles {
    questions: questions::File,
    answers: answers::File,
    photos: answers_photos::File,
    question_counts: QuestionCounts,
    question_id: u64,
    answer_id: u64,
    /// The questions about the product in hand, and the question of each of its answers.
    asked: Vec<Question>,
    order: Vec<u16>,
}

impl QuestionFiles {
    fn create(directory: &Path, seed: u64) -> anyhow::Result<Self> {
        Ok(Self {
            questions: questions::File::create(directory)?,
            answers: answers::File::create(directory)?,
            photos: answers_photos::File::create(directory)?,
            question_counts: QuestionCounts::new(seed),
            question_id: 0,
            answer_id: 0,
            asked: Vec::new(),
            order: Vec::new(),
        })
    }

    fn append(&mut self, seed: u64, product: &Product) -> anyhow::Result<()> {
        self.questions.begin(seed, product);
        self.answers.begin(seed, product);
        self.photos.begin(seed, product);
        self.asked.clear();
        self.asked.extend(Questions::of(seed, product, &mut self.question_counts));
        let question_id = self.question_id + 1;
        for question in &self.asked {
            self.question_id += 1;
            self.questions.append(self.question_id, product, question)?;
        }
        for answer in Answers::of(seed, product, &self.asked, &mut self.order) {
            self.answer_id += 1;
            let asked = (question_id + answer.question as u64, self.asked[answer.question].topic);
            self.answers.append(self.answer_id, asked, product, &answer)?;
            self.photos.append(self.answer_id, &answer)?;
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<[FileSummary; 3]> {
        Ok([self.questions.finish()?, self.answers.finish()?, self.photos.finish()?])
    }
}

#[cfg(test)]
mod tests;
