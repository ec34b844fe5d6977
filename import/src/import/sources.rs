//! The files of a set, open and past their headers, by the service that they are for.

use super::input::Form;
use super::report::FileReport;
use super::source::{Layout, Source};
use super::{answers, answers_photos, cart, characteristic_reviews, characteristics, features};
use super::{photos, product, questions, related, reviews, reviews_photos, skus, styles};
use anyhow::{bail, ensure};
use std::path::Path;

/// The files that a set must have, in the order they are reported; cart.csv comes on top.
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

pub struct Sources {
    pub product: Source,
    pub catalogue: CatalogueFiles,
    pub reviews: ReviewFiles,
    pub questions: QuestionFiles,
}

pub struct CatalogueFiles {
    pub features: Source,
    pub styles: Source,
    pub photos: Source,
    pub skus: Source,
    pub related: Source,
    /// The one that a set may be without.
    pub cart: Option<Source>,
}

pub struct ReviewFiles {
    pub characteristics: Source,
    pub reviews_photos: Source,
    pub reviews: Source,
    pub characteristic_reviews: Source,
}

pub struct QuestionFiles {
    pub questions: Source,
    pub answers_photos: Source,
    pub answers: Source,
}

impl Sources {
    /// # Errors
    /// When a file is missing, cannot be read, or has other columns.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        ensure!(directory.is_dir(), "{}: there is no such directory", directory.display());
        check_missing(directory)?;
        let open = |layout| Source::open(directory, layout);
        Ok(Self {
            product: open(&product::LAYOUT)?,
            catalogue: CatalogueFiles {
                features: open(&features::LAYOUT)?,
                styles: open(&styles::LAYOUT)?,
                photos: open(&photos::LAYOUT)?,
                skus: open(&skus::LAYOUT)?,
                related: open(&related::LAYOUT)?,
                cart: match &cart::LAYOUT {
                    layout if Form::of(directory, layout) == Form::Missing => None,
                    layout => Some(open(layout)?),
                },
            },
            reviews: ReviewFiles {
                characteristics: open(&characteristics::LAYOUT)?,
                reviews_photos: open(&reviews_photos::LAYOUT)?,
                reviews: open(&reviews::LAYOUT)?,
                characteristic_reviews: open(&characteristic_reviews::LAYOUT)?,
            },
            questions: QuestionFiles {
                questions: open(&questions::LAYOUT)?,
                answers_photos: open(&answers_photos::LAYOUT)?,
                answers: open(&answers::LAYOUT)?,
            },
        })
    }

    /// What is to be said of each file, in the files' order.
    pub fn reports(&self) -> Vec<&FileReport> {
        let Self { product, catalogue, reviews, questions } = self;
        let in_order = [
            Some(product),
            Some(&catalogue.features),
            Some(&catalogue.styles),
            Some(&catalogue.photos),
            Some(&catalogue.skus),
            Some(&catalogue.related),
            catalogue.cart.as_ref(),
            Some(&reviews.characteristics),
            Some(&reviews.reviews_photos),
            Some(&reviews.reviews),
            Some(&reviews.characteristic_reviews),
            Some(&questions.questions),
            Some(&questions.answers_photos),
            Some(&questions.answers),
        ];
        in_order.into_iter().flatten().map(|source| &source.report).collect()
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
